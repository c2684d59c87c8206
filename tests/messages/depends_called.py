from pronghorn import Depends, FastAPI

app = FastAPI()


async def get_user() -> str:
    return "Ann"


@app.get("/users/me")
async def read_me(user: str = Depends(get_user())) -> str:
    return user
