"""Routes that are added without decorators."""

from pronghorn import APIRouter, Depends, FastAPI, Request
from pronghorn.responses import PlainTextResponse
from pronghorn.routing import APIRoute

app = FastAPI()
router = APIRouter()


def read_items(limit: int = 10) -> list[int]:
    return [limit]


def check() -> None: ...


async def read_plain(request: Request) -> PlainTextResponse:
    return PlainTextResponse(request.url.path)


app.add_api_route(
    "/items",
    read_items,
    methods=["GET", "POST"],
    response_model=list[int],
    tags=["items"],
    dependencies=[Depends(check)],
    name="items",
)
router.add_api_route("/more", read_items, methods={"GET"}, status_code=202)
app.add_route("/plain", read_plain)
app.router.routes.append(APIRoute("/one", read_items, methods=["GET"]))
app.include_router(router)
path: str = app.url_path_for("items")
