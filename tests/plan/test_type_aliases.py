"""Aliases of PEP 695 as parameters and results: recursive, given as text, with arguments."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Annotated, Any, TypeVar, Union

import fastapi
import fastapi.testclient
import pytest
from pydantic import AfterValidator, BaseModel
from typing_extensions import TypeAliasType

import pronghorn
from pronghorn import Body, Depends, FastAPI, Query
from pronghorn.exceptions import SetupNameError
from pronghorn.testclient import TestClient

K = TypeVar("K")
V = TypeVar("V")

Tree = TypeAliasType("Tree", "dict[str, Tree] | int")
QuotedTree = TypeAliasType("QuotedTree", Union[dict[str, "QuotedTree"], int])
Shelf = TypeAliasType("Shelf", "list[Book]")
Number = TypeAliasType("Number", int)
Chain = TypeAliasType("Chain", Number)  # type: ignore[misc]  # mypy does not follow it
Swapped = TypeAliasType("Swapped", "dict[V, K]", type_params=(K, V))
Itself = TypeAliasType("Itself", K, type_params=(K,))
Unknown = TypeAliasType("Unknown", "list[Nowhere]")  # noqa: F821 - the mistake
Both = TypeAliasType("Both", "Shelf | Unknown")

#: With the text of its names in another module than that of the endpoint.
here = FastAPI()


@here.post("/shelf")
async def fill(shelf: Shelf) -> Shelf:  # type: ignore[valid-type]  # mypy does not follow text
    return shelf


class Book(BaseModel):
    title: str


def both_answers(
    build: Callable[[Any, Any], None], body: Any, url: str = "/"
) -> list[tuple[int, Any, Any]]:
    """What FastAPI and pronghorn answer to the same program: status, body and document."""
    found = []
    for module, client in ((fastapi, fastapi.testclient.TestClient), (pronghorn, TestClient)):
        app = module.FastAPI()
        build(app, module)
        answer = client(app).post(url, json=body)
        found.append((answer.status_code, answer.json(), app.openapi()))
    return found


def endpoint(annotation: Any) -> Any:
    async def take(value: Any) -> Any:
        return value

    take.__annotations__ = {"value": annotation, "return": Any}
    return take


def whole_body(app: Any, module: Any, kind: Any = Tree, **options: Any) -> None:
    app.post("/")(endpoint(Annotated[kind, module.Body(**options)]))


def embedded(app: Any, module: Any) -> None:
    whole_body(app, module, embed=True)


def quoted(app: Any, module: Any) -> None:
    whole_body(app, module, QuotedTree)


def described(app: Any, module: Any) -> None:
    whole_body(app, module, title="A tree", description="Grows.", examples=[1])


def in_dependency(app: Any, module: Any) -> None:
    async def take(found: Any = module.Depends(endpoint(Annotated[Tree, module.Body()]))) -> Any:
        return found

    app.post("/")(take)


def in_router(app: Any, module: Any) -> None:
    router = module.APIRouter()
    whole_body(router, module)
    app.include_router(router, prefix="/deep")


def as_result(app: Any, module: Any) -> None:
    @app.post("/", response_model=Tree)
    async def make() -> Any:
        return {"a": {"b": "1"}}


def validated(app: Any, module: Any) -> None:
    kind = Annotated[Number, AfterValidator(lambda number: number + 1), module.Body()]
    app.post("/")(endpoint(kind))


def chained(app: Any, module: Any) -> None:
    app.post("/")(endpoint(Chain))


@pytest.mark.parametrize(
    ("build", "body", "url"),
    [
        (whole_body, {"a": {"b": 1}}, "/"),
        (whole_body, {"a": "x"}, "/"),
        (embedded, {"value": {"a": 1}}, "/"),
        (embedded, {}, "/"),
        (quoted, {"a": {"b": 1}}, "/"),
        (quoted, {"a": "x"}, "/"),
        (described, {"a": 1}, "/"),
        (in_dependency, {"a": 1}, "/"),
        (in_router, {"a": 1}, "/deep/"),
        (as_result, None, "/"),
        (validated, 1, "/"),
        (validated, "x", "/"),
        (chained, None, "/?value=1"),
        (chained, None, "/?value=x"),
    ],
)
def test_an_alias_is_answered_and_documented_as_by_fastapi(
    build: Callable[[Any, Any], None], body: Any, url: str
) -> None:
    theirs, ours = both_answers(build, body, url)
    assert ours == theirs
    assert "/schemas/" in json.dumps(ours[2]["paths"])


def test_an_alias_without_a_marker_is_the_body_that_it_stands_for() -> None:
    app = FastAPI()
    app.post("/tree")(endpoint(Tree))

    @app.post("/default")
    async def default(tree: Tree = Body()) -> Any:  # type: ignore[valid-type]
        return tree

    client = TestClient(app)
    for path in ("/tree", "/default"):
        assert client.post(path, json={"a": {"b": "1"}}).json() == {"a": {"b": 1}}
        assert client.post(path, json={"a": "x"}).status_code == 422
    assert app.openapi()["components"]["schemas"]["Tree"]["anyOf"][1] == {"type": "integer"}


def test_the_names_in_an_alias_may_be_defined_later() -> None:
    client = TestClient(here)
    assert client.post("/shelf", json=[{"title": "Emma"}]).json() == [{"title": "Emma"}]
    assert client.post("/shelf", json=[{}]).status_code == 422


@pytest.mark.parametrize("kind", [Unknown, Both, Unknown | None])
def test_a_name_that_an_alias_never_finds_is_a_mistake(kind: Any) -> None:
    app = FastAPI()
    app.post("/")(endpoint(kind))

    with pytest.raises(SetupNameError, match="'Nowhere', the type of the parameter 'value'"):
        app.openapi()


def test_type_arguments_go_where_their_parameters_stand() -> None:
    app = FastAPI()
    app.post("/swapped")(endpoint(Swapped[int, str]))
    app.post("/itself")(endpoint(Itself[dict[str, int]]))

    client = TestClient(app)
    assert client.post("/swapped", json={"a": "1"}).json() == {"a": 1}
    assert client.post("/itself", json={"a": "1"}).json() == {"a": 1}


def test_rules_beside_an_alias_belong_to_their_place() -> None:
    app = FastAPI()

    @app.get("/")
    async def read(
        large: Annotated[Number, Query(gt=10)],
        small: Annotated[Number, Query(lt=5)],
        plain: Annotated[Number, Query()],
    ) -> int:
        return large + small + plain

    client = TestClient(app)
    assert client.get("/?large=11&small=4&plain=7").json() == 22
    assert [error["loc"] for error in client.get("/?large=7&small=7&plain=7").json()["detail"]] == [
        ["query", "large"],
        ["query", "small"],
    ]
    parameters = app.openapi()["paths"]["/"]["get"]["parameters"]
    assert [parameter["schema"] for parameter in parameters] == [
        {"type": "integer", "exclusiveMinimum": 10, "title": "Large"},
        {"type": "integer", "exclusiveMaximum": 5, "title": "Small"},
        {"$ref": "#/components/schemas/Number"},
    ]
    assert app.openapi()["components"]["schemas"]["Number"] == {"type": "integer"}


def test_a_marker_inside_an_alias_counts() -> None:
    async def get_number() -> int:
        return 5

    inside = TypeAliasType("inside", Annotated[int, Depends(get_number)])
    app = FastAPI()
    app.post("/")(endpoint(Annotated[inside, "note"]))
    assert TestClient(app).post("/").json() == 5


def test_an_alias_of_itself_is_planned_where_old_models_are_loaded() -> None:
    assert "pydantic.v1" in sys.modules  # FastAPI loads it; each type is then searched for such.
    app = FastAPI()
    app.post("/")(endpoint(Annotated[dict[str, Tree], Body()]))
    assert TestClient(app).post("/", json={"a": 1}).json() == {"a": 1}
