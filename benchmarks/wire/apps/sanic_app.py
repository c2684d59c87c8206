"""The two endpoints on Sanic and its own server."""

import sys

from items import Item, NewItem
from pydantic import BaseModel, ValidationError
from sanic import HTTPResponse, Request, Sanic

app = Sanic("wire")


def answer(value: BaseModel) -> HTTPResponse:
    return HTTPResponse(value.model_dump_json(), content_type="application/json")


@app.get("/items/<item_id:int>")
async def read_item(request: Request, item_id: int) -> HTTPResponse:
    query = {name: request.args.get(name) for name in request.args}
    return answer(Item.model_validate({"item_id": item_id, **query}))


@app.post("/items")
async def create_item(request: Request) -> HTTPResponse:
    return answer(NewItem.model_validate_json(request.body))


@app.exception(ValidationError)
async def invalid(request: Request, error: Exception) -> HTTPResponse:
    return HTTPResponse(str(error), 422)


if __name__ == "__main__":
    app.run("127.0.0.1", int(sys.argv[1]), single_process=True, access_log=False, motd=False)
