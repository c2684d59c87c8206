"""The rows of a prepared read have the type of its second argument."""

from sqlalchemy import func, select

from pronghorn.sql import Database

db = Database("sqlite://")
count = db.prepare(select(func.count()), int)


async def read() -> list[str]:
    return await count()  # wrong
