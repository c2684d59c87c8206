"""The database, and its sessions as endpoints take them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from sqlalchemy.ext.asyncio import AsyncSession

from pronghorn.sql import Database
from shop.core.config import settings
from shop.models import Base

db = Database(
    settings.database_url,
    metadata=Base.metadata,
    migrations=Path(__file__).parents[1] / "migrations",
)

Session = Annotated[AsyncSession, db.session]
"""Committed after the endpoint and before its response is sent; it only reads for GET."""
