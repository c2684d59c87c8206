from typing import Annotated

from pronghorn import FastAPI

app = FastAPI()


class Session:
    pass


def open_session() -> Session:
    return Session()


@app.get("/users")
async def read_users(session: Annotated[Session, open_session]) -> str:
    return "Ann"
