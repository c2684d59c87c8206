"""A program with one mistake."""

from collections.abc import AsyncIterator

from pronghorn import FastAPI

app = FastAPI()


class Session:
    def query(self, text: str) -> list[str]:
        return [text]


async def get_session() -> AsyncIterator[Session]:
    yield Session()


async def run_job() -> None:
    async with app.resolve(get_session) as session:
        session.search("a")  # wrong
