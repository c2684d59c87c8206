"""The Pydantic models that clients send and receive, for FastAPI and pronghorn."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]


class Token(BaseModel):
    """The answer to a login."""

    access_token: str
    token_type: str = "bearer"
    expires_in: int


class UserPublic(BaseModel):
    """An account."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    email: str
    name: str
    created_at: datetime


class ItemCreate(BaseModel):
    """The fields of a new item."""

    name: Name
    description: Annotated[str, Field(max_length=1000)] | None = None
    price_cents: Annotated[int, Field(ge=0, le=100_000_000)]


class ItemPublic(BaseModel):
    """An item."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    owner_id: int
    name: str
    description: str | None
    price_cents: int
    created_at: datetime
