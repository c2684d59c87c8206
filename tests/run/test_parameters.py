"""Parameters are read from the request one after the other, with every error."""

from collections.abc import Callable
from copy import deepcopy
from typing import Annotated, Any

import pytest
from pydantic import (
    AliasChoices,
    AliasPath,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Json,
    model_validator,
)
from pydantic import Field as Declared
from starlette.datastructures import Headers, MultiDict, QueryParams

from pronghorn.param_functions import Cookie, Header, Path, Query
from pronghorn.run.input.parameters import extract_parameters
from tests.run.endpoints import CountingList, fields_of, headers, locations, missing

Extraction = tuple[dict[str, Any], list[dict[str, Any]]]
EXTRA_FORBIDDEN = "Extra inputs are not permitted"


def extract(endpoint: Callable[..., Any], received: Any) -> Extraction:
    return extract_parameters(fields_of(endpoint), received)


def query(endpoint: Callable[..., Any], text: str) -> Extraction:
    return extract(endpoint, QueryParams(text))


# --- single values ----------------------------------------------------------------------------


def test_values_are_validated_and_named_after_the_python_parameters() -> None:
    def read(
        limit: int,
        order: Annotated[str, Query(alias="sort")] = "up",
        tags: Annotated[list[str], Query()] = [],  # noqa: B006 - a default as users write it
    ) -> None: ...

    values, errors = query(read, "limit=3&sort=down&tags=a&tags=b")
    assert values == {"limit": 3, "order": "down", "tags": ["a", "b"]}
    assert errors == []


def test_errors_come_in_declared_order_and_leave_the_valid_values() -> None:
    def read(first: int, second: str, third: Annotated[list[int], Query()]) -> None: ...

    values, errors = query(read, "third=1&third=x&second=ok")
    assert values == {"second": "ok"}
    assert errors == [
        missing("query", "first"),
        {
            "type": "int_parsing",
            "loc": ("query", "third", 1),
            "msg": "Input should be a valid integer, unable to parse string as an integer",
            "input": "x",
        },
    ]


def test_of_several_values_the_query_gives_the_last_and_headers_the_first() -> None:
    def read_query(one: str, many: Annotated[list[str], Query()]) -> None: ...

    def read_headers(
        one: Annotated[str, Header()], many: Annotated[list[str], Header()]
    ) -> None: ...

    expected = {"many": ["a", "b"]}
    assert query(read_query, "one=a&one=b&many=a&many=b") == ({**expected, "one": "b"}, [])
    received = headers(("one", "a"), ("one", "b"), ("many", "a"), ("Many", "b"))
    assert extract(read_headers, received) == ({**expected, "one": "a"}, [])


def test_header_names_are_converted_unless_they_are_given() -> None:
    def read(
        x_token: Annotated[str, Header()],
        x_key: Annotated[str, Header(convert_underscores=False)],
        other: Annotated[str, Header(alias="x_alias")],
    ) -> None: ...

    values, errors = extract(read, headers(("X-Token", "1"), ("x_key", "2"), ("X_Alias", "3")))
    assert (values, errors) == ({"x_token": "1", "x_key": "2", "other": "3"}, [])
    values, errors = extract(read, headers(("x_token", "1"), ("x-key", "2"), ("x-alias", "3")))
    assert values == {}
    assert [error["loc"][1] for error in errors] == ["x-token", "x_key", "x_alias"]


def test_path_parameters_may_have_been_converted_by_the_router() -> None:
    def read(item: Annotated[int, Path()], name: str) -> None: ...

    fields = fields_of(read, "/{item}/{name}")
    assert extract_parameters(fields, {"item": 3, "name": "x"}) == ({"item": 3, "name": "x"}, [])
    values, errors = extract_parameters(fields, {"item": "y", "name": "x"})
    assert (values, locations(errors)) == ({"name": "x"}, [("int_parsing", ("path", "item"))])


def test_a_cookie_holds_one_value_and_an_empty_one_no_items() -> None:
    def read(session: Annotated[str, Cookie()], items: Annotated[list[str], Cookie()]) -> None: ...

    assert extract(read, {"session": "", "items": ""}) == (
        {"session": ""},
        [missing("cookie", "items")],
    )
    values, errors = extract(read, {"session": "1", "items": "a"})
    assert (values, locations(errors)) == ({"session": "1"}, [("list_type", ("cookie", "items"))])


