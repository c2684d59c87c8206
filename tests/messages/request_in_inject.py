from typing import Annotated

from pronghorn import Depends, FastAPI, Request

app = FastAPI()


def get_user(request: Request) -> str:
    return request.headers["x-user"]


def get_basket(user: Annotated[str, Depends(get_user)]) -> list[str]:
    return [user]


@app.inject
def clean_up(basket: Annotated[list[str], Depends(get_basket)]) -> None: ...
