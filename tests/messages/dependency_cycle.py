from typing import Annotated

from pronghorn import Depends, FastAPI

app = FastAPI()


def get_session(user: "Annotated[str, Depends(get_user)]") -> str:
    return user


def get_user(session: Annotated[str, Depends(get_session)]) -> str:
    return session


@app.get("/users/me")
async def read_me(user: Annotated[str, Depends(get_user)]) -> str:
    return user
