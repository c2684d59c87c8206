"""Deployments whose methods are routes: of the application, of routers, of a base class."""

from __future__ import annotations

import ray
from ray import serve
from ray.serve.handle import DeploymentHandle

from pronghorn import APIRouter, FastAPI, WebSocket
from pronghorn.ray import ingress
from tests.ray.helpers import SMALL, SPREAD

app = FastAPI()
router = APIRouter(prefix="/inner", tags=["inner"])
outer = APIRouter(prefix="/outer")
outer.include_router(router)
app.include_router(outer)
late_router = APIRouter()


@serve.deployment(ray_actor_options=SMALL)
class Model:
    """What stands for a model."""

    def __call__(self, number: int) -> int:
        return number * 100


class Counting:
    """A base class with a route."""

    asked = 0

    @app.get("/asked")
    def count(self) -> int:
        self.asked += 1
        return self.asked

    def describe(self) -> str:
        return "counts"


@serve.deployment(**SPREAD)
@ingress(app)
class Lengths(Counting):
    """Routes of each kind."""

    def __init__(self, model: DeploymentHandle, factor: int = 2) -> None:
        self.model = model
        self.factor = factor

    @app.get("/times/{number}")
    def times(self, number: int, plus: int = 0) -> int:
        return self.factor * number + plus

    @app.get("/node")
    async def node(self) -> str:
        return str(ray.get_runtime_context().get_node_id())

    @app.get("/asked-model/{number}")
    async def ask(self, number: int) -> int:
        answer: int = await self.model.remote(number)
        return answer

    @router.get("/{text}")
    async def inner(self, text: str) -> str:
        return text * self.factor

    @app.websocket("/talk")
    async def talk(self, websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.send_text(await websocket.receive_text() * self.factor)
        await websocket.close()

    @app.get("/described")
    def described(self) -> str:
        return self.describe()

    def describe(self) -> str:
        """Use what no copy of the class could carry, and the base class."""
        app.state.described = f"{super().describe()} and multiplies"
        return str(app.state.described)

    @late_router.get("/late")
    async def late(self) -> int:
        return self.factor


app.include_router(late_router)


late = FastAPI()


@serve.deployment(ray_actor_options=SMALL)
@ingress(late)
class First:
    """One of two classes that share an application."""

    @late.get("/first")
    def first(self) -> str:
        return "first"


@serve.deployment(ray_actor_options=SMALL)
@ingress("tests.ray.methods:late")
class Second:
    """The other."""

    @late.get("/second")
    def second(self) -> str:
        return "second"


@late.get("/both")
def both() -> str:
    return "both"


made = APIRouter()


def make_app() -> FastAPI:
    app = FastAPI()
    app.include_router(made)
    return app


class Sevens:
    """A class with routes of an application that does not exist yet."""

    @made.get("/seven")
    def seven(self) -> int:
        return 7


lengths = Lengths.bind(Model.bind())
sevens = serve.deployment(ingress(make_app)(Sevens), ray_actor_options=SMALL)
