"""Editors show every option in an unfinished call, with default and documentation."""

from __future__ import annotations

from functools import cache

import pytest

from tests.typing.conftest import Editors
from tests.typing.editing import CALLS, DOCUMENTED, OBJECTS, Shown
from tests.typing.report import write_section

pytestmark = pytest.mark.timeout(300)

EDITORS = ("jedi", "pyright")
#: Options that end an endpoint early.
ENDING = {"timeout", "on_disconnect"}
#: Options of all routes, and of what gives them options.
OF_ROUTES = {"cache", "max_json_size", *ENDING}
#: Keywords that FastAPI does not have.
OURS = {
    "FastAPI(": {
        "auto_head",
        "background_tasks",
        "error_headers",
        "hardened",
        "jobs",
        "max_json_size",
        "scalar_parameters",
        "scalar_url",
        "validation_error_input",
        "validation_error_responses",
        "websocket_origins",
        *OF_ROUTES,
    },
    "APIRouter(": {"auto_head", "websocket_origins", *OF_ROUTES},
    "app.get(": {*OF_ROUTES},
    "@router.post(": {*OF_ROUTES},
    "@app.websocket(": {"websocket_origins"},
    "app.include_router(": {"websocket_origins", *OF_ROUTES},
    "@app.api_route(": {"callbacks", *OF_ROUTES},
    "app.add_api_route(": {
        "callbacks",
        "route_class_override",
        "strict_content_type",
        *OF_ROUTES,
    },
}
#: Attributes that FastAPI does not have: `tests/house/test_public_surface.py` gives the reasons.
OUR_ATTRIBUTES = {
    "app.": {
        "add_event_handler",
        "error_headers",
        "hardened",
        "health",
        "inject",
        "max_json_size",
        "resolve",
        "scalar_parameters",
        "scalar_url",
        "validation_error_input",
        "validation_error_responses",
        "websocket_origins",
    },
    "router.": {"auto_head", "cache", "max_json_size", "websocket_origins", *ENDING},
    "route.": {"plan", *OF_ROUTES},
    "websocket_route.": {"dependency_overrides_provider", "plan", "websocket_origins"},
}
#: The only default that is written as `...`: a part of a path has none.
WITHOUT_DEFAULT = {"Path(": {"default"}}
#: Options of which each call is expected to offer some, whatever FastAPI offers.
EXPECTED = {
    "app.get(": {"response_model", "status_code", "max_body_size", "form_limits", "timeout"},
    "@router.post(": {"response_model", "status_code", "max_body_size", "form_limits", "timeout"},
    "@app.api_route(": {"methods", "response_model", "max_body_size", "form_limits", "timeout"},
    "app.add_api_route(": {"endpoint", "methods", "response_model", "form_limits"},
    "@app.websocket(": {"path", "name", "dependencies"},
    "app.include_router(": {"router", "prefix", "tags", "max_body_size", "form_limits", "timeout"},
    "FastAPI(": {
        "title",
        "lifespan",
        "telemetry",
        "max_body_size",
        "form_limits",
        "timeout",
        "auto_head",
    },
    "APIRouter(": {"prefix", "route_class", "max_body_size", "form_limits", "timeout", "auto_head"},
    "Depends(": {"use_cache", "scope", "max_concurrency"},
    "Security(": {"scopes", "use_cache"},
}


@pytest.fixture(scope="session")
def shown(editors: Editors) -> dict[tuple[str, str, str], Shown]:
    """What each editor shows in each call, by framework, editor and call."""
    return {
        (framework, editor, name): one.show(code)
        for editor, by_framework in editors.items()
        for framework, one in by_framework.items()
        for name, code in CALLS.items()
    }


Everything = dict[tuple[str, str, str], Shown]


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("editor", EDITORS)
def test_every_keyword_is_offered(shown: Everything, editor: str, call: str) -> None:
    ours, theirs = shown["pronghorn", editor, call], shown["fastapi", editor, call]
    assert ours.keywords >= theirs.keywords | EXPECTED.get(call, set())
    assert ours.keywords - theirs.keywords == OURS.get(call, set())
    assert ours.keywords <= set(ours.parameters)


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("editor", EDITORS)
def test_every_default_is_shown(shown: Everything, editor: str, call: str) -> None:
    assert shown["pronghorn", editor, call].without_default == WITHOUT_DEFAULT.get(call, set())


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("editor", EDITORS)
def test_the_documentation_of_every_keyword_is_shown(
    shown: Everything, editor: str, call: str
) -> None:
    ours = shown["pronghorn", editor, call]
    assert ours.keywords - ours.documented == set()


@pytest.mark.parametrize("editor", EDITORS)
@pytest.mark.parametrize("call", ["app.get(", "@router.post("])
def test_usual_options_come_first(shown: Everything, editor: str, call: str) -> None:
    ours, theirs = shown["pronghorn", editor, call], shown["fastapi", editor, call]
    first = ["path", "response_model", "status_code", "tags", "dependencies", "summary"]
    assert ours.parameters[: len(first)] == theirs.parameters[: len(first)] == first


@pytest.mark.parametrize("of", OBJECTS)
@pytest.mark.parametrize("editor", EDITORS)
def test_attributes_are_those_of_fastapi(editors: Editors, editor: str, of: str) -> None:
    ours = editors[editor]["pronghorn"].attributes(OBJECTS[of])
    theirs = editors[editor]["fastapi"].attributes(OBJECTS[of])
    assert len(theirs) > 5
    assert (ours - theirs, theirs - ours) == (OUR_ATTRIBUTES.get(of, set()), set())


@pytest.mark.parametrize("name", DOCUMENTED)
@pytest.mark.parametrize("editor", EDITORS)
def test_documentation_has_an_example(editors: Editors, editor: str, name: str) -> None:
    text = editors[editor]["pronghorn"].documentation(name)
    assert "Example" in text
    assert f"{name}(" in text.partition("Example")[2]


@pytest.mark.parametrize("editor", EDITORS)
@pytest.mark.parametrize("call", ["app.get", "router.post", "app.websocket", "app.include_router"])
def test_documentation_of_a_method_has_its_options(
    editors: Editors, editor: str, call: str
) -> None:
    text = editors[editor]["pronghorn"].documentation(call).replace("\\_", "_")
    assert "Example" in text
    assert "Dependencies that run first" in text


def test_the_table_is_written(shown: Everything) -> None:
    @cache
    def row(framework: str, call: str) -> list[int]:
        by_editor = [shown[framework, editor, call] for editor in EDITORS]
        return [len(each) for one in by_editor for each in (one.keywords, one.documented)]

    of_editors = [f"{editor}: keywords offered | with documentation" for editor in EDITORS]
    lines = [f"| in the call | {' | '.join(of_editors)} |", "|---|---:|---:|---:|---:|"]
    for call in CALLS:
        pairs = zip(row("fastapi", call), row("pronghorn", call), strict=True)
        cells = (f"{theirs} / {ours}" for theirs, ours in pairs)
        lines.append(f"| `{call}` | {' | '.join(cells)} |")
    path = write_section("editors", lines)
    assert path.read_text(encoding="utf-8").count("| `app.get(` |") == 1
