"""fastapi-utils: class-based views, which take routes out of a router and put others in."""

from __future__ import annotations

from fastapi import APIRouter, Depends, FastAPI, Header
from fastapi.testclient import TestClient
from fastapi_utils.cbv import cbv

router = APIRouter()


def get_unit(x_unit: str = Header("cm")) -> str:
    return x_unit


@cbv(router)
class Lengths:
    unit: str = Depends(get_unit)

    def __init__(self, factor: int = 1) -> None:
        self.factor = factor

    @router.get("/lengths/{number}")
    def read(self, number: int) -> str:
        return f"{number * self.factor} {self.unit}"

    @router.post("/lengths", status_code=201)
    async def create(self, number: int) -> str:
        return f"{number} {self.unit}"


app = FastAPI()
app.include_router(router, prefix="/api")
client = TestClient(app)


def test_methods_answer_with_what_their_class_depends_on() -> None:
    assert client.get("/api/lengths/3", params={"factor": 2}).json() == "6 cm"
    assert client.get("/api/lengths/3", headers={"x-unit": "mm"}).json() == "3 mm"
    assert client.post("/api/lengths", params={"number": 4}).status_code == 201


def test_parameters_of_class_and_method_are_checked_and_documented() -> None:
    assert client.get("/api/lengths/3", params={"factor": "two"}).status_code == 422

    operation = client.get("/openapi.json").json()["paths"]["/api/lengths/{number}"]["get"]
    names = {parameter["name"] for parameter in operation["parameters"]}
    assert names == {"number", "factor", "x-unit"}
