"""A class of routes with its own handler."""

from collections.abc import Callable, Coroutine
from typing import Any

from pronghorn import APIRouter, FastAPI, Request, Response
from pronghorn.routing import APIRoute


class TimedRoute(APIRoute):
    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        original = super().get_route_handler()

        async def handle(request: Request) -> Response:
            response: Response = await original(request)
            response.headers["X-Route"] = self.path
            return response

        return handle


app = FastAPI()
app.router.route_class = TimedRoute
router = APIRouter(route_class=TimedRoute)


@router.get("/")
def read_root() -> str:
    return "root"


def list_names() -> list[str]:
    return [route.name for route in app.routes if isinstance(route, APIRoute) and route.tags]