def test_the_first_choice_that_was_sent_wins_and_names_the_error() -> None:
    def read(
        value: Annotated[int, Query(validation_alias=AliasChoices("first", "second"))],
    ) -> None: ...

    assert query(read, "second=2") == ({"value": 2}, [])
    assert query(read, "second=2&first=1") == ({"value": 1}, [])
    assert locations(query(read, "second=2&first=")[1]) == [("int_parsing", ("query", "first"))]
    assert locations(query(read, "second=x")[1]) == [("int_parsing", ("query", "second"))]
    assert query(read, "value=1") == ({}, [missing("query", "first")])


def test_json_in_a_parameter_is_decoded() -> None:
    def read(value: Annotated[Json[list[int]], Query()]) -> None: ...

    assert query(read, "value=[1,2]") == ({"value": [1, 2]}, [])


def test_defaults_are_fresh_and_not_validated() -> None:
    def read(
        items: Annotated[list[str], Query()] = ["a"],  # noqa: B006 - a default as users write it
        limit: int = "unchecked",  # type: ignore[assignment]  # as users do
    ) -> None: ...

    fields = fields_of(read)
    values, errors = extract_parameters(fields, QueryParams(""))
    assert (values, errors) == ({"items": ["a"], "limit": "unchecked"}, [])
    values["items"].append("b")
    assert extract_parameters(fields, QueryParams(""))[0]["items"] == ["a"]


def test_defaults_are_validated_where_this_is_asked_for() -> None:
    def doubled(value: Any) -> int:
        return 0 if value is None else int(value) * 2

    def read(
        factory: Annotated[
            int, BeforeValidator(doubled), Query(default_factory=lambda: 4, validate_default=True)
        ],
        empty: Annotated[int | None, BeforeValidator(doubled), Query(validate_default=True)] = None,
        wrong: Annotated[int, Query(gt=0, validate_default=True)] = -1,
    ) -> None: ...

    values, errors = query(read, "")
    assert values == {"factory": 8, "empty": 0}
    assert locations(errors) == [("greater_than", ("query", "wrong"))]


# --- models -----------------------------------------------------------------------------------


class Filters(BaseModel):
    term: str
    tags: list[str] = []
    limit: int = 10


def test_a_model_takes_its_fields_and_uses_its_own_defaults() -> None:
    def read(filters: Annotated[Filters, Query()] = Filters(term="never used")) -> None: ...

    values, errors = query(read, "term=a&term=b&tags=1&tags=2")
    assert errors == []
    assert values == {"filters": Filters(term="b", tags=["1", "2"])}
    assert values["filters"].model_fields_set == {"term", "tags"}
    assert query(read, "unknown=1") == (
        {},
        [missing("query", "term", received={"unknown": "1"})],
    )


@pytest.mark.parametrize("extra", ["ignore", "allow", "forbid"])
def test_each_model_decides_about_everything_it_does_not_know(extra: Any) -> None:
    class Strict(BaseModel):
        model_config = ConfigDict(extra=extra)
        term: str

    def read(
        strict: Annotated[Strict, Query()], filters: Annotated[Filters, Query()], page: int
    ) -> None: ...

    values, errors = query(read, "page=1&term=a&limit=2&page=3")
    assert values["filters"] == Filters(term="a", limit=2)
    assert values["page"] == 3
    if extra == "forbid":
        assert errors == [
            {"type": "extra_forbidden", "loc": ("query", name), "msg": EXTRA_FORBIDDEN, "input": x}
            for name, x in [("page", ["1", "3"]), ("limit", "2")]
        ]
    else:
        extras = {"page": ["1", "3"], "limit": "2"} if extra == "allow" else {}
        assert errors == []
        assert values["strict"].model_dump() == {"term": "a", **extras}


def test_validators_of_a_model_see_its_fields_first_and_then_the_extras() -> None:
    seen: list[dict[str, Any]] = []

    class Model(BaseModel):
        tags: list[str]
        name: str = ""

        @model_validator(mode="before")
        @classmethod
        def look(cls, value: dict[str, Any]) -> dict[str, Any]:
            seen.append(deepcopy(value))
            value["tags"].append("more")
            return value

    def read(first: Annotated[Model, Query()], second: Annotated[Model, Query()]) -> None: ...

    query(read, "x=1&tags=a&y=&x=2&name=n")
    expected = {"tags": ["a"], "name": "n", "x": ["1", "2"], "y": ""}
    assert [list(value.items()) for value in seen] == [list(expected.items())] * 2


