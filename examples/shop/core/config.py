"""Settings: everything that differs between one machine and another, read from the environment."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

SecretKey = Annotated[SecretStr, Field(min_length=32)]


class Settings(BaseSettings):
    """One field per environment variable: `data_dir` is read from `SHOP_DATA_DIR`, and so on.

    A value that does not fit stops the program at startup, with the name of the field, instead of
    failing at the first request that needs it. Lists are written as JSON:
    `SHOP_CORS_ORIGINS='["https://shop.example.com"]'`.
    """

    model_config = SettingsConfigDict(env_prefix="SHOP_", frozen=True)

    environment: Literal["development", "production"] = "development"
    data_dir: Path = Path("shop-data")
    """Directory of the database file and of the development key. It is created when missing."""

    secret_key: SecretKey | None = None
    """Signs the tokens; at least 32 characters (RFC 7518 section 3.2). Required in production."""

    token_minutes: Annotated[int, Field(ge=1, le=1440)] = 30
    """Minutes for which a token is valid."""

    cors_origins: list[str] = []
    """Origins of the web pages that may call this service from a browser."""

    password_rounds: Annotated[int, Field(ge=1, le=20)] = 3
    """Argon2 passes over its memory. More is slower, for us and for whoever steals the hashes."""

    password_memory_kib: Annotated[int, Field(ge=8, le=1_048_576)] = 65_536
    """Memory of one Argon2 computation, in KiB."""

    password_workers: Annotated[int, Field(ge=1, le=64)] = 4
    """Argon2 computations that may run at the same time; each takes the memory above."""

    @property
    def database_file(self) -> Path:
        """The file in which SQLite keeps everything."""
        return self.data_dir / "shop.db"

    @model_validator(mode="after")
    def require_key_in_production(self) -> Self:
        """Refuse to start with a random key where several processes must share one."""
        if self.environment == "production" and self.secret_key is None:
            raise ValueError("set SHOP_SECRET_KEY: at least 32 random characters")
        return self

    def load_secret_key(self) -> str:
        """Return the configured key, or the one kept in the data directory, made at first use.

        The kept key lets tokens outlive a restart during development. It comes from the system's
        random source and only its owner may read it.
        """
        if self.secret_key is not None:
            return self.secret_key.get_secret_value()
        path = self.data_dir / "development.key"
        if not path.exists():
            self.data_dir.mkdir(parents=True, exist_ok=True)
            _write_once(path, secrets.token_urlsafe(48))
        return path.read_text(encoding="ascii")


def _write_once(path: Path, text: str) -> None:
    """Create `path` with all of its text, unless another process was faster."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode=0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(text)
    try:
        # A link appears at once and never replaces a file: nobody can read half a key.
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
