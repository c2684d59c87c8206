"""The rows of the database, and the values that all contestants share."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

USERS, ITEMS = 1_000, 10_000
PASSWORD = "correct horse battery staple"
#: Argon2id of the password with 256 KiB of memory, one pass and one lane: 0.1 ms.
PASSWORD_HASH = (
    "$argon2id$v=19$m=256,t=1,p=1$T3fbwn0LosBaRFoBrchCfQ$"
    "/XV9anaqQ0NuOzJFerrw06e6UPvqckHvIqhxAR0WQ/4"
)
BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
ORIGIN = "https://shop.example"
SECRET = "a secret of the benchmark with 32 bytes and more"
#: Connections to the database that each contestant may have.
POOL = 10


def email_of(number: int) -> str:
    """Return the e-mail address of a user."""
    return f"user{number}@shop.example"


def make_users() -> Iterator[dict[str, Any]]:
    """Yield the rows of the users; all have the same password."""
    for number in range(1, USERS + 1):
        yield {
            "email": email_of(number),
            "name": f"User {number}",
            "password_hash": PASSWORD_HASH,
            "created_at": BEGINNING + timedelta(minutes=number),
        }


def make_items() -> Iterator[dict[str, Any]]:
    """Yield the rows of the items; every fifth has no description."""
    for number in range(1, ITEMS + 1):
        yield {
            "owner_id": number % USERS + 1,
            "name": f"Item {number}",
            "description": f"The item of number {number}, hardly used, with a box."
            if number % 5
            else None,
            "price_cents": number * 37 % 100_000,
            "created_at": BEGINNING + timedelta(hours=1, seconds=number),
        }


def variables(database: str) -> dict[str, str]:
    """Return the environment variables that tell a contestant its settings."""
    return {
        "SERVICE_DATABASE": database,
        "SERVICE_SECRET": SECRET,
        "SERVICE_ORIGIN": ORIGIN,
        "SERVICE_POOL": str(POOL),
        "TZ": "UTC",
    }
