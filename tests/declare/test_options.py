"""Options appear in signatures, are checked, are kept as attributes, and are combined."""

import inspect
import math
from typing import Any

import pytest
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse
from typing_extensions import Unpack

from pronghorn import APIRouter, Body, FastAPI, Header
from pronghorn._body_limit import validate_max_body_size
from pronghorn._form_limits import validate_form_limits
from pronghorn.core.typed_kwargs import expand_signature, option_defaults
from pronghorn.datastructures import Default
from pronghorn.declare.option_inheritance import (
    INHERIT,
    check_prefix,
    clean_options,
    combine_chain,
    combine_options,
)
from pronghorn.declare.options import (
    AppOptions,
    IncludeOptions,
    RouteOptions,
    RouterOptions,
)
from pronghorn.exceptions import SetupAssertionError, SetupTypeError, SetupValueError
from pronghorn.routing import APIRoute

CACHED = object()


class Surface:
    """Stands for an application: a method with options."""

    @expand_signature(RouteOptions)
    def get(self, path: str, **options: Unpack[RouteOptions]) -> dict[str, Any]:
        """Read."""
        return {"path": path, **options}


def test_signature_shows_the_options_with_their_defaults() -> None:
    parameters = inspect.signature(Surface.get).parameters
    assert list(parameters)[:2] == ["self", "path"]
    assert parameters.keys() - {"self", "path"} == RouteOptions.__annotations__.keys()
    assert parameters["status_code"].default is None
    assert parameters["status_code"].annotation == int | None
    assert parameters["response_description"].default == "Successful Response"
    assert parameters["response_class"].default == Default(JSONResponse)
    assert parameters["response_class"].annotation == type[JSONResponse.__base__]  # Response
    assert parameters["tags"].kind is inspect.Parameter.KEYWORD_ONLY


def test_only_what_was_written_is_passed_on() -> None:
    assert Surface().get("/", status_code=201) == {"path": "/", "status_code": 201}


def test_misspelled_option_is_refused_with_a_suggestion() -> None:
    with pytest.raises(TypeError, match="Did you mean 'response_model'") as caught:
        Surface().get("/", respons_model=int)  # type: ignore[call-arg]  # that is the point
    assert isinstance(caught.value, SetupTypeError)
    assert caught.value.got == ("Surface.get() got an unexpected keyword argument 'respons_model'")
    assert caught.value.where is not None
    assert __file__ in caught.value.where


def test_defaults_of_options() -> None:
    assert option_defaults(AppOptions)["title"] == "FastAPI"
    assert option_defaults(AppOptions)["strict_content_type"] is True
    assert option_defaults(RouterOptions)["strict_content_type"] == Default(True)
    assert option_defaults(RouterOptions)["redirect_slashes"] is True


def test_every_inherited_option_is_one_of_a_router() -> None:
    assert INHERIT.keys() <= RouterOptions.__annotations__.keys()
    assert IncludeOptions.__annotations__.keys() <= INHERIT.keys()


@pytest.mark.parametrize(
    ("name", "outer", "inner", "combined"),
    [
        ("prefix", "/a", "/b", "/a/b"),
        ("tags", ["a"], ["b", "a"], ["a", "b", "a"]),
        ("dependencies", (1,), [2], [1, 2]),
        ("callbacks", [1], [2], [1, 2]),
        ("responses", {1: "a", 2: "a"}, {2: "b"}, {1: "a", 2: "b"}),
        ("form_limits", {"max_files": 1}, {"max_fields": 2}, {"max_files": 1, "max_fields": 2}),
        ("form_limits", {"max_files": 1}, None, {"max_files": 1}),
        ("deprecated", True, False, True),
        ("deprecated", False, True, True),
        ("include_in_schema", False, True, False),
        ("include_in_schema", True, False, False),
        ("include_in_schema", True, True, True),
        ("default_response_class", HTMLResponse, JSONResponse, JSONResponse),
        ("default_response_class", HTMLResponse, Default(JSONResponse), HTMLResponse),
        ("default_response_class", Default(HTMLResponse), JSONResponse, JSONResponse),
        ("strict_content_type", True, False, False),
        ("strict_content_type", False, Default(True), False),
        ("max_body_size", 10, 20, 20),
        ("max_body_size", 10, 0, 0),
        ("max_body_size", 10, None, 10),
        ("max_body_size", None, 20, 20),
        ("timeout", 10, 20, 20),
        ("timeout", 10, None, 10),
        ("cache", CACHED, False, False),
        ("cache", CACHED, None, CACHED),
        ("on_disconnect", "cancel", "continue", "continue"),
        ("on_disconnect", "cancel", None, "cancel"),
    ],
)
def test_how_an_option_combines(name: str, outer: Any, inner: Any, combined: Any) -> None:
    assert combine_options({name: outer}, {name: inner}) == {name: combined}


