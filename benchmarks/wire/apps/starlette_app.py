"""The two endpoints on Starlette, which leaves validation to the program."""

from items import Item, NewItem
from pydantic import BaseModel, ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


def answer(value: BaseModel) -> Response:
    return Response(value.model_dump_json(), media_type="application/json")


async def read_item(request: Request) -> Response:
    return answer(Item.model_validate({**request.path_params, **request.query_params}))


async def create_item(request: Request) -> Response:
    return answer(NewItem.model_validate_json(await request.body()))


async def invalid(request: Request, error: Exception) -> Response:
    return Response(str(error), 422)


app = Starlette(
    routes=[
        Route("/items/{item_id}", read_item),
        Route("/items", create_item, methods=["POST"]),
    ],
    exception_handlers={ValidationError: invalid},
)
