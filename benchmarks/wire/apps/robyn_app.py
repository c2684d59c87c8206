"""The two endpoints on Robyn and its own server, with one process and one worker."""

import sys

from items import Item, NewItem
from pydantic import BaseModel
from robyn import Request, Response, Robyn

app = Robyn(__file__)


def answer(value: BaseModel) -> Response:
    return Response(
        status_code=200,
        headers={"Content-Type": "application/json"},
        description=value.model_dump_json(),
    )


@app.get("/items/:item_id")
async def read_item(request: Request) -> Response:
    query = request.query_params.to_dict()
    values = {name: values[0] for name, values in query.items()}
    return answer(Item.model_validate({"item_id": request.path_params["item_id"], **values}))


@app.post("/items")
async def create_item(request: Request) -> Response:
    return answer(NewItem.model_validate_json(request.body))


if __name__ == "__main__":
    app.start(host="127.0.0.1", port=int(sys.argv[1]))
