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

    def unused(self) -> str:
        return "no route"


late = FastAPI()


@serve.deployment(ray_actor_options=SMALL)
@ingress(late)
class First:
    """One of two classes that share an application."""

    @late.get("/first")
    def first(self) -> str:
        return "first"


@serve.deployment(ray_actor_options=SMALL)
@ingress(late)
class Second:
    """The other."""

    @late.get("/second")
    def second(self) -> str:
        return "second"


@late.get("/both")
def both() -> str:
    return "both"


lengths = Lengths.bind(Model.bind())
