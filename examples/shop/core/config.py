"""Settings: everything that differs between one machine and another, read from the environment."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from pronghorn.settings import BaseSettings, Secret


class Settings(BaseSettings):
    """One field per environment variable: `database_url` is read from `SHOP_DATABASE_URL`.

    A value that does not fit stops the program at startup, with the name of its variable.
    """

    model_config = SettingsConfigDict(env_prefix="SHOP_")

    database_url: str = "sqlite:///shop.db"

    secret_key: Secret
    """Signs the tokens and the cursors of pages. Required in production."""

    token_minutes: Annotated[int, Field(ge=1, le=1440)] = 30
    """Minutes for which a token is valid."""

    cors_origins: list[str] = []
    """Origins of the web pages that may call this service from a browser, as a JSON list."""

    password_rounds: Annotated[int, Field(ge=1, le=20)] = 3
    """Argon2 passes over its memory. More is slower, for us and for whoever steals the hashes."""

    password_memory_kib: Annotated[int, Field(ge=8, le=1_048_576)] = 65_536
    """Memory of one Argon2 computation, in KiB."""

    password_workers: Annotated[int, Field(ge=1, le=64)] = 4
    """Argon2 computations that may run at the same time; each takes the memory above."""


settings = Settings.load()
