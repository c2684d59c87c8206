"""Settings from a cached function, and a factory of applications."""

from __future__ import annotations

from functools import lru_cache
from typing import Annotated

from pydantic_settings import BaseSettings

from pronghorn import APIRouter, Depends, FastAPI


class Settings(BaseSettings):
    name: str = "shop"


@lru_cache
def get_settings() -> Settings:
    return Settings()


SettingsDep = Annotated[Settings, Depends(get_settings)]
router = APIRouter()


@router.get("/name")
def read_name(settings: SettingsDep) -> str:
    return settings.name


def create_app(*, debug: bool = False) -> FastAPI:
    app = FastAPI(debug=debug, title=get_settings().name)
    app.include_router(router)
    return app
