"""What libraries do: they override methods, and read and change routes."""

from collections.abc import Callable
from typing import Any

from starlette.routing import Match, Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from pronghorn import APIRouter, Depends, FastAPI, HTTPException, Request, Response, params
from pronghorn.responses import JSONResponse
from pronghorn.routing import APIRoute
from pronghorn.types import IncEx


class App(FastAPI):
    def build_middleware_stack(self) -> ASGIApp:
        return super().build_middleware_stack()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await super().__call__(scope, receive, send)

    def setup(self) -> None:
        super().setup()


class NamedRoute(APIRoute):
    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        super().__init__(path, endpoint, **options)
        self.summary = self.summary or self.name
        self.tags.append("named")

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        return super().matches(scope)


def check() -> None: ...


def read_plain(request: Request) -> Response:
    return Response(request.url.path)


async def handle(request: Request, error: HTTPException) -> Response:
    return JSONResponse({"detail": error.detail}, error.status_code)


dependencies: list[params.Depends] = [Depends(check)]
router = APIRouter(route_class=NamedRoute, dependencies=dependencies)
router.tags += ["more"]
app = App(
    routes=[Route("/plain", read_plain), Mount("/inner", FastAPI())],
    exception_handlers={HTTPException: handle, 404: handle},
)
app.include_router(router)
included: IncEx = {"owner": {"name"}}
app.post("/items", response_model_include=included, response_model_exclude={"a", "b"})(check)


def name_operations() -> dict[str, str]:
    paths: dict[str, str] = {}
    for route in app.routes:
        if isinstance(route, APIRoute):
            route.operation_id = route.name
            paths[next(iter(route.methods))] = route.path
            if route.body_field is not None:
                print(route.body_field.name, route.dependant.path_params, route.unique_id)
    return paths


def describe(marker: params.Param | params.Body) -> dict[str, object]:
    found: dict[str, object] = {"shown": marker.include_in_schema}
    found |= marker.openapi_examples or {}
    if isinstance(marker, params.Body):
        found["media_type"] = marker.media_type.upper() if marker.embed else marker.media_type
    if isinstance(marker, params.Header):
        found["underscores"] = not marker.convert_underscores
    return found


def keep_operations() -> None:
    app.router.routes = [route for route in app.routes if isinstance(route, APIRoute)]


async def run() -> None:
    async with app.router.lifespan_context(app):
        keep_operations()