def test_choices_that_were_not_used_stay_extras() -> None:
    class Model(BaseModel):
        model_config = ConfigDict(extra="forbid")
        names: Annotated[list[str], Declared(validation_alias=AliasChoices("name", "legacy"))]

    def read(model: Annotated[Model, Query()]) -> None: ...

    assert query(read, "legacy=1&legacy=2")[0]["model"].names == ["1", "2"]
    assert query(read, "")[1] == [missing("query", "name", received={})]
    values, errors = query(read, "legacy=1&name=2")
    assert (values, locations(errors)) == ({}, [("extra_forbidden", ("query", "legacy"))])


def test_models_may_share_a_name_and_take_it_in_different_shapes() -> None:
    class Many(BaseModel):
        names: Annotated[list[str], Declared(validation_alias=AliasChoices("names", "legacy"))]

    class One(BaseModel):
        text: str = Declared(alias="legacy")

    def read(many: Annotated[Many, Query()], one: Annotated[One, Query()], legacy: str) -> None: ...

    values, errors = query(read, "legacy=a&legacy=b")
    assert errors == []
    assert values == {"many": Many(names=["a", "b"]), "one": One(legacy="b"), "legacy": "b"}


def test_names_in_python_count_where_the_model_says_so() -> None:
    class ByEither(BaseModel):
        model_config = ConfigDict(validate_by_name=True)
        items: list[int] = Declared(alias="item")

    class ByName(BaseModel):
        model_config = ConfigDict(validate_by_alias=False, validate_by_name=True, extra="forbid")
        items: list[int] = Declared(alias="item")

    def read_either(model: Annotated[ByEither, Query()]) -> None: ...

    def read_name(model: Annotated[ByName, Query()]) -> None: ...

    assert query(read_either, "items=1")[0]["model"].items == [1]
    assert query(read_either, "items=1&item=2")[0]["model"].items == [2]
    assert locations(query(read_either, "items=x")[1]) == [("int_parsing", ("query", "items", 0))]
    assert query(read_name, "items=1")[0]["model"].items == [1]
    assert locations(query(read_name, "item=1&items=2")[1]) == [
        ("extra_forbidden", ("query", "item"))
    ]


@pytest.mark.parametrize("by_name", [False, True])
def test_a_path_into_another_value_is_left_to_the_model(by_name: bool) -> None:
    class Model(BaseModel):
        model_config = ConfigDict(validate_by_name=by_name)
        first: Annotated[int, Declared(validation_alias=AliasPath("items", 0))]
        second: Annotated[int, Declared(validation_alias=AliasChoices("b", AliasPath("items", 1)))]

    def read(model: Annotated[Model, Query()]) -> None: ...

    values, errors = query(read, "items=1&items=2")
    assert errors == []
    assert (values["model"].first, values["model"].second) == (1, 2)
    assert query(read, "items=1&items=2&b=3")[0]["model"].second == 3


def test_header_models_are_read_from_hyphenated_names_only() -> None:
    class Tokens(BaseModel):
        model_config = ConfigDict(extra="forbid")
        x_token: int
        x_tags: list[str] = []
        other: str = Declared("", alias="X_Alias")

    def read(tokens: Annotated[Tokens, Header()]) -> None: ...

    def read_literally(
        tokens: Annotated[Tokens, Header(convert_underscores=False)],
    ) -> None: ...

    received = headers(("x_token", "1"), ("X-Token", "2"), ("x-tags", "a"), ("x-tags", "b"))
    assert extract(read, received) == ({"tokens": Tokens(x_token=2, x_tags=["a", "b"])}, [])
    assert locations(extract(read_literally, received)[1]) == [
        ("extra_forbidden", ("header", "x-token")),
        ("extra_forbidden", ("header", "x-tags")),
    ]
    assert extract(read, headers(("x_token", "1"))) == (
        {},
        [missing("header", "x-token", received={})],
    )
    received = headers(("x-token", "bad"), ("x-tags", "a"), ("x_alias", "z"), ("x-other", "1"))
    assert locations(extract(read, received)[1]) == [
        ("int_parsing", ("header", "x-token")),
        ("extra_forbidden", ("header", "x-other")),
    ]


def test_errors_of_header_models_name_what_was_sent() -> None:
    class Tokens(BaseModel):
        model_config = ConfigDict(validate_by_name=True)
        x_token: int = Declared(alias="Token")
        x_count: int = Declared("wrong", alias="Count", validate_default=True)

    def read(tokens: Annotated[Tokens, Header()]) -> None: ...

    assert locations(extract(read, headers(("x-token", "bad")))[1]) == [
        ("int_parsing", ("header", "x-token")),
        ("int_parsing", ("header", "x_count")),
    ]
    assert locations(extract(read, headers(("x-count", "1")))[1]) == [
        ("missing", ("header", "Token"))
    ]


