"""The limits and settings that are in effect, as `pronghorn check` prints them.

A new limit is one more line in `SETTINGS`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from functools import partial
from math import inf
from typing import Any, NamedTuple

from pronghorn.adapters.server_limits import JSON_BODY, UPLOAD, ServerLimits
from pronghorn.cli.audited import Program
from pronghorn.cli.jobs_find import list_known
from pronghorn.compile.origins import origins_of
from pronghorn.devtools.inventory import Listed
from pronghorn.run.origins import ANY

__all__ = ["SETTINGS", "Setting", "find_unlimited", "read_settings"]

_WITH_BODY = frozenset({"POST", "PUT", "PATCH", "ANY"})
_NO_LIMIT = "unlimited"


class Setting(NamedTuple):
    """One limit or setting.

    Attributes:
        name: What it limits.
        read: Returns its value for a program, as text; empty to leave it out.
        write: What to write to change it.
    """

    name: str
    read: Callable[[Program], str]
    write: str


def read_settings(program: Program) -> Iterator[tuple[str, str, str]]:
    """Yield name, value and what to write for each setting of a program."""
    for setting in SETTINGS:
        if value := setting.read(program):
            yield setting.name, value, setting.write


def find_unlimited(program: Program) -> list[Listed]:
    """Return the routes that read bodies of any size."""
    layers = program.layers_of("starlette.middleware.body_limit", "RequestBodyLimitMiddleware")
    limited = {id(layer.app) for layer in layers}
    return [
        listed
        for listed in program.routes
        if listed.row.kind == "http"
        and _WITH_BODY.intersection(listed.methods)
        and _body_limit(listed) is None
        and not limited.intersection(map(id, listed.apps))
        and not any(getattr(app, "hardened", False) for app in listed.apps)
    ]


def _body_limit(listed: Listed) -> int | None:
    """Return the innermost limit of a route; its own, else that of an application around it."""
    for owner in (listed.route, *reversed(listed.apps)):
        for one in (owner, getattr(owner, "router", None)):
            limit: int | None = getattr(one, "max_body_size", None)
            if limit is not None:
                return limit
    return None


def _read_bodies(default: int, options: tuple[str, ...], program: Program) -> str:
    """Return the limit of bodies as `run` holds it, and what it is elsewhere."""
    values = (getattr(program.app, option, None) for option in options)
    found = [limit for limit in values if limit is not None]
    if found:
        return f"{min(found):,} bytes"
    if getattr(program.app, "hardened", False):
        return f"{default:,} bytes"
    unlimited = len(find_unlimited(program))
    elsewhere = f"{_NO_LIMIT} in {_count(unlimited, 'route')}" if unlimited else "by the routes"
    return f"{default:,} bytes by run, else {elsewhere}"


def _read_limit(name: str, unit: str, program: Program) -> str:
    """Return a limit that `pronghorn run` holds without an option."""
    del program
    value = getattr(ServerLimits(), name)
    return f"{value:,.10g} {unit}" if value else _NO_LIMIT


def _read_timeout(program: Program) -> str:
    limit: float | None = getattr(getattr(program.app, "router", None), "timeout", None)
    return _NO_LIMIT if limit in (None, inf) else f"{limit:g} seconds"


def _read_departures(program: Program) -> str:
    router = getattr(program.app, "router", None)
    return "cancel" if getattr(router, "on_disconnect", None) == "cancel" else "continue"


def _read_forms(name: str, default: int, program: Program) -> str:
    limits = getattr(getattr(program.app, "router", None), "form_limits", None) or {}
    return f"{limits.get(name, default):,}"


def checks_origin(listed: Listed) -> bool:
    """Return whether a WebSocket route, or an application around it, allows some origins only."""
    for owner in (listed.route, *listed.apps):
        application = getattr(owner, "dependency_overrides_provider", owner)
        allowed = origins_of(owner, application)
        if allowed is not None:
            return ANY not in allowed
    return False


def _read_origins(program: Program) -> str:
    allowed = origins_of(program.app, program.app)
    return "any" if allowed is None else ", ".join(allowed) or "none"


def _read_server(name: str, unit: str, program: Program) -> str:
    """Return a default of uvicorn, which `pronghorn run` does not change."""
    del program
    import uvicorn

    value = inspect.signature(uvicorn.Config).parameters[name].default
    return _NO_LIMIT if value is None else f"{value:,} {unit}"


def _read_deadline(field: str, program: Program) -> str:
    """Return a default of `pronghorn run` in seconds."""
    del program
    return f"{getattr(ServerLimits(), field):g} seconds"


def _read_rate(program: Program) -> str:
    del program
    limits = ServerLimits()
    return f"{limits.body_rate:,} bytes per second after {limits.body_grace:g} seconds"


def _read_for_requests(program: Program) -> str:
    del program
    from pronghorn.adapters.uvicorn.server import FOR_REQUESTS

    return f"{FOR_REQUESTS:g} seconds"


def _read_switch(name: str, program: Program) -> str:
    return "on" if any(getattr(one, name, False) for one in program.apps) else "off"


def _read_hardened(program: Program) -> str:
    """Return whether the application is hardened, which counts for those mounted in it, too."""
    if getattr(program.app, "hardened", False):
        return "on"
    inside = [program.prefix_of(app) for app in program.apps if getattr(app, "hardened", False)]
    return f"only in {', '.join(inside)}" if inside else "off"


def _read_shown_input(program: Program) -> str:
    """Return what errors repeat, of each application that says it; others mask secrets."""
    found = {getattr(app, "validation_error_input", None) or "mask" for app in program.apps}
    words = {"mask": "secrets masked", "all": "repeated as sent", "none": "left out"}
    return ", ".join(words[each] for each in words if each in found)


def _read_docs(program: Program) -> str:
    open_at = [url for app in program.apps for url in docs_of(app, program.prefix_of(app))]
    return ", ".join(open_at) or "none"


def docs_of(app: Any, prefix: str = "") -> list[str]:
    """Return the paths at which an application shows its documentation, pages and document.

    Args:
        app: The application.
        prefix: The prefix of the mounts around it.
    """
    if not getattr(app, "openapi_url", None):
        return []
    names = ("docs_url", "redoc_url", "scalar_url", "openapi_url")
    return [prefix + url for url in (getattr(app, name, None) for name in names) if url]


def _read_hosts(program: Program) -> str:
    layers = program.layers_of("starlette.middleware.trustedhost", "TrustedHostMiddleware")
    hosts = [host for layer in layers for host in layer.arguments.get("allowed_hosts") or ["*"]]
    return "any" if not hosts or "*" in hosts else ", ".join(hosts)


def _read_environment(program: Program) -> str:
    return program.environment or "not named"


def _read_jobs(program: Program) -> str:
    """Return the queues of the jobs of a program; empty if it has none."""
    del program
    names = [name for jobs in list_known() for name in sorted(jobs.queues)]
    return f"in the queues {', '.join(names)}" if names else ""


def _count(number: int, what: str) -> str:
    return f"1 {what}" if number == 1 else f"{number} {what}s"


SETTINGS: tuple[Setting, ...] = (
    Setting("environment", _read_environment, "FASTAPI_ENV=production"),
    Setting("debug", partial(_read_switch, "debug"), "FastAPI(debug=...)"),
    Setting("documentation", _read_docs, "FastAPI(openapi_url=..., docs_url=...)"),
    Setting("hosts", _read_hosts, "TrustedHostMiddleware(allowed_hosts=[...])"),
    Setting("hardened", _read_hardened, "FastAPI(hardened=...)"),
    Setting(
        "request line", partial(_read_limit, "request_line", "bytes"), "run --max-request-line"
    ),
    Setting("header fields", partial(_read_limit, "head", "bytes"), "run --max-header-size"),
    Setting(
        "header count",
        partial(_read_limit, "header_count", "fields"),
        "run --max-header-count",
    ),
    Setting(
        "query parameters",
        partial(_read_limit, "parameters", "parameters"),
        "run --max-parameters",
    ),
    Setting(
        "request body",
        partial(_read_bodies, JSON_BODY, ("max_body_size", "max_json_size")),
        "FastAPI(max_json_size=...)",
    ),
    Setting(
        "upload", partial(_read_bodies, UPLOAD, ("max_body_size",)), "FastAPI(max_body_size=...)"
    ),
    Setting(
        "input in errors",
        _read_shown_input,
        'FastAPI(validation_error_input="none")',
    ),
    Setting(
        "form fields",
        partial(_read_forms, "max_fields", 1000),
        'FastAPI(form_limits={"max_fields": ...})',
    ),
    Setting(
        "form files",
        partial(_read_forms, "max_files", 1000),
        'FastAPI(form_limits={"max_files": ...})',
    ),
    Setting(
        "bytes of a form field",
        partial(_read_forms, "max_part_size", 1_048_576),
        'FastAPI(form_limits={"max_part_size": ...})',
    ),
    Setting("WebSocket origins", _read_origins, "FastAPI(websocket_origins=[...])"),
    Setting("time of an endpoint", _read_timeout, "FastAPI(timeout=...)"),
    Setting("client that leaves", _read_departures, 'FastAPI(on_disconnect="cancel")'),
    Setting(
        "WebSocket message",
        partial(_read_limit, "websocket_message", "bytes"),
        "run --ws-max-size",
    ),
    Setting(
        "WebSocket read-ahead",
        partial(_read_limit, "websocket_queue", "messages"),
        "run --ws-max-queue",
    ),
    Setting(
        "WebSocket pings",
        partial(_read_limit, "websocket_ping_interval", "seconds"),
        "run --ws-ping-interval",
    ),
    Setting(
        "WebSocket ping answer",
        partial(_read_limit, "websocket_ping_timeout", "seconds"),
        "run --ws-ping-timeout",
    ),
    Setting(
        "idle connection",
        partial(_read_server, "timeout_keep_alive", "seconds"),
        "run --timeout-keep-alive",
    ),
    Setting("head of a request", partial(_read_deadline, "head_timeout"), "run --timeout-head"),
    Setting("rate of a body", _read_rate, "run --min-body-rate, --timeout-body"),
    Setting("response not taken", partial(_read_deadline, "send_timeout"), "run --timeout-send"),
    Setting(
        "concurrent requests",
        partial(_read_server, "limit_concurrency", "requests"),
        "run --limit-concurrency",
    ),
    Setting("drain at shutdown", partial(_read_deadline, "drain"), "run --drain"),
    Setting("requests at shutdown", _read_for_requests, "run --timeout-graceful-shutdown"),
    Setting("jobs", _read_jobs, "pronghorn jobs run, or run --jobs"),
)
"""The table, in the order in which it is printed."""
