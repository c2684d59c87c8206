from collections.abc import Iterator
from typing import Annotated

from pronghorn import Depends, FastAPI

app = FastAPI()


def get_session() -> Iterator[str]:
    yield "session"


def get_user(session: Annotated[str, Depends(get_session, scope="function")]) -> Iterator[str]:
    yield session


@app.get("/users/me")
async def read_me(user: Annotated[str, Depends(get_user, scope="request")]) -> str:
    return user
