from pronghorn import Depends, FastAPI

app = FastAPI()


@app.get("/users/me")
async def read_me(user=Depends()) -> str:
    return user
