from typing import Annotated

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from pronghorn import FastAPI
from pronghorn.sql import Database

db = Database("sqlite:///shop.db", replicas=["sqlite:///copy.db"], pool_size=3)
Session = Annotated[AsyncSession, db.session]
ReadSession = Annotated[AsyncSession, db.read_session]
app = FastAPI(lifespan=db.lifespan)


@app.post("/")
async def add(session: Session, other: ReadSession) -> int:
    session.add(object())
    return len((await other.scalars(select(1))).all())


async def work() -> int | None:
    async with db.transaction(read_only=True) as session:
        return await session.scalar(select(1))


async def test() -> None:
    async with db.rollback_everything(), app.resolve(db.session):
        await work()
    await db.check()
