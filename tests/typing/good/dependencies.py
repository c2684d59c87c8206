"""Functions, generators, classes and objects as dependencies."""

from collections.abc import AsyncIterator, Iterator
from typing import Annotated

from pronghorn import Depends, FastAPI, Query, Request

app = FastAPI(dependencies=[Depends(lambda: None)])


class Session:
    def query(self, text: str) -> list[str]:
        return [text]


async def get_session() -> AsyncIterator[Session]:
    yield Session()


def get_file() -> Iterator[int]:
    yield 1


class Pages:
    def __init__(self, offset: int = 0, limit: Annotated[int, Query(le=100)] = 10) -> None:
        self.offset = offset
        self.limit = limit


class Checker:
    def __init__(self, word: str) -> None:
        self.word = word

    def __call__(self, request: Request) -> bool:
        return self.word in request.url.path


has_items = Checker("items")
SessionDep = Annotated[Session, Depends(get_session)]
PagesDep = Annotated[Pages, Depends()]


@app.get("/items", dependencies=[Depends(get_file)])
async def read_items(
    session: SessionDep,
    pages: PagesDep,
    found: Annotated[bool, Depends(has_items)],
    number: Annotated[int, Depends(get_file, use_cache=False, scope="function")],
) -> list[str]:
    return session.query(f"{pages.offset} {pages.limit} {found} {number}")


@app.get("/old")
def read_old(session: Session = Depends(get_session), pages: Pages = Depends(Pages)) -> list[str]:
    return session.query(str(pages.limit))
