from typing import Annotated

from pronghorn import Depends, FastAPI

app = FastAPI()


async def get_user() -> str:
    return "Ann"


user_of_request = Depends(get_user)


@app.get("/users/me")
async def read_me(user: Annotated[str, Depends(user_of_request)]) -> str:
    return user
