"""Routers inside routers, with every option of an inclusion."""

from enum import Enum

from pronghorn import APIRouter, Depends, FastAPI
from pronghorn.responses import HTMLResponse, JSONResponse
from pronghorn.routing import APIRoute


class Tag(Enum):
    ITEMS = "items"


def check() -> None: ...


def name_route(route: APIRoute) -> str:
    return f"{route.name}-{','.join(sorted(route.methods))}"


class LoggedRoute(APIRoute):
    pass


inner = APIRouter(prefix="/inner", route_class=LoggedRoute, default_response_class=HTMLResponse)
router = APIRouter(
    prefix="/items",
    tags=[Tag.ITEMS, "more"],
    dependencies=[Depends(check)],
    responses={404: {"description": "Not found"}},
    redirect_slashes=False,
    generate_unique_id_function=name_route,
)
router.include_router(inner, prefix="/v1", tags=["inner"], include_in_schema=False)


@router.get("/")
@inner.get("/")
def read_items() -> list[str]:
    return []


app = FastAPI(generate_unique_id_function=name_route)
app.include_router(
    router,
    prefix="/api",
    tags=["api"],
    dependencies=[Depends(check)],
    default_response_class=JSONResponse,
    responses={"5XX": {"description": "Failed"}},
    deprecated=True,
    callbacks=inner.routes,
    generate_unique_id_function=lambda route: route.path_format,
)
