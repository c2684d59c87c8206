"""Messages to users, written down until a mailer sends them."""

from __future__ import annotations

import logging

from shop.core.database import Database
from shop.models import OutboxMessage

logger = logging.getLogger(__name__)


class Outbox:
    """Writes messages, each in a transaction of its own."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def welcome(self, email: str, name: str) -> None:
        """Greet a new user."""
        message = OutboxMessage(
            recipient=email,
            subject="Welcome to the shop",
            body=f"Hello {name}, your account is ready.",
        )
        async with self._database.session() as session, session.begin():
            session.add(message)
        logger.info("Welcome message %d is waiting to be sent", message.id)
