"""The two endpoints on Quart, which leaves validation to the program."""

from items import Item, NewItem
from pydantic import BaseModel, ValidationError
from quart import Quart, Response, request

app = Quart(__name__)


def answer(value: BaseModel) -> Response:
    return Response(value.model_dump_json(), mimetype="application/json")


@app.get("/items/<item_id>")
async def read_item(item_id: str) -> Response:
    return answer(Item.model_validate({"item_id": item_id, **request.args}))


@app.post("/items")
async def create_item() -> Response:
    return answer(NewItem.model_validate_json(await request.get_data()))


@app.errorhandler(ValidationError)
async def invalid(error: Exception) -> tuple[str, int]:
    return str(error), 422
