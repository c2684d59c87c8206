from pronghorn import Depends, FastAPI
from pronghorn.security import HTTPBearer

app = FastAPI(dependencies=[Depends(HTTPBearer)])


@app.get("/users/me")
async def read_me() -> str:
    return "Ann"
