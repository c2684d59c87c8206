"""Dependencies outside of requests: the type of each value is known."""

from collections.abc import AsyncIterator, Iterator
from datetime import date
from typing import Annotated

from pronghorn import Depends, FastAPI


class Session:
    def query(self, text: str) -> list[str]:
        return [text]


async def get_session() -> AsyncIterator[Session]:
    yield Session()


def get_file() -> Iterator[Session]:
    yield Session()


async def get_user() -> Session:
    return Session()


def get_settings() -> Session:
    return Session()


app = FastAPI(dependencies=[Depends(get_settings, scope="app")])
SessionDep = Annotated[Session, Depends(get_session, scope="app")]


@app.inject
async def job(day: date, session: SessionDep) -> list[str]:
    return session.query(str(day))


@app.inject
def command(name: str, session: Session = Depends(get_session)) -> list[str]:
    return session.query(name)


class Jobs:
    @app.inject
    async def run(self, day: date, session: SessionDep) -> list[str]:
        return session.query(str(day))


async def main() -> list[str]:
    async with app.resolve(get_session) as session, app.resolve(get_file) as file:
        found = session.query("a") + file.query("b")
    async with app.resolve(get_user) as user, app.resolve(get_settings) as settings:
        found += user.query("c") + settings.query("d")
    async with app.resolve(Session) as made:
        found += made.query("e")
    return found + await job(date(2026, 1, 1)) + command("f") + await Jobs().run(date(2026, 1, 1))
