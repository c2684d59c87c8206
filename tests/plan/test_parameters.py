"""A parameter is a marker, an injected type, or what its type implies."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Any, Literal, TypeVar

import pytest
from pydantic import AfterValidator, AliasChoices, AliasPath, BaseModel, Json
from pydantic import Field as Declared
from pydantic.fields import FieldInfo
from starlette.background import BackgroundTasks
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, Response
from starlette.websockets import WebSocket
from typing_extensions import TypeAliasType, TypedDict

from pronghorn import params
from pronghorn.core.kinds import Injected, InjectedKind
from pronghorn.core.security_scopes import SecurityScopes
from pronghorn.datastructures import UploadFile
from pronghorn.exceptions import SetupAssertionError, SetupError, SetupTypeError
from pronghorn.fields.field import Field
from pronghorn.param_functions import (
    Body,
    Cookie,
    Depends,
    File,
    Form,
    Header,
    Path,
    Query,
    Security,
)
from pronghorn.plan.parameters import analyze_parameter

EMPTY = inspect.Parameter.empty


class Item(BaseModel):
    name: str


class Other(BaseModel):
    size: int


@dataclass
class Point:
    x: int


class Options(TypedDict):
    limit: int


class Colour(Enum):
    RED = "red"


Identifier = TypeAliasType("Identifier", Annotated[int, Query(gt=3)])
Numbers = TypeAliasType("Numbers", list[int])
T = TypeVar("T")
Pair = TypeAliasType("Pair", tuple[T, T], type_params=(T,))


def analyze(
    annotation: Any, default: Any = EMPTY, *, name: str = "value", path: Sequence[str] = ()
) -> Any:
    return analyze_parameter(
        name=name, annotation=annotation, default=default, path_names=frozenset(path)
    )


def field(annotation: Any, default: Any = EMPTY, **options: Any) -> Field:
    found = analyze(annotation, default, **options)
    assert isinstance(found, Field)
    return found


# --- inference -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("annotation", "marker"),
    [
        (EMPTY, params.Query),
        (int, params.Query),
        (str | None, params.Query),
        (int | str, params.Query),
        (bytes, params.Query),
        (Colour, params.Query),
        (Literal["a", "b"], params.Query),
        (Any, params.Query),
        (list[int], params.Body),
        (list[int] | None, params.Body),
        (int | list[int], params.Body),
        (set[str], params.Body),
        (tuple[int, int], params.Body),
        (dict[str, int], params.Body),
        (Item, params.Body),
        (Item | None, params.Body),
        (Item | Other, params.Body),
        (Point, params.Body),
        (Options, params.Body),
        (Numbers, params.Body),
        (Numbers | None, params.Body),
        (Pair[int], params.Body),
        (Json[list[int]], params.Body),
        (UploadFile, params.File),
        (UploadFile | None, params.File),
        (list[UploadFile], params.File),
        (list[UploadFile] | None, params.File),
        (Annotated[UploadFile, "a note"], params.File),
    ],
)
def test_the_type_decides_where_a_value_comes_from(annotation: Any, marker: type[Any]) -> None:
    assert type(field(annotation).info) is marker


def test_a_name_in_the_path_comes_from_the_path() -> None:
    found = field(int, path=["value"])
    assert (found.location, found.required) == ("path", True)


def test_a_default_does_not_make_a_path_parameter_optional() -> None:
    assert field(int | None, None, path=["value"]).required
    declared = Annotated[int, Declared(default_factory=lambda: 5, title="Number")]
    in_path = field(declared, path=["value"])
    assert in_path.required
    assert in_path.info.title == "Number"
    in_query = field(declared)
    assert (in_query.location, in_query.get_default()) == ("query", 5)


def test_metadata_of_an_inferred_parameter_is_kept() -> None:
    declared = Annotated[int, Declared(alias="n", title="Number", gt=3), AfterValidator(abs)]
    found = field(declared, 10)
    assert (found.alias, found.info.title, found.get_default()) == ("n", "Number", 10)
    assert found.validate("2")[1][0]["type"] == "greater_than"
    assert field(Annotated[str, AfterValidator(str.upper)]).validate("a") == ("A", [])


def test_an_alias_of_a_type_may_hold_a_marker() -> None:
    found = field(Identifier)
    assert found.annotation is int
    assert found.validate("2")[1][0]["ctx"] == {"gt": 3}


# --- markers ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("marker", "location", "form", "file"),
    [
        (Query(), "query", False, False),
        (Header(), "header", False, False),
        (Cookie(), "cookie", False, False),
        (Path(), "path", False, False),
        (Body(), "body", False, False),
        (Form(), "body", True, False),
        (File(), "body", True, True),
    ],
)
def test_a_marker_says_where_a_value_comes_from(
    marker: Any, location: str, form: bool, file: bool
) -> None:
    for found in (field(Annotated[str, marker]), field(str, marker)):
        assert (found.location, found.is_form, found.is_file) == (location, form, file)
        assert type(found.info) is type(marker)


def test_a_marker_that_is_shared_is_not_changed() -> None:
    marker = Header(gt=3)
    before = {name: getattr(marker, name, None) for name in FieldInfo.__slots__}
    shared = Annotated[int, marker]
    first = field(shared, 1, name="first_name")
    second = field(shared, name="second_name")
    third = field(int, marker, name="third_name")
    assert [found.alias for found in (first, second, third)] == [
        "first-name",
        "second-name",
        "third-name",
    ]
    assert [found.required for found in (first, second, third)] == [False, True, True]
    assert {name: getattr(marker, name, None) for name in FieldInfo.__slots__} == before


def test_of_several_markers_the_last_counts_and_rules_add_up() -> None:
    found = field(Annotated[int, Query(gt=2, title="First"), Header(lt=10)])
    assert (found.location, found.info.title) == ("header", "First")
    assert found.validate("1")[1][0]["type"] == "greater_than"
    assert found.validate("12")[1][0]["type"] == "less_than"


def test_a_marker_overrides_and_clears_what_was_declared_before() -> None:
    count = Annotated[int, Declared(alias="original", description="From Field", gt=1)]
    kept = field(Annotated[count, Query()])
    replaced = field(Annotated[count, Query(alias="replacement", description="From Query")])
    cleared = field(Annotated[count, Query(alias=None, description=None)])
    assert [(found.alias, found.info.description) for found in (kept, replaced, cleared)] == [
        ("original", "From Field"),
        ("replacement", "From Query"),
        ("value", None),
    ]
    assert all(found.validate("1")[1] for found in (kept, replaced, cleared))


def test_options_of_the_marker_stay() -> None:
    found = field(
        Annotated[int, Declared(title="Title"), Body(embed=True, media_type="text/x-number")]
    )
    assert (found.embed, found.media_type, found.info.title) == (True, "text/x-number", "Title")


def test_an_ellipsis_is_no_default() -> None:
    assert field(int, ...).required
    assert field(int, Query(...)).required
    assert field(Annotated[int, Query(...)]).required
    assert field(Annotated[int, Query()], ...).required


@pytest.mark.parametrize(
    ("marker", "alias"),
    [
        (Header(), "x-token"),
        (Header(convert_underscores=False), "x_token"),
        (Header(alias="X_Other"), "X_Other"),
        (Header(validation_alias="X_Other"), "X_Other"),
        (Header(serialization_alias="other"), "x-token"),
        (Query(), "x_token"),
        (Query(alias="other"), "other"),
        (Cookie(validation_alias=AliasChoices("first", "second")), "first"),
        (Query(validation_alias=AliasPath("items", 0)), "x_token"),
    ],
)
def test_the_name_on_the_wire(marker: Any, alias: str) -> None:
    assert field(Annotated[str, marker], name="x_token").alias == alias


def test_choices_of_a_path_parameter_follow_the_route() -> None:
    choices = Path(alias="unused", validation_alias=AliasChoices("item_id", "id"))
    shared = Annotated[int, choices]
    assert field(shared, path=["item_id"]).lookups == ("item_id",)
    assert field(shared, path=["id"]).lookups == ("id",)
    assert field(shared, path=["id", "item_id"]).lookups == ("item_id",)
    assert field(shared, path=["unused"]).lookups == ("unused",)
    assert choices.validation_alias == AliasChoices("item_id", "id")


# --- dependencies and injected objects ---------------------------------------------------------


def get_value() -> int:
    return 1


def test_dependencies() -> None:
    assert analyze(Annotated[int, Depends(get_value)]).dependency is get_value
    assert analyze(int, Depends(get_value)).dependency is get_value
    assert analyze(EMPTY, Depends(get_value)).dependency is get_value
    assert analyze(Annotated[int, Query(), Depends(get_value)]).dependency is get_value
    assert analyze(Annotated[Request, Depends(get_value)]).dependency is get_value
    assert analyze(TypeAliasType("A", Annotated[int, Depends(get_value)])).dependency is get_value


def test_an_empty_dependency_is_the_annotated_type() -> None:
    marker = Depends(use_cache=False, scope="function")
    found = analyze(Annotated[Point, marker])
    assert (found.dependency, found.use_cache, found.scope) == (Point, False, "function")
    assert marker.dependency is None
    secure = analyze(Point, Security(scopes=["read"]))
    assert (secure.dependency, secure.scopes) == (Point, ["read"])


@pytest.mark.parametrize(
    ("annotation", "kind"),
    [
        (Request, InjectedKind.REQUEST),
        (WebSocket, InjectedKind.WEBSOCKET),
        (HTTPConnection, InjectedKind.CONNECTION),
        (Response, InjectedKind.RESPONSE),
        (JSONResponse, InjectedKind.RESPONSE),
        (BackgroundTasks, InjectedKind.BACKGROUND_TASKS),
        (SecurityScopes, InjectedKind.SECURITY_SCOPES),
        (Annotated[Request, "a note"], InjectedKind.REQUEST),
    ],
)
def test_types_that_are_injected(annotation: Any, kind: InjectedKind) -> None:
    assert analyze(annotation) == Injected("value", kind)
    assert analyze(annotation, None, path=["value"]) == Injected("value", kind)


# --- mistakes ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("annotation", "default", "path", "message"),
    [
        (
            Annotated[int, Query(default=1)],
            EMPTY,
            [],
            (
                "`Query` default value cannot be set in `Annotated` for 'value'. Set the default "
                "value with `=` instead."
            ),
        ),
        (
            Annotated[int, Depends(get_value)],
            Depends(get_value),
            [],
            "Cannot specify `Depends` in `Annotated` and default value together for 'value'",
        ),
        (
            Annotated[int, Query()],
            Depends(get_value),
            [],
            (
                "Cannot specify a FastAPI annotation in `Annotated` and `Depends` as a default "
                "value together for 'value'"
            ),
        ),
        (
            Annotated[int, Query()],
            Query(),
            [],
            (
                "Cannot specify FastAPI annotations in `Annotated` and default value together for "
                "'value'"
            ),
        ),
        (Annotated[int, Path()], 1, ["value"], "Path parameters cannot have default values"),
        (int, Query(), ["value"], "Cannot use `Query` for path param 'value'"),
        (int, Body(), ["value"], "Cannot use `Body` for path param 'value'"),
        (list[int], EMPTY, ["value"], "Path params must be of one of the supported types"),
        (Item, Path(), ["value"], "Path params must be of one of the supported types"),
        (
            list[Item],
            Query(),
            [],
            "Query parameter 'value' must be one of the supported types",
        ),
        (
            dict | None,
            Query(None),
            [],
            "Query parameter 'value' must be one of the supported types",
        ),
        (
            Annotated[Item | Other, Query()],
            EMPTY,
            [],
            "Query parameter 'value' must be one of the supported types",
        ),
        (
            Request,
            Query(),
            [],
            "Cannot specify FastAPI annotation for type <class 'starlette.requests.Request'>",
        ),
        (
            int,
            Declared(5),
            [],
            "non-body parameters must be in path, query, header or cookie: value",
        ),
    ],
)
def test_mistakes(annotation: Any, default: Any, path: list[str], message: str) -> None:
    with pytest.raises(SetupAssertionError) as raised:
        analyze(annotation, default, path=path)
    assert str(raised.value).splitlines()[0] == message
    assert raised.value.write


def test_a_default_and_a_default_factory() -> None:
    with pytest.raises(SetupTypeError, match="cannot specify both default and default_factory"):
        analyze(Annotated[int, Query(default_factory=get_value)], 1)


@pytest.mark.parametrize("annotation", [range, Request | None])
def test_a_type_that_cannot_be_validated(annotation: Any) -> None:
    with pytest.raises(SetupError, match="valid Pydantic field type"):
        analyze(annotation)


def test_equal_declarations_are_objects_of_their_own() -> None:
    for default, annotation in ((EMPTY, int), (None, str | None), (10, int)):
        first, second = (
            analyze_parameter(
                name="value", annotation=annotation, default=default, path_names=frozenset()
            )
            for _ in range(2)
        )
        assert isinstance(first, Field)
        assert isinstance(second, Field)
        assert first is not second
        assert first.info is not second.info
        first.info.description = "only the first"
        first.info.metadata.append("only the first")
        assert (second.info.description, second.info.metadata) == (None, [])
        assert repr(first) == repr(second)


def test_defaults_that_are_equal_and_not_the_same() -> None:
    defaults = (0, False, 0.0, -0.0, "0")
    fields = [
        analyze_parameter(name="n", annotation=int, default=default, path_names=frozenset())
        for default in defaults
    ]
    assert [repr(getattr(field, "default", None)) for field in fields] == [
        "0", "False", "0.0", "-0.0", "'0'",
    ]  # fmt: skip


def test_the_same_parameter_in_and_outside_of_the_path() -> None:
    def location(*path_names: str) -> Any:
        found = analyze_parameter(
            name="value", annotation=int, default=EMPTY, path_names=frozenset(path_names)
        )
        return getattr(found, "location", None)

    assert (location(), location("value"), location("other")) == ("query", "path", "query")
