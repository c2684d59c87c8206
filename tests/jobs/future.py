"""A task whose annotations are texts (PEP 563)."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel

from pronghorn import Depends
from pronghorn.jobs import Attempt

LOG: list[Any] = []


def opened() -> str:
    """Return a value."""
    return "opened"


async def work(order: Order, value: Annotated[str, Depends(opened)], attempt: Attempt) -> None:
    """Note the arguments, one of which has a type that is defined below."""
    LOG.append((order, value, attempt.number))


class Order(BaseModel):
    """A model."""

    id: int
