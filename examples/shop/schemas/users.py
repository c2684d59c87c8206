"""Accounts, as clients see them."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict

from shop.schemas.types import Email, Id, Name, Password


class UserCreate(BaseModel):
    """The fields of a registration."""

    email: Email
    name: Name
    password: Password


class UserPublic(BaseModel):
    """The public fields of an account. It has no password, so none can slip out."""

    model_config = ConfigDict(from_attributes=True)

    id: Id
    email: str
    name: str
    created_at: datetime
