"""Subclasses of the application and of the router."""

from collections.abc import Callable
from typing import Any

from pronghorn import APIRouter, FastAPI
from pronghorn.types import DecoratedCallable


class Shop(FastAPI):
    router: APIRouter

    def __init__(self, name: str, **options: Any) -> None:
        super().__init__(title=name, **options)
        self.name = name

    def openapi(self) -> dict[str, Any]:
        document = super().openapi()
        document["info"]["x-name"] = self.name
        return document


class Slashless(APIRouter):
    def api_route(
        self, path: str, *, include_in_schema: bool = True, **options: Any
    ) -> Callable[[DecoratedCallable], DecoratedCallable]:
        return super().api_route(path.rstrip("/"), include_in_schema=include_in_schema, **options)

    def add_api_route(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        super().add_api_route(path, endpoint, **options)

    def get(self, path: str, **options: Any) -> Callable[[DecoratedCallable], DecoratedCallable]:
        return super().get(path, **options)

    def include_router(self, router: APIRouter, **options: Any) -> None:
        super().include_router(router, **options)


shop = Shop("Shop", version="2", debug=True)
router = Slashless(prefix="/items")


@router.get("/one/")
@shop.get("/two")
def read_one() -> int:
    return 1


shop.include_router(router)