def test_a_model_may_want_its_own_names_reported() -> None:
    class Tokens(BaseModel):
        model_config = ConfigDict(loc_by_alias=False)
        x_token: int
        count: int = Declared(alias="x_count")

    def read(tokens: Annotated[Tokens, Header()]) -> None: ...

    assert locations(extract(read, headers(("x-token", "bad")))[1]) == [
        ("int_parsing", ("header", "x_token")),
        ("missing", ("header", "count")),
    ]


def test_a_header_without_a_name_of_its_own_has_the_converted_one() -> None:
    def read(
        x_token: Annotated[int, Header(validation_alias=AliasPath("tokens", 0))],
        x_count: Annotated[int, Header(validation_alias=AliasChoices("n", AliasPath("m", 0)))],
    ) -> None: ...

    received = headers(("x-token", "1"), ("x-count", "2"), ("n", "3"))
    assert extract(read, received) == ({"x_token": 1, "x_count": 2}, [])


# --- optional models --------------------------------------------------------------------------


@pytest.mark.parametrize("extra", ["ignore", "allow", "forbid"])
def test_an_optional_model_is_absent_until_something_is_sent_for_it(extra: Any) -> None:
    class Model(BaseModel):
        model_config = ConfigDict(extra=extra)
        term: str = "default"

    def read(model: Annotated[Model | None, Query()] = None) -> None: ...

    assert query(read, "") == ({"model": None}, [])
    assert query(read, "term=") == ({"model": Model(term="")}, [])
    values, errors = query(read, "other=1")
    if extra == "ignore":
        assert (values, errors) == ({"model": None}, [])
    elif extra == "allow":
        assert values["model"].model_dump() == {"term": "default", "other": "1"}
    else:
        assert locations(errors) == [("extra_forbidden", ("query", "other"))]


def test_an_optional_model_is_complete_or_wrong() -> None:
    def read(filters: Annotated[Filters | None, Query()] = None) -> None: ...

    assert query(read, "limit=1") == ({}, [missing("query", "term", received={"limit": "1"})])


def test_a_nullable_model_without_default_is_required() -> None:
    def read(filters: Annotated[Filters | None, Query()]) -> None: ...

    assert query(read, "other=1") == ({}, [missing("query")])


def test_the_default_of_an_optional_model_is_fresh() -> None:
    default = Filters(term="default")

    def read(
        plain: Annotated[Filters | None, Query()] = default,
        checked: Annotated[Filters | None, Query(validate_default=True)] = "wrong",  # type: ignore[assignment]  # as users do
    ) -> None: ...

    values, errors = query(read, "")
    assert values == {"plain": default}
    assert values["plain"] is not default
    assert [error["loc"] for error in errors] == [("query",)]


def test_a_header_that_misses_the_conversion_does_not_supply_an_optional_model() -> None:
    class Tokens(BaseModel):
        model_config = ConfigDict(extra="forbid")
        x_token: str

    def read(tokens: Annotated[Tokens | None, Header()] = None) -> None: ...

    assert extract(read, headers(("x_token", "1"))) == ({"tokens": None}, [])
    assert extract(read, headers(("X-Token", "1"))) == ({"tokens": Tokens(x_token="1")}, [])


def test_cookie_models() -> None:
    class Cookies(BaseModel):
        session_id: str
        count: int = 1

    def read(
        cookies: Annotated[Cookies, Cookie()], other: Annotated[Filters | None, Cookie()] = None
    ) -> None: ...

    received = {"session_id": "", "count": "2"}
    assert extract(read, received) == (
        {"cookies": Cookies(session_id="", count=2), "other": None},
        [],
    )


# --- cost -------------------------------------------------------------------------------------


@pytest.mark.parametrize("location", ["query", "header"])
@pytest.mark.parametrize("extra", ["ignore", "allow", "forbid"])
@pytest.mark.parametrize("repeated", [False, True])
def test_what_was_received_is_gone_through_once_per_model(
    location: str, extra: Any, repeated: bool
) -> None:
    class Model(BaseModel):
        model_config = ConfigDict(extra=extra)
        value: str = "default"

    def read_query(data: Annotated[Model, Query()]) -> None: ...

    def read_headers(data: Annotated[Model, Header()]) -> None: ...

    names = ["unused" if repeated else f"unused-{number}" for number in range(100)]
    received: Any = MultiDict([(name, "1") for name in names])
    if location == "header":
        received = Headers(raw=[(name.encode(), b"1") for name in names])
    received._list = CountingList(received._list)
    extract(read_query if location == "query" else read_headers, received)
    assert received._list.visited <= 2 * len(names)
