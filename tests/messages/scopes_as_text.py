from pronghorn import FastAPI, Security

app = FastAPI()


def get_user() -> str:
    return "Ann"


@app.get("/users/me")
async def read_me(user: str = Security(get_user, scopes="admin")) -> str:
    return user
