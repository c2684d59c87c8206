"""Every kind of parameter in `Annotated`."""

from typing import Annotated

from pydantic import BaseModel

from pronghorn import Body, Cookie, FastAPI, File, Form, Header, Path, Query, UploadFile

app = FastAPI()


class Filters(BaseModel):
    limit: int = 10
    tags: list[str] = []


@app.get("/items/{item_id}")
async def read_item(
    item_id: Annotated[int, Path(title="The item", ge=1, le=1000)],
    q: Annotated[
        str | None, Query(min_length=3, max_length=50, pattern="^a", alias="query")
    ] = None,
    tags: Annotated[list[str], Query(description="Any of them", examples=[["new"]])] = [],
    user_agent: Annotated[str | None, Header(convert_underscores=True)] = None,
    session: Annotated[str | None, Cookie(include_in_schema=False)] = None,
) -> dict[str, object]:
    return {"id": item_id, "q": q, "tags": tags, "agent": user_agent, "session": session}


@app.get("/filtered")
async def find_items(filters: Annotated[Filters, Query()]) -> Filters:
    return filters


@app.post("/items")
async def create_item(
    name: Annotated[str, Body(embed=True)], price: Annotated[float, Body(gt=0)]
) -> None: ...


@app.post("/login")
async def log_in(
    name: Annotated[str, Form()], password: Annotated[str, Form(min_length=8)]
) -> None: ...


@app.post("/pictures")
async def add_picture(
    picture: Annotated[UploadFile, File(description="A picture")],
    thumbnail: Annotated[bytes | None, File()] = None,
) -> str | None:
    return picture.filename
