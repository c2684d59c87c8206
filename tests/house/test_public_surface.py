"""Objects offer the attributes of FastAPI's, and few others: editors list every one of them."""

from __future__ import annotations

import importlib
from typing import Any

import pytest

#: Public attributes that FastAPI does not have, each with its reason.
DELIBERATE: dict[str, dict[str, str]] = {
    "app": {
        "add_event_handler": "the router has it, and so had Starlette before version 1",
        "error_headers": "an option of its own",
        "hardened": "an option of its own",
        "websocket_origins": "an option of its own",
        "health": "the probes of orchestrators",
        "inject": "dependencies in functions that no request calls",
        "max_json_size": "an option of its own",
        "resolve": "dependencies outside of a request",
        "scalar_parameters": "an option of its own",
        "scalar_url": "an option of its own",
        "validation_error_input": "an option of its own",
        "validation_error_responses": "an option of its own",
    },
    "router": {
        "auto_head": "an option of its own",
        "cache": "an option of its own",
        "max_json_size": "an option of its own",
        "websocket_origins": "an option of its own",
        "on_disconnect": "an option of its own",
        "timeout": "an option of its own",
    },
    "route": {
        "cache": "an option of its own",
        "max_json_size": "an option of its own",
        "on_disconnect": "an option of its own",
        "plan": "`pronghorn explain` as a function; see docs/how-to/explain-a-route.md",
        "timeout": "an option of its own",
    },
    "websocket_route": {
        "plan": "as for routes",
        "dependency_overrides_provider": "HTTP routes have it",
        "websocket_origins": "an option of its own",
    },
    "tasks": {"add_local": "stays in the process where an application keeps its tasks"},
}
PARAMETERS = ("Path", "Query", "Header", "Cookie", "Body", "Form", "File", "Depends", "Security")
SCHEMES = (
    "APIKeyCookie",
    "APIKeyHeader",
    "APIKeyQuery",
    "HTTPBasic",
    "HTTPBearer",
    "HTTPDigest",
    "OAuth2",
    "OAuth2AuthorizationCodeBearer",
    "OAuth2PasswordBearer",
    "OAuth2PasswordRequestForm",
    "OpenIdConnect",
    "SecurityScopes",
)


def objects_of(framework: str) -> dict[str, Any]:
    """Return one object of each kind that programs use, by its name."""
    root = importlib.import_module(framework)
    parameters = importlib.import_module(f"{framework}.params")
    security = importlib.import_module(f"{framework}.security")
    app, router = root.FastAPI(), root.APIRouter()

    @app.get("/items")
    def read_items() -> list[str]:
        return []

    @app.websocket("/echo")
    async def echo(websocket: Any) -> None: ...

    route, websocket_route = app.routes[-2:]
    objects = {
        "app": app,
        "router": router,
        "route": route,
        "websocket_route": websocket_route,
        "request": root.Request({"type": "http"}),
        "upload": root.UploadFile(None),
        "response": root.Response(),
        "error": root.HTTPException(404),
        "tasks": root.BackgroundTasks(),
    }
    objects |= {f"parameter {name}": getattr(parameters, name)() for name in PARAMETERS}
    return objects | {f"scheme {name}": getattr(security, name) for name in SCHEMES}


OURS, THEIRS = objects_of("pronghorn"), objects_of("fastapi")


def public(thing: Any) -> set[str]:
    """Return the attributes of an object without underscore."""
    return {name for name in dir(thing) if not name.startswith("_")}


@pytest.mark.parametrize("name", OURS)
def test_an_object_has_the_attributes_of_fastapi_and_few_others(name: str) -> None:
    ours, theirs = public(OURS[name]), public(THEIRS[name])
    assert ours - theirs == DELIBERATE.get(name, {}).keys()
    assert theirs - ours == set()
