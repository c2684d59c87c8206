"""A decorated function can be called as it was written."""

from pydantic import BaseModel

from pronghorn import APIRouter, FastAPI, WebSocket

app = FastAPI()
router = APIRouter()


class Item(BaseModel):
    name: str


@app.get("/items/{item_id}")
async def read_item(item_id: int) -> Item:
    return Item(name=str(item_id))


@router.post("/items")
def create_item(item: Item) -> int:
    return len(item.name)


@app.api_route("/any", methods=["GET", "POST"])
def read_any(limit: int = 10) -> list[int]:
    return [limit]


@app.websocket("/echo")
async def echo(websocket: WebSocket) -> None:
    await websocket.accept()


async def main(websocket: WebSocket) -> None:
    item: Item = await read_item(1)
    length: int = create_item(item)
    numbers: list[int] = read_any(limit=length)
    await echo(websocket)
    print(item.name, numbers)
