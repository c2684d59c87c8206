"""The parameters that an operation documents, and their form."""

from typing import Annotated, Any

import fastapi
import pytest
from pydantic import AliasChoices, AliasPath, BaseModel, Field

import pronghorn
from pronghorn import FastAPI
from pronghorn.exceptions import FastAPIDeprecationWarning
from pronghorn.param_functions import Body, Cookie, Depends, Header, Query
from tests.openapi.documents import operation


def names(endpoint: Any, path: str = "/") -> list[tuple[str, str]]:
    return [(one["in"], one["name"]) for one in operation(endpoint, path)["parameters"]]


def test_locations_come_in_a_fixed_order_and_endpoints_before_dependencies() -> None:
    def deep(z: int, h: Annotated[str, Header()]) -> None: ...
    def shallow(a: int, found: Annotated[None, Depends(deep)], b: int) -> None: ...

    def endpoint(
        c: Annotated[str, Cookie()], s: Annotated[None, Depends(shallow)], x: int, p: int
    ) -> None: ...

    assert names(endpoint, "/{p}") == [
        ("path", "p"),
        ("query", "x"),
        ("query", "a"),
        ("query", "b"),
        ("query", "z"),
        ("header", "h"),
        ("cookie", "c"),
    ]


def test_a_declaration_that_requires_a_name_wins() -> None:
    def dependency(a: int, b: int = 1) -> None: ...
    def endpoint(d: Annotated[None, Depends(dependency)], b: int, a: int = 0) -> None: ...

    parameters = operation(endpoint)["parameters"]
    assert [(one["name"], one["required"]) for one in parameters] == [("b", True), ("a", True)]


def test_of_equal_declarations_the_last_one_is_shown() -> None:
    def first(a: int = Query(1, description="first")) -> None: ...
    def second(a: int = Query(2, description="second")) -> None: ...

    def endpoint(
        x: Annotated[None, Depends(first)],
        y: Annotated[None, Depends(second)],
        z: Annotated[None, Depends(first)],
    ) -> None: ...

    (parameter,) = operation(endpoint)["parameters"]
    assert parameter["description"] == "second"


def test_a_parameter_model_is_as_many_parameters() -> None:
    class Filters(BaseModel):
        page_size: int = 10
        sort: str = Field(alias="order")
        tag: str = Field("", validation_alias=AliasChoices("t", "label"))

    def endpoint(
        query: Annotated[Filters, Query()], headers: Annotated[Filters, Header()]
    ) -> None: ...

    assert names(endpoint) == [
        ("query", "page_size"),
        ("query", "order"),
        ("query", "t"),
        ("header", "page-size"),
        ("header", "order"),
        ("header", "t"),
    ]


def test_nothing_of_an_optional_parameter_model_is_required() -> None:
    class Filters(BaseModel):
        a: int

    def optional(filters: Annotated[Filters | None, Query()] = None) -> None: ...
    def nullable(filters: Annotated[Filters | None, Query()]) -> None: ...

    assert [one["required"] for one in operation(optional)["parameters"]] == [False]
    assert [one["required"] for one in operation(nullable)["parameters"]] == [True]


def test_hidden_parameters_are_not_shown_but_can_still_fail() -> None:
    class Filters(BaseModel):
        a: int

    def endpoint(
        q: Annotated[int, Query(include_in_schema=False)],
        filters: Annotated[Filters, Header(include_in_schema=False)],
    ) -> None: ...

    found = operation(endpoint)
    assert "parameters" not in found
    assert "422" in found["responses"]


def test_facts_about_a_parameter_are_shown_beside_its_schema() -> None:
    def endpoint(
        q: Annotated[
            int,
            Query(
                description="How many",
                deprecated=True,
                openapi_examples={"few": {"value": 3}},
                examples=[4],
                gt=2,
            ),
        ],
    ) -> None: ...

    assert operation(endpoint)["parameters"] == [
        {
            "name": "q",
            "in": "query",
            "required": True,
            "schema": {
                "type": "integer",
                "exclusiveMinimum": 2,
                "description": "How many",
                "deprecated": True,
                "examples": [4],
                "title": "Q",
            },
            "description": "How many",
            "examples": {"few": {"value": 3}},
            "deprecated": True,
        }
    ]


def test_the_old_single_example_is_still_shown() -> None:
    with pytest.warns(FastAPIDeprecationWarning):
        marker = Query(example=None)

    def endpoint(q: int | None = marker) -> None: ...

    assert "example" not in operation(endpoint)["parameters"][0]  # null is left out of documents
    with pytest.warns(FastAPIDeprecationWarning):
        marker = Query(example=5)

    def other(q: int = marker) -> None: ...

    assert operation(other)["parameters"][0]["example"] == 5


def test_header_names_are_titles_too() -> None:
    def endpoint(x_token: Annotated[str, Header()], user_name: str) -> None: ...

    titles = [one["schema"]["title"] for one in operation(endpoint)["parameters"]]
    assert titles == ["User Name", "X-Token"]


@pytest.mark.parametrize("alias", [None, "aa", "a_b"])
@pytest.mark.parametrize(
    "validation_alias",
    [None, "vv", AliasChoices("c1", "c2"), AliasChoices(AliasPath("p", 0), "c2"), AliasPath("p")],
    ids=["none", "text", "choices", "choices with a path", "path"],
)
@pytest.mark.parametrize("embed", [False, True], ids=["whole", "embedded"])
@pytest.mark.parametrize("name", ["Body", "Form", "Query", "Header", "Cookie"])
def test_titles_come_from_the_alias_that_fastapi_takes(
    alias: Any, validation_alias: Any, embed: bool, name: str
) -> None:
    options = {"alias": alias, "validation_alias": validation_alias}
    if embed and name == "Body":
        options["embed"] = True

    def document(api: Any) -> Any:
        given = {key: value for key, value in options.items() if value is not None}
        declared = Annotated[str, getattr(api, name)(**given)]

        def endpoint(my_name: Any) -> None: ...

        endpoint.__annotations__["my_name"] = declared
        app = api.FastAPI()
        app.post("/x")(endpoint)
        return app.openapi()

    assert document(pronghorn) == document(fastapi)


def test_the_title_of_a_whole_body_with_choices_is_its_alias() -> None:
    app = FastAPI()

    @app.post("/x")
    def read(
        named: Annotated[str, Body(alias="aa", validation_alias=AliasChoices("c1", "c2"))],
    ) -> None: ...

    [content] = app.openapi()["paths"]["/x"]["post"]["requestBody"]["content"].values()
    assert content["schema"] == {"type": "string", "title": "Aa"}
