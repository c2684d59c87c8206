from typing import Annotated

from pronghorn import FastAPI
from pronghorn.security import OAuth2PasswordBearer

app = FastAPI()
scheme = OAuth2PasswordBearer(tokenUrl="token")


@app.get("/me")
async def read_me(token: Annotated[str, scheme]) -> str:
    return token
