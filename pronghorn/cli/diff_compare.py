"""Compare two documents or two responses, and tell intended differences from others."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pronghorn.cli.diff_engines import Answer
from pronghorn.cli.diff_requests import Request

__all__ = ["ABSENT", "Comparison", "Difference", "compare", "differences"]

ABSENT = "(absent)"
"""Stands for a value that one side does not have."""

# They contain the time, or follow from the body.
_IGNORED_HEADERS = frozenset({"date", "content-length", "server"})
# What `itsdangerous` signs with the second, as sessions are: a text, the time, the signature.
_SIGNED_WITH_TIME = re.compile(r"(=[\w+/=-]*)\.[\w-]{6}\.[\w-]{27}(?=;|$)")


@dataclass(frozen=True)
class Difference:
    """One place at which FastAPI and pronghorn disagree.

    Attributes:
        place: `status`, `header NAME`, `error`, or `body` and the way into it.
        theirs: What FastAPI has there, as text.
        ours: What pronghorn has there, as text.
    """

    place: str
    theirs: str
    ours: str


@dataclass
class Comparison:
    """The outcome for one request.

    Attributes:
        found: The differences.
        meant: Reasons of differences that are left out because they are intended.
        varies: Places left out because FastAPI's own responses differ each time.
    """

    found: list[Difference] = field(default_factory=list)
    meant: list[str] = field(default_factory=list)
    varies: set[str] = field(default_factory=set)


def compare(request: Request, theirs: Sequence[Answer], ours: Answer) -> Comparison:
    """Compare the responses to one request.

    Args:
        request: The request.
        theirs: FastAPI's responses: one, or several to the same request.
        ours: Pronghorn's response.
    """
    comparison = Comparison()
    reference, ours = _without_what_is_meant(request, theirs[0], ours, comparison.meant)
    reference, ours = _without_times(reference, ours, comparison.varies)
    for again in theirs[1:]:
        comparison.varies |= {item.place for item in answer_differences(theirs[0], again)}
    comparison.found = [
        item
        for item in answer_differences(reference, ours)
        if not any(f"{item.place} ".startswith(f"{place} ") for place in comparison.varies)
    ]
    return comparison


def _without_times(theirs: Answer, ours: Answer, varies: set[str]) -> tuple[Answer, Answer]:
    """Return both responses without the seconds at which their cookies were signed."""
    if _headers(theirs).get("set-cookie") == _headers(ours).get("set-cookie"):
        return theirs, ours
    plain = [_without_time_in_cookies(answer) for answer in (theirs, ours)]
    if plain != [theirs, ours]:
        varies.add("the time in header set-cookie")
    return plain[0], plain[1]


def _without_time_in_cookies(answer: Answer) -> Answer:
    headers = [
        [name, _SIGNED_WITH_TIME.sub(r"\1.TIME", value) if name.lower() == "set-cookie" else value]
        for name, value in answer.headers
    ]
    return replace(answer, headers=headers)


def answer_differences(theirs: Answer, ours: Answer) -> list[Difference]:
    """Return every difference between two responses."""
    found = list(differences(theirs.status, ours.status, "status"))
    found += differences(_headers(theirs), _headers(ours), "header")
    found += differences(theirs.error, ours.error, "error")
    if theirs.complete and ours.complete:
        found += differences(_content(theirs), _content(ours), "body")
    elif theirs.complete != ours.complete:
        found += differences(theirs.complete, ours.complete, "comes to an end")
    return found


def differences(theirs: Any, ours: Any, place: str) -> Iterator[Difference]:
    """Yield every difference between two JSON values, with its path."""
    if isinstance(theirs, dict) and isinstance(ours, dict):
        for key in {**theirs, **ours}:
            yield from differences(theirs.get(key, ABSENT), ours.get(key, ABSENT), f"{place} {key}")
    elif isinstance(theirs, list) and isinstance(ours, list) and len(theirs) == len(ours):
        for index, (their, our) in enumerate(zip(theirs, ours, strict=True)):
            yield from differences(their, our, f"{place} {index}")
    elif type(theirs) is not type(ours) or (theirs != ours and not _both_nan(theirs, ours)):
        yield Difference(place, _show(theirs), _show(ours))


def _both_nan(theirs: Any, ours: Any) -> bool:
    return bool(theirs != theirs and ours != ours)  # noqa: PLR0124 - what defines a NaN


def _show(value: Any) -> str:
    if value is ABSENT or (isinstance(value, str) and not value.isprintable()):
        return str(value) if value is ABSENT else repr(value)
    return json.dumps(value, ensure_ascii=False)


def _headers(answer: Answer) -> dict[str, Any]:
    """Return headers by name; a list if a name has several values."""
    found: dict[str, Any] = {}
    for name, value in answer.headers:
        if name.lower() not in _IGNORED_HEADERS:
            found.setdefault(name.lower(), []).append(value)
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}


def _content(answer: Answer) -> Any:
    """Return the body: parsed if it is JSON, else its text."""
    content_type = str(_headers(answer).get("content-type", ""))
    if "json" not in content_type:
        return answer.body
    try:
        return json.loads(answer.body.encode("latin-1"))
    except ValueError:
        return answer.body


# --- what is meant to differ; docs/explain/differences.md says more -----------------------------


def _without_what_is_meant(
    request: Request, theirs: Answer, ours: Answer, meant: list[str]
) -> tuple[Answer, Answer]:
    if request.method == "HEAD" and theirs.status == 405 and ours.status != 405:
        meant.append("HEAD works for GET routes")
        return ours, ours
    if ours.status == 422 and theirs.error in ("ValueError", "UnicodeEncodeError"):
        meant.append("an error about NaN, an infinity or a lone surrogate has a response")
        return ours, ours
    if theirs.status == ours.status == 422:
        once = _distinct_errors(theirs)
        if once.body != theirs.body:
            meant.append("an error of a dependency that is used twice is reported once")
        theirs, ours = once, _distinct_errors(ours)
    for name, reason, is_meant in _HEADERS_THAT_DIFFER:
        their_value, our_value = _headers(theirs).get(name), _headers(ours).get(name)
        if their_value != our_value and is_meant(their_value, our_value):
            meant.append(reason)
            theirs = _with_header(theirs, name, our_value)
    added = [header for header in ours.headers if _is_added_to_errors(header[0], theirs)]
    if theirs.error and theirs.error == ours.error and added:
        meant.append(
            "the response to an unhandled error has the headers of CORS and the request id"
        )
        theirs = replace(theirs, headers=[*theirs.headers, *added])
    return theirs, ours


def _is_added_to_errors(name: str, theirs: Answer) -> bool:
    name = name.lower()
    known = name in _OF_ERRORS or name.startswith("access-control-")
    return known and name not in _headers(theirs)


def _only_head_is_added(theirs: Any, ours: Any) -> bool:
    methods = set(str(theirs).split(", "))
    return "GET" in methods and set(str(ours).split(", ")) == methods | {"HEAD"}


_HEADERS_THAT_DIFFER: tuple[tuple[str, str, Callable[[Any, Any], bool]], ...] = (
    ("allow", "HEAD is allowed where GET is", _only_head_is_added),
    (
        "location",
        "a redirect to the path with or without its last slash is relative",
        lambda theirs, ours: str(theirs).removeprefix("http://testserver") == ours,
    ),
    ("etag", "the OpenAPI document has an entity tag", lambda theirs, ours: theirs is None),
    (
        "etag",
        "the entity tag of a compressed response is weak",
        lambda theirs, ours: ours == f"W/{theirs}",
    ),
)
#: Headers that the response to an unhandled error has here, beside those of CORS.
_OF_ERRORS = frozenset({"vary", "x-request-id", "x-correlation-id"})


def _with_header(answer: Answer, name: str, value: Any) -> Answer:
    others = [header for header in answer.headers if header[0].lower() != name]
    return replace(answer, headers=[*others, [name, str(value)]])


def _distinct_errors(answer: Answer) -> Answer:
    """Return the response without duplicates among the entries of its `detail`."""
    content = _content(answer)
    if not isinstance(content, dict) or not isinstance(content.get("detail"), list):
        return answer
    distinct = {json.dumps(item, sort_keys=True): item for item in content["detail"]}
    if len(distinct) == len(content["detail"]):
        return answer
    body = json.dumps({**content, "detail": list(distinct.values())})
    return replace(answer, body=body)
