"""The two endpoints on Emmett, which leaves validation of JSON to the program."""

from typing import Any

from emmett import App, request, response
from items import Item, NewItem
from pydantic import BaseModel, ValidationError

app = App(__name__)


def answer(value: BaseModel) -> str:
    response.content_type = "application/json"
    return value.model_dump_json()


@app.route("/items/<int:item_id>", methods="get", output="str")
async def read_item(item_id: int) -> str:
    return answer(Item.model_validate({"item_id": item_id, **request.query_params}))


@app.route("/items", methods="post", output="str")
async def create_item() -> str:
    body: Any = await request.body_params
    try:
        return answer(NewItem.model_validate(body))
    except ValidationError as error:
        response.status = 422
        return str(error)
