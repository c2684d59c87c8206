from typing import Annotated

from pronghorn import Depends, FastAPI
from pronghorn.cache import Cache, Cached
from pronghorn.security import HTTPAuthorizationCredentials, HTTPBearer

cache = Cache("mem://")
app = FastAPI()
bearer = HTTPBearer()


async def current_user(
    credentials: Annotated[HTTPAuthorizationCredentials, Depends(bearer)],
) -> str:
    return credentials.credentials


@app.get("/orders", cache=Cached("30s"))
async def read_orders(user: Annotated[str, Depends(current_user)]) -> list[str]:
    return [f"an order of {user}"]