def test_other_options_stay_where_they_are() -> None:
    outer = {"title": "Shop", "description": "Sells", "tags": ["a"]}
    inner = {"description": "Reads", "summary": "Read"}
    assert combine_options(outer, inner) == {**inner, "tags": ["a"]}


def test_combining_changes_neither_side() -> None:
    outer, inner = {"tags": ["a"]}, {"tags": ["b"]}
    combine_options(outer, inner)
    assert (outer, inner) == ({"tags": ["a"]}, {"tags": ["b"]})


def test_chain_reads_from_the_outside_inwards() -> None:
    app = {"default_response_class": HTMLResponse, "title": "Shop"}
    include = {"prefix": "/v1", "tags": ["v1"]}
    router = {"prefix": "/items", "tags": ["items"], "default_response_class": PlainTextResponse}
    route = {"summary": "Read", "response_class": Default(JSONResponse)}
    combined = combine_chain([app, include, router, route])
    assert combined["prefix"] == "/v1/items"
    assert combined["tags"] == ["v1", "items"]
    assert combined["summary"] == "Read"
    assert combined["response_class"] is PlainTextResponse
    assert combine_chain([app, {"response_class": JSONResponse}])["response_class"] is JSONResponse
    assert combine_chain([{}, {"response_class": Default(JSONResponse)}]) == {}


def test_written_options_are_kept_without_placeholders() -> None:
    limits = {"max_files": 1}
    kept = clean_options({"response_model": Default(None), "tags": None, "form_limits": limits})
    limits["max_files"] = 2
    assert kept == {"tags": None, "form_limits": {"max_files": 1}}


@pytest.mark.parametrize("timeout", [0, -1, True, "30", math.nan, [1]])
def test_a_timeout_is_a_number_above_zero(timeout: Any) -> None:
    with pytest.raises(SetupValueError, match="number of seconds above 0"):
        clean_options({"timeout": timeout})
    assert clean_options({"timeout": math.inf}) == {"timeout": math.inf}


def test_a_route_class_of_the_program_gets_what_fastapi_passes() -> None:
    """Its constructor need not know the options that FastAPI does not have."""
    seen: list[set[str]] = []

    class OwnRoute(APIRoute):
        def __init__(self, path: str, endpoint: Any, **options: Any) -> None:
            seen.append(set(options))
            super().__init__(path, endpoint, **options)

    router = APIRouter(route_class=OwnRoute, timeout=5, on_disconnect="cancel")

    @router.get("/", timeout=3)
    async def endpoint() -> None: ...

    route: Any = router.routes[0]
    assert (route.timeout, route.on_disconnect) == (3, "cancel")
    assert seen[0].isdisjoint({"timeout", "on_disconnect"})


@pytest.mark.parametrize("limit", [-1, True, 1.0, "1"])
def test_body_limit_is_a_number_of_bytes(limit: Any) -> None:
    with pytest.raises(SetupValueError, match="non-negative integer or None"):
        clean_options({"max_body_size": limit})
    assert validate_max_body_size(0) == 0
    assert validate_max_body_size(None) is None


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        ({"max_fields": -1}, "max_fields"),
        ({"max_files": True}, "max_files"),
        ({"max_part_size": "1"}, "max_part_size"),
        ({"max_parts": 1}, "max_parts"),
        ([], "dictionary"),
    ],
)
def test_form_limits_are_strict(limits: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        clean_options({"form_limits": limits})


def test_no_form_limits_are_an_empty_mapping() -> None:
    assert validate_form_limits(None) == {}


@pytest.mark.parametrize("prefix", ["", "/items", "/{shop}/items"])
def test_prefix_that_fits_before_a_path(prefix: str) -> None:
    assert check_prefix(prefix) == prefix


@pytest.mark.parametrize(
    ("prefix", "message", "write"),
    [
        ("items/", "must start with '/'", "prefix='/items'"),
        ("/items/", "must not end with '/'", "prefix='/items'"),
        ("/", "must not end with '/'", "prefix=''"),
    ],
)
def test_prefix_that_does_not_fit(prefix: str, message: str, write: str) -> None:
    with pytest.raises(SetupAssertionError, match=message) as caught:
        check_prefix(prefix)
    assert caught.value.write == write


@pytest.mark.parametrize(
    ("function", "first"),
    [
        (FastAPI.get, "self path response_model status_code tags dependencies summary"),
        (APIRouter.api_route, "self path methods response_model status_code tags dependencies"),
        (APIRouter.include_router, "self router prefix tags dependencies"),
        (APIRouter.__init__, "self prefix tags dependencies"),
        (FastAPI.__init__, "self title summary description version"),
        (Body, "default embed media_type default_factory alias"),
        (Header, "default convert_underscores default_factory alias"),
    ],
)
def test_options_are_listed_in_the_order_of_use(function: Any, first: str) -> None:
    names = list(inspect.signature(function).parameters)
    assert names[: len(first.split())] == first.split()
