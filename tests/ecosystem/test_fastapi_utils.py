"""fastapi-utils: class-based views, which take routes out of a router and add others."""

from __future__ import annotations

import pytest
from fastapi import APIRouter, Depends, FastAPI, Header
from fastapi.testclient import TestClient
from fastapi_utils import Api, Resource, set_responses
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


# --- with prefixes: the views take theirs off the paths, and the inclusion gives it back ---------


def program(router_prefix: str, nested: str | None, prefix: str, asked_before: bool) -> TestClient:
    router = APIRouter(prefix=router_prefix, tags=["about"])

    @cbv(router)
    class About:
        unit: str = Depends(get_unit)

        @router.get("/items/{item_id:int}")
        def read(self, item_id: int) -> str:
            return f"{item_id} {self.unit}"

        @router.get("/")
        async def listed(self) -> list[str]:
            return [self.unit]

        @router.put("/items/{item_id}", deprecated=True)
        def change(self, item_id: str, q: int = 1) -> str:
            return item_id * q

    @router.get("/outside")
    def outside() -> str:
        return "outside"

    app = FastAPI()
    client = TestClient(app)
    if asked_before:
        assert client.get("/nothing").status_code == 404
        assert client.get("/openapi.json").json()["paths"] == {}
    included = router
    if nested is not None:
        included = APIRouter(prefix=nested)
        included.include_router(router)
    app.include_router(included, prefix=prefix)
    return client


@pytest.mark.parametrize("router_prefix", ["", "/about", "/about/us"])
@pytest.mark.parametrize("nested", [None, "", "/nested"])
@pytest.mark.parametrize("prefix", ["", "/v1"])
@pytest.mark.parametrize("asked_before", [False, True])
def test_views_answer_under_all_prefixes(
    router_prefix: str, nested: str | None, prefix: str, asked_before: bool
) -> None:
    client = program(router_prefix, nested, prefix, asked_before)
    place = f"{prefix}{nested or ''}{router_prefix}"
    assert client.get(f"{place}/items/3", headers={"x-unit": "mm"}).json() == "3 mm"
    assert client.put(f"{place}/items/ab", params={"q": 2}).json() == "abab"
    assert client.get(f"{place}/items/ab").status_code == 405
    assert client.get(f"{place}/").json() == ["cm"]
    assert client.get(f"{place}/outside").json() == "outside"
    if router_prefix:
        assert client.get(f"{prefix}{nested or ''}/items/3").status_code == 404

    paths = client.get("/openapi.json").json()["paths"]
    assert set(paths) == {f"{place}/items/{{item_id}}", f"{place}/", f"{place}/outside"}
    # `cbv` includes its own router into the one that has the tags.
    assert paths[f"{place}/"]["get"]["tags"] == ["about", "about"]
    assert client.app.url_path_for("About.read", item_id=4) == f"{place}/items/4"


def test_resources() -> None:
    class Thing(Resource):
        def get(self, thing_id: int) -> dict[str, int]:
            return {"id": thing_id}

        @set_responses(int, 201)
        def post(self, thing_id: int) -> int:
            return thing_id

    app = FastAPI()
    Api(app).add_resource(Thing(), "/things/{thing_id}", "/old/things/{thing_id}")
    client = TestClient(app)
    for path in ("/things/3", "/old/things/3"):
        assert client.get(path).json() == {"id": 3}
        created = client.post(path)
        assert (created.status_code, created.json()) == (201, 3)
