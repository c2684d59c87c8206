"""The two endpoints on Falcon, which leaves validation to the program."""

import falcon
import falcon.asgi
from items import Item, NewItem
from pydantic import BaseModel, ValidationError


def answer(response: falcon.asgi.Response, value: BaseModel) -> None:
    response.content_type = falcon.MEDIA_JSON
    response.data = value.__pydantic_serializer__.to_json(value)


class ItemResource:
    async def on_get(
        self, request: falcon.asgi.Request, response: falcon.asgi.Response, item_id: str
    ) -> None:
        answer(response, Item.model_validate({"item_id": item_id, **request.params}))


class Items:
    async def on_post(self, request: falcon.asgi.Request, response: falcon.asgi.Response) -> None:
        answer(response, NewItem.model_validate_json(await request.stream.read()))


async def invalid(
    request: falcon.asgi.Request, response: falcon.asgi.Response, error: Exception, params: object
) -> None:
    response.status = 422
    response.text = str(error)


app = falcon.asgi.App()
app.add_route("/items/{item_id}", ItemResource())
app.add_route("/items", Items())
app.add_error_handler(ValidationError, invalid)
