"""Patterns of paths are compiled late, and are those of Starlette."""

import re
from typing import Any

import pytest
from starlette.convertors import StringConvertor, register_url_convertor
from starlette.routing import compile_path

from pronghorn import APIRouter, FastAPI
from pronghorn.path_patterns import path_format_of

PATHS = ["/", "/a.b/c", "/{x}", "/a/{x:int}/b/{y:path}", "/{x}-{y:uuid}.{z:float}", "/{x:str}/"]


@pytest.mark.parametrize("path", PATHS)
def test_format_and_convertors_are_starlettes(path: str) -> None:
    _, path_format, convertors = compile_path(path)
    assert path_format_of(path) == (path_format, convertors)


@pytest.mark.parametrize("path", ["", "host", "/{x}/{x}", "/{x:unknown}"])
def test_what_could_fail_or_means_something_else_is_left_to_starlette(path: str) -> None:
    assert path_format_of(path) is None


def test_convertors_of_the_program_are_checked_when_they_are_declared() -> None:
    class Odd(StringConvertor):
        regex = "("

    register_url_convertor("odd", Odd())
    with pytest.raises(re.error):
        FastAPI().get("/{x:odd}")(lambda x: x)


@pytest.mark.parametrize("path", PATHS)
def test_a_route_has_its_pattern_when_somebody_asks(path: str) -> None:
    router = APIRouter()
    router.get(path)(lambda: None)
    route: Any = router.routes[0]
    assert "path_regex" not in vars(route)
    assert route.path_regex == compile_path(path)[0]
    assert route.path_regex is route.path_regex


def test_assigning_the_path_alone_does_not_change_what_matches() -> None:
    app = FastAPI(openapi_url=None)
    app.get("/old/{x}")(lambda x: x)
    route: Any = app.routes[0]
    route.path = "/new/{x}"
    assert route.path_regex == compile_path("/old/{x}")[0]
    route.path_regex = re.compile("^/other$")
    assert route.path_regex.pattern == "^/other$"
