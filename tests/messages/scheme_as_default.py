from pronghorn import FastAPI
from pronghorn.security import OAuth2PasswordBearer

app = FastAPI()


@app.get("/users/me")
async def read_me(token: str = OAuth2PasswordBearer("token")) -> str:
    return token
