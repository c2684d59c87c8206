"""List the parts of a program that a comparison does not cover, and say why."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from pronghorn.cli.diff_generate import operations_of
from pronghorn.cli.diff_labels import matches
from pronghorn.cli.diff_report import LeftOut
from pronghorn.cli.diff_requests import SAFE_METHODS, Request

__all__ = ["list_ungenerated", "list_unrecorded", "list_undocumented"]

_CHANGES = "POST, PUT, PATCH and DELETE may change data"


def list_ungenerated(document: Mapping[str, Any], count: int, *, unsafe: bool) -> Iterator[LeftOut]:
    """Yield the operations of a document that no request was generated for.

    Args:
        document: The OpenAPI document.
        count: The number of requests that were wanted.
        unsafe: Methods that change something were included.
    """
    operations = operations_of(document)
    changing = [_label(one) for one in operations if one[0] not in SAFE_METHODS and not unsafe]
    chosen = [_label(one) for one in operations if unsafe or one[0] in SAFE_METHODS]
    paths = document.get("paths", {})
    traces = [f"TRACE {path}" for path, item in paths.items() if "trace" in item]
    if changing:
        remedy = "Add --unsafe to send them too, with data that may be lost."
        yield LeftOut("operation", len(changing), _CHANGES, changing, remedy)
    if chosen[count:]:
        remedy = f"Add --requests {len(chosen)} or more."
        reason = f"only {count} {'request was' if count == 1 else 'requests were'} wanted"
        yield LeftOut("operation", len(chosen[count:]), reason, chosen[count:], remedy)
    if traces:
        yield LeftOut("operation", len(traces), "clients do not send TRACE", traces)


def list_unrecorded(
    document: Mapping[str, Any],
    recorded: Sequence[Request],
    asked: Collection[str],
    *,
    unsafe: bool,
) -> Iterator[LeftOut]:
    """Yield the recorded requests that were not sent, and the operations that nobody asked for.

    Args:
        document: The OpenAPI document.
        recorded: The requests of the file.
        asked: Method and path of the operations that were asked for.
        unsafe: Methods that change something were included.
    """
    changing = [one for one in recorded if one.method not in SAFE_METHODS and not unsafe]
    if changing:
        names = list(dict.fromkeys(f"{one.method} {one.path}" for one in changing))
        remedy = "Add --unsafe to send them too, with data that may be lost."
        yield LeftOut("request", len(changing), _CHANGES, names, remedy)
    absent = [
        label
        for method, path in operations_of(document)
        if (label := f"{method} {path}") not in asked
        and not any(one.method == method and matches(path, one.path) for one in changing)
    ]
    if absent:
        reason = "the file does not ask for more"
        yield LeftOut("operation", len(absent), reason, absent)


def list_undocumented(
    others: Mapping[str, Sequence[str]], asked: Collection[str]
) -> Iterator[LeftOut]:
    """Yield the routes that the document does not describe.

    Args:
        others: Their paths: those of WebSockets, those of mounts, and the hidden ones.
        asked: Method and path of what was asked for all the same.
    """
    sockets, mounts = others.get("websocket", ()), others.get("mount", ())
    hidden = [label for label in others.get("hidden", ()) if label not in asked]
    if sockets:
        yield LeftOut("WebSocket route", len(sockets), "only HTTP is compared", sockets)
    if mounts:
        reason = "the document ends there"
        remedy = "Name a mounted app with --app or --entrypoint, or replay requests with --har."
        yield LeftOut("mount", len(mounts), reason, mounts, remedy)
    if hidden:
        pronoun = "it is" if len(hidden) == 1 else "they are"
        reason = f"{pronoun} not in the document"
        yield LeftOut("route", len(hidden), reason, hidden, "Replay requests with --har.")


def _label(operation: tuple[str, str]) -> str:
    return " ".join(operation)
