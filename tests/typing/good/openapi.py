"""The document: metadata, webhooks, callbacks, and a document of the program's own."""

from typing import Any

from pydantic import BaseModel

from pronghorn import APIRouter, Body, FastAPI
from pronghorn.openapi.utils import get_openapi

app = FastAPI(
    title="Shop",
    summary="Sells",
    description="**All**",
    version="2.0",
    terms_of_service="https://example.com/terms",
    contact={"name": "Shop", "url": "https://example.com", "email": "a@example.com"},
    license_info={"name": "MIT", "identifier": "MIT"},
    openapi_url="/api.json",
    openapi_tags=[{"name": "items", "description": "Items"}],
    openapi_external_docs={"url": "https://example.com"},
    servers=[{"url": "https://example.com", "description": "Production"}],
    docs_url="/documentation",
    redoc_url=None,
    swagger_ui_parameters={"deepLinking": False},
    separate_input_output_schemas=False,
    root_path_in_servers=False,
)
callbacks = APIRouter()


class Order(BaseModel):
    id: int


@callbacks.post("{$callback_url}/orders/{$request.body.id}")
def order_shipped(body: Order) -> None: ...


@app.webhooks.post("new-order")
def new_order(body: Order) -> None:
    """An order was placed."""


@app.post("/orders", callbacks=callbacks.routes, openapi_extra={"x-kind": "order"})
def create_order(
    order: Order = Body(openapi_examples={"one": {"summary": "One", "value": {"id": 1}}}),
) -> Order:
    return order


def write_openapi() -> dict[str, Any]:
    if app.openapi_schema is None:
        app.openapi_schema = get_openapi(title=app.title, version=app.version, routes=app.routes)
    return app.openapi_schema


app.openapi = write_openapi  # type: ignore[method-assign]
