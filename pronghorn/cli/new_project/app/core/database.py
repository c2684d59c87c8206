"""The database, and its sessions as endpoints take them."""

from typing import Annotated

from pronghorn.sql import Database
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.config import settings
from app.models import Base

db = Database(settings.database_url, metadata=Base.metadata)

Session = Annotated[AsyncSession, db.session]
"""Committed after the endpoint and before the response is sent; rolled back by any exception."""

ReadSession = Annotated[AsyncSession, db.read_session]
"""Refuses to write."""
