from pronghorn import FastAPI

app = FastAPI()


def get_user() -> str:
    return "Ann"


@app.get("/users/me")
async def read_me(user: get_user) -> str:
    return user
