"""Every kind of parameter as a default value."""

from pydantic import BaseModel

from pronghorn import Body, Cookie, Depends, FastAPI, File, Form, Header, Path, Query, UploadFile

app = FastAPI()


class Item(BaseModel):
    name: str


def get_limit(limit: int = Query(10, ge=1)) -> int:
    return limit


@app.get("/items/{item_id}")
def read_item(
    item_id: int = Path(..., ge=1),
    q: str = Query("all", max_length=10),
    tags: list[str] = Query(default_factory=list),
    agent: str | None = Header(None),
    session: str | None = Cookie(default=None),
    limit: int = Depends(get_limit),
) -> list[str]:
    return [*tags, q, agent or "", session or "", str(item_id + limit)]


@app.post("/items")
def create_item(item: Item = Body(...), urgent: bool = Body(False, embed=True)) -> Item:
    return item


@app.post("/upload")
async def upload(
    name: str = Form(...), files: list[UploadFile] = File(...), data: bytes = File(b"")
) -> list[str | None]:
    return [file.filename for file in files]
