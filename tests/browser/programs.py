"""The programs whose pages are opened."""

SHOP = '''
"""A shop with one login of each kind."""
from typing import Annotated

from pronghorn import Depends, FastAPI, Form, HTTPException, Request
from pronghorn.security import APIKeyHeader, HTTPBearer, OAuth2PasswordBearer
from pronghorn.security import OAuth2PasswordRequestForm
from pydantic import BaseModel

app = FastAPI(
    title="Shop <b>&amp;",
    description="Sells **lamps**.",
    scalar_url="/scalar",
    swagger_ui_init_oauth={"clientId": "shop</script><script>alert(1)</script>"},
)
password = OAuth2PasswordBearer(tokenUrl="token")
bearer = HTTPBearer()
key = APIKeyHeader(name="X-Key")


class Item(BaseModel):
    """Something to buy."""

    name: str
    price: float = 1.5


@app.post("/token", tags=["login"])
async def log_in(form: Annotated[OAuth2PasswordRequestForm, Depends()]) -> dict[str, str]:
    if form.password != "secret":
        raise HTTPException(400, "wrong password")
    return {"access_token": f"token-of-{form.username}", "token_type": "bearer"}


@app.get("/me", tags=["login"])
async def read_me(token: Annotated[str, Depends(password)]) -> dict[str, str]:
    """Return the token."""
    return {"by_password": token}


@app.get("/bearer", tags=["login"])
async def read_bearer(found: Annotated[object, Depends(bearer)]) -> dict[str, str]:
    return {"by_bearer": found.credentials}


@app.get("/key", tags=["login"])
async def read_key(found: Annotated[str, Depends(key)]) -> dict[str, str]:
    return {"by_key": found}


@app.get("/items/{item_id}", tags=["items"])
async def read_item(item_id: int, q: str | None = None) -> Item:
    """Return one item."""
    return Item(name=f"lamp {item_id}")


@app.post("/items", tags=["items"])
async def create_item(item: Item) -> Item:
    return item
'''

WITHOUT_ASSETS = """
from pathlib import Path

from pronghorn import FastAPI
from pronghorn.openapi import asset_files

asset_files.FOLDER = Path("absent")
app = FastAPI(scalar_url="/scalar")


@app.get("/items")
async def read_items() -> list[str]:
    return []
"""

AUTHORIZATION_CODE = """
from typing import Annotated

from pronghorn import Depends, FastAPI, Form
from pronghorn.responses import RedirectResponse
from pronghorn.security import OAuth2AuthorizationCodeBearer

app = FastAPI()
code = OAuth2AuthorizationCodeBearer(authorizationUrl="/authorize", tokenUrl="/token")


@app.get("/authorize", include_in_schema=False)
async def authorize(redirect_uri: str, state: str) -> RedirectResponse:
    return RedirectResponse(f"{redirect_uri}?code=code-1&state={state}")


@app.post("/token", include_in_schema=False)
async def give_token(code: Annotated[str, Form()]) -> dict[str, str]:
    return {"access_token": f"token-of-{code}", "token_type": "bearer"}


@app.get("/me")
async def read_me(token: Annotated[str, Depends(code)]) -> dict[str, str]:
    return {"token": token}
"""

#: The same API in the places where programs put it, with its pages at "/" in one of them.
PLACES = """
import base64

from pronghorn import FastAPI, Request
from pronghorn.responses import PlainTextResponse

inner = FastAPI(title="Inner", docs_url="/", scalar_url="/scalar")
app = FastAPI(title="Outer", scalar_url="/scalar")
app.mount("/inner/{version}", inner)


@app.get("/items")
@inner.get("/items")
async def read_items(request: Request) -> dict[str, str]:
    return {"asked": request.url.path}


LOGIN = "Basic " + base64.b64encode(b"ann:secret").decode()


@app.middleware("http")
async def guard(request: Request, call_next):
    if request.headers.get("authorization") != LOGIN:
        return PlainTextResponse("who?", 401, {"www-authenticate": "Basic"})
    return await call_next(request)
"""

#: A proxy that serves the program of another port under "/api/v1", and strips that prefix.
PROXY = """
import os

import httpx
from pronghorn import FastAPI, Request, Response

app = FastAPI(docs_url=None, redoc_url=None)
client = httpx.AsyncClient(base_url=os.environ["TARGET"])


@app.api_route("/api/v1/{path:path}", methods=["GET", "POST"], include_in_schema=False)
async def forward(path: str, request: Request) -> Response:
    headers = {k: v for k, v in request.headers.items() if k not in {"host", "connection"}}
    answer = await client.request(
        request.method, "/" + path, params=request.query_params, headers=headers,
        content=await request.body(),
    )
    drop = {"content-length", "content-encoding", "transfer-encoding"}
    kept = {k: v for k, v in answer.headers.items() if k not in drop}
    return Response(answer.content, answer.status_code, kept)
"""

#: An API whose document names another server, which also has the picture of its description.
ELSEWHERE = """
import os

from pronghorn import FastAPI

other = os.environ["OTHER"]
app = FastAPI(
    description=f"![A picture]({other}/picture.svg)",
    servers=[{"url": other}],
    scalar_url="/scalar",
)


@app.get("/items")
async def read_items() -> dict[str, str]:
    return {"answered": "here"}
"""

OTHER = """
from pronghorn import FastAPI, Response
from pronghorn.middleware.cors import CORSMiddleware

app = FastAPI()
app.add_middleware(CORSMiddleware, allow_origins=["*"], allow_headers=["*"])


@app.get("/items")
async def read_items() -> dict[str, str]:
    return {"answered": "elsewhere"}


@app.get("/picture.svg")
async def read_picture() -> Response:
    drawing = '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="30"></svg>'
    return Response(drawing, media_type="image/svg+xml")
"""

INJECTED = """
from pronghorn import FastAPI

app = FastAPI(description="<img src=x onerror='window.ran = 1'>", scalar_url="/scalar")


@app.get("/items")
async def read_items() -> list[str]:
    return []
"""
