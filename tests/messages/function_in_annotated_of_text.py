from typing import Annotated

from pronghorn import FastAPI, Request

app = FastAPI()


def get_user(request: Request) -> str:
    return request.headers["x-user"]


@app.get("/me")
async def read_me(user: Annotated[str, get_user]) -> str:
    return user
