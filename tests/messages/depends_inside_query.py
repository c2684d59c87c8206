from pronghorn import Depends, FastAPI, Query

app = FastAPI()


def get_user() -> str:
    return "Ann"


@app.get("/users/me")
async def read_me(user: str = Query(Depends(get_user))) -> str:
    return user
