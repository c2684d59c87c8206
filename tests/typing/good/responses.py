"""Response classes, unions of models and responses, and documented responses."""

from collections.abc import AsyncIterator

from pydantic import BaseModel

from pronghorn import FastAPI, Response, status
from pronghorn.responses import (
    FileResponse,
    HTMLResponse,
    JSONResponse,
    PlainTextResponse,
    RedirectResponse,
    StreamingResponse,
)

app = FastAPI(default_response_class=JSONResponse)


class Item(BaseModel):
    name: str


class Problem(BaseModel):
    detail: str


@app.get("/item", response_model=None)
def read_item(name: str) -> Item | RedirectResponse:
    return Item(name=name) if name else RedirectResponse("/items", status_code=303)


@app.get("/items", response_model=list[Item], responses={404: {"model": Problem}})
def read_items(response: Response) -> list[dict[str, str]]:
    response.set_cookie("seen", "yes", httponly=True)
    response.status_code = status.HTTP_202_ACCEPTED
    return [{"name": "a"}]


@app.get("/page", response_class=HTMLResponse)
def read_page() -> str:
    return "<p>"


@app.get("/file")
def read_file() -> FileResponse:
    return FileResponse("a.txt", media_type="text/plain", filename="b.txt")


async def count() -> AsyncIterator[str]:
    yield "1"


@app.get("/stream")
def read_stream() -> StreamingResponse:
    return StreamingResponse(count(), media_type="text/plain")


@app.get(
    "/some",
    response_model=Item,
    response_model_include={"name"},
    response_model_exclude={"price": True},
    response_model_by_alias=False,
    response_class=PlainTextResponse,
)
def read_some() -> Item:
    return Item(name="a")
