"""Compare two responses, apart from the intended differences."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import unquote_to_bytes

from tests.differential.engines import Program
from tests.differential.exchanges import Answer, Request, document


def differences(request: Request, reference: Answer, candidate: Answer) -> list[str]:
    """Every difference as a line; none if all of them are known ones."""
    if any(known(request, reference, candidate) for known in INTENDED):
        return []
    theirs, ours = _comparable(reference), _comparable(candidate)
    return [line for name in theirs for line in _unequal(theirs[name], ours[name], name)]


def automatic_head(request: Request, reference: Answer, candidate: Answer) -> bool:
    """FastAPI answers 405 to HEAD; pronghorn answers it for every GET route."""
    return request.method == "HEAD" and reference.status == 405


def unwritable(request: Request, reference: Answer, candidate: Answer) -> bool:
    """FastAPI answers 500 where an answer holds NaN, an infinity or a lone surrogate.

    Pronghorn writes a lone surrogate as an escape, and `null` for the others.
    """
    error = reference.error or ""
    if "surrogates not allowed" in error or b"surrogates not allowed" in reference.body:
        return candidate.error is None
    if "response already started" in error:  # An error handler had to answer that error too.
        return candidate.status == 422 and reference.status == 500
    return candidate.error is None and error.startswith("ValueError: Out of range float values")


def too_deep(request: Request, reference: Answer, candidate: Answer) -> bool:
    """FastAPI reads JSON of more than 201 levels, and answers 500 where it has to write it."""
    body = b"".join(request.chunks)
    return candidate.status == 400 and (b"[" * 202 in body or b"{" * 202 in body)


def endless_number(request: Request, reference: Answer, candidate: Answer) -> bool:
    """FastAPI answers 500 to `{number:int}` with more digits than Python converts (4300)."""
    too_long = (reference.error or "").startswith("ValueError: Exceeds the limit (4300 digits)")
    return too_long and candidate.status in (404, 405, 422)


def undecodable(request: Request, reference: Answer, candidate: Answer) -> bool:
    """FastAPI answers 500 where it redirects and the query is no UTF-8."""
    error = reference.error or ""
    return candidate.status == 307 and error.startswith("UnicodeDecodeError: 'utf-8' codec")


def early_stream_error(request: Request, reference: Answer, candidate: Answer) -> bool:
    """A stream that fails before its first item.

    FastAPI has sent the head of the answer by then; here it waits for the first item.
    """
    began = reference.status == 200 and reference.body == b"" and reference.error is not None
    return began and candidate.status != 200


def events_before_an_error(request: Request, reference: Answer, candidate: Answer) -> bool:
    """A stream of server-sent events that fails: what came before the error is sent.

    FastAPI makes and sends items in two tasks, and the error ends the second before it has sent
    what the first has made.
    """
    both_failed = reference.error is not None and candidate.error is not None
    is_stream = (b"content-type", b"text/event-stream; charset=utf-8") in reference.headers
    return both_failed and is_stream and candidate.body.startswith(reference.body)


def refused_by_length(request: Request, reference: Answer, candidate: Answer) -> bool:
    """A body that declares too great a length is refused before the route is run."""
    return reference.status == candidate.status == 413


#: Differences that are meant, each with its reason; docs/explain/differences.md tells users.
INTENDED = (
    automatic_head,
    unwritable,
    too_deep,
    endless_number,
    undecodable,
    early_stream_error,
    events_before_an_error,
    refused_by_length,
)


def _comparable(answer: Answer) -> dict[str, object]:
    """An answer as far as both engines must agree on it."""
    found: dict[str, Any] = {
        "status": answer.status,
        "headers": _headers(answer),
        "body": answer.body,
        "error": ADDRESS.sub("0x", answer.error or ""),
        "trace": [list(item) for item in answer.trace],
    }
    return once(found) if answer.status == 422 else found


def _headers(answer: Answer) -> list[list[str]]:
    """The headers; the order of different names says nothing (RFC 9110, section 5.3)."""
    headers = [_header(*item) for item in answer.headers]
    return sorted(headers, key=lambda header: header[0])


def _header(name: bytes, value: bytes) -> list[str]:
    """A header without what is meant to differ.

    HEAD is allowed where GET is; redirects to the path with or without its last slash are
    relative, and keep the escapes that were sent.
    """
    if name == b"allow":
        allowed = sorted({*value.decode("latin-1").split(", ")} - {"HEAD"})
        return ["allow", ", ".join(allowed)]
    if name == b"location":
        value = unquote_to_bytes(value.removeprefix(b"http://testserver"))
    return [name.decode("latin-1"), value.decode("latin-1")]


#: Where an object is in memory.
ADDRESS = re.compile(r"0x[0-9a-f]{6,}")


def once(found: dict[str, Any]) -> dict[str, object]:
    """Errors of a dependency that is used several times.

    FastAPI reports them once for each use, pronghorn once: a cached dependency is validated once.
    """
    try:
        body = json.loads(found["body"])
    except ValueError:
        return found
    if not isinstance(body, dict) or not isinstance(body.get("detail"), list):
        return found
    distinct = {json.dumps(item, sort_keys=True): item for item in body["detail"]}
    headers = [item for item in found["headers"] if item[0] != "content-length"]
    return {**found, "body": {**body, "detail": list(distinct.values())}, "headers": headers}


def document_differences(reference: Program, candidate: Program) -> list[str]:
    """What the two OpenAPI documents do not have in common, as paths into them."""
    theirs, ours = document(reference), document(candidate)
    try:
        theirs, ours = _without_unused(theirs), _without_unused(ours)
    except json.JSONDecodeError:
        return [] if theirs == ours else [f"{ours[:500]!r} instead of {theirs[:500]!r}"]
    if theirs == ours:
        return []
    found = _unequal(json.loads(theirs), json.loads(ours), "")
    return found or ["only the order differs"]


def _without_unused(text: str) -> str:
    """A document without components that nothing refers to.

    FastAPI leaves the items of a stream there when a route is included where it is no stream.
    """
    found = json.loads(text)
    schemas = found.get("components", {}).get("schemas", {})
    for name in list(schemas):
        others = {
            **found,
            "components": {key: item for key, item in schemas.items() if key != name},
        }
        if f'"#/components/schemas/{name}"' not in json.dumps(others):
            del schemas[name]
    return json.dumps(found)


def _unequal(theirs: object, ours: object, place: str) -> list[str]:
    if isinstance(theirs, dict) and isinstance(ours, dict):
        keys = {**theirs, **ours}
        missing = object()
        return [
            line
            for key in keys
            for line in _unequal(theirs.get(key, missing), ours.get(key, missing), f"{place}/{key}")
        ]
    if isinstance(theirs, list) and isinstance(ours, list) and len(theirs) == len(ours):
        pairs = enumerate(zip(theirs, ours, strict=True))
        return [line for i, (a, b) in pairs for line in _unequal(a, b, f"{place}/{i}")]
    return [] if theirs == ours else [f"{place}: {ours!r} instead of {theirs!r}"]
