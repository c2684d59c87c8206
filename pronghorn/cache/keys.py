"""The key of a stored response: everything by which the responses of a route may differ."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, time, timedelta
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from hashlib import sha256
from typing import Any, NamedTuple
from urllib.parse import unquote_to_bytes
from uuid import UUID

from pydantic import BaseModel
from starlette.requests import cookie_parser
from starlette.types import Scope

from pronghorn.cache.tags import Tags
from pronghorn.core.kinds import InjectedKind
from pronghorn.core.setup_errors import describe_value, setup_error
from pronghorn.exceptions import SetupTypeError
from pronghorn.fields.field import Field
from pronghorn.hooks import find_guards
from pronghorn.plan.model import CallPlan, RoutePlan

Names = tuple[bytes, ...]
#: Kinds of parameters that receive the whole request.
_REQUESTS = (InjectedKind.REQUEST, InjectedKind.CONNECTION)
#: Values whose text says all of them.
_PLAIN = (type(None), bool, int, float, str, bytes, UUID, date, time, timedelta, Decimal, Enum)


class Asked(NamedTuple):
    """A request for a response that may be stored.

    Attributes:
        key: The key of the response.
        headers: The headers of the request, the first value of each.
        sent: The headers as they were sent.
        tags: The tags of the response.
    """

    key: str
    headers: Mapping[bytes, bytes]
    sent: Sequence[tuple[bytes, bytes]]
    tags: tuple[str, ...]


class Keys:
    """Makes the keys of one route.

    Args:
        plan: The plan of the route.
        tags: The tags as they were written, with path parameters in braces.
        is_varied: Whether the option names what differs between clients; otherwise a request with
            credentials is not answered from the cache. Cookies may be credentials where the
            endpoint receives the request.
    """

    def __init__(self, plan: RoutePlan, tags: Sequence[str], *, is_varied: bool) -> None:
        kind = plan.response.response_class
        endpoint = f"{plan.endpoint.__module__}.{getattr(plan.endpoint, '__qualname__', '')}"
        media = f"{kind.__module__}.{kind.__qualname__}", getattr(kind, "media_type", None)
        self._route = _digest((plan.path_format, endpoint, media))
        #: Returns the tags of a request.
        self.fill_tags = Tags(plan, tags).fill
        nodes = list(_list_behind_gate(plan))
        sees_request = any(item.kind in _REQUESTS for node in nodes for item in node.injected)
        #: Headers of requests whose responses are not stored.
        self._refused = {b"range"}
        if not is_varied:
            self._refused |= {b"authorization", b"cookie"} if sees_request else {b"authorization"}
        self._headers = _read_names(
            (field for node in nodes for field in node.header_fields), is_header=True
        )
        self._cookies = _read_names(
            (field for node in nodes for field in node.cookie_fields), is_header=False
        )

    def read(self, scope: Scope, values: Sequence[Any]) -> Asked | None:
        """Return what a request asks for; None if its response must not be stored.

        Args:
            scope: The request.
            values: The values of `vary`.
        """
        sent = scope["headers"]
        headers = dict(reversed(sent))
        if not self._refused.isdisjoint(headers):
            return None
        parts = (
            self._route,
            scope["method"],
            scope.get("scheme"),
            headers.get(b"host", b"").lower(),
            scope.get("root_path"),
            scope["path"],
            _sort_query(scope["query_string"]),
            _encodings(headers.get(b"accept-encoding", b"")),
            None if self._headers is None else _choose_headers(sent, self._headers),
            None if self._cookies is None else _choose_cookies(sent, self._cookies),
            [stable(value) for value in values],
        )
        return Asked(_digest(parts), headers, sent, self.fill_tags(scope))


def vary_key(asked: Asked, names: Iterable[str]) -> str:
    """Return the key of the response for the values of more headers, which its `Vary` names."""
    chosen = tuple(name.encode("latin-1") for name in names)
    return _digest((asked.key, chosen, _choose_headers(asked.sent, chosen)))


def _choose_headers(sent: Iterable[tuple[bytes, bytes]], names: Names) -> list[list[bytes]]:
    """Return all values of these headers; without names, of all headers."""
    if not names:
        return [[name, value] for name, value in sent]
    return [[value for key, value in sent if key == name] for name in names]


def _choose_cookies(sent: Iterable[tuple[bytes, bytes]], names: Names) -> list[str | None]:
    """Return the values of these cookies; without names, all cookies.

    HTTP/2 allows a header for each cookie (RFC 9113, section 8.2.3).
    """
    text = "; ".join(value.decode("latin-1") for key, value in sent if key == b"cookie")
    if not names:
        return [text]
    found = cookie_parser(text)
    return [found.get(name.decode("latin-1")) for name in names]


def stable(value: Any) -> Any:
    """Return a value as something whose `repr` is the same in every process.

    Raises:
        SetupTypeError: The value has no such text, such as an object with an address.
    """
    if isinstance(value, Enum):
        return type(value).__name__, value.name
    if isinstance(value, _PLAIN):
        return type(value).__name__, value
    if isinstance(value, (tuple, list)):
        return [stable(item) for item in value]
    if isinstance(value, (set, frozenset)):
        return sorted(repr(stable(item)) for item in value)
    if isinstance(value, Mapping):
        return sorted((repr(stable(key)), stable(item)) for key, item in value.items())
    if isinstance(value, BaseModel):
        return type(value).__name__, value.model_dump_json()
    raise setup_error(
        f"A dependency in vary= returns {describe_value(value)}, by which no response can be kept",
        "an object was returned, such as a user of the database",
        "vary=current_user_id, a dependency that returns a number, a text, or a tuple of these",
        kind=SetupTypeError,
    )


def _digest(parts: Any) -> str:
    return sha256(repr(parts).encode("utf-8", "surrogatepass")).hexdigest()


def _sort_query(query: bytes) -> list[bytes]:
    """Return the parts of a query by their names; those of one name stay in their order."""
    if b"&" not in query:
        return [query]
    return sorted(query.split(b"&"), key=_name_of)


def _name_of(part: bytes) -> bytes:
    """Return the name in a part of a query, which may be escaped."""
    name = part.partition(b"=")[0]
    return unquote_to_bytes(name.replace(b"+", b" ")) if b"%" in name or b"+" in name else name


@lru_cache(256)  # Clients write few different ones.
def _encodings(accepted: bytes) -> bytes:
    """Return the encodings that a client accepts, however it writes them."""
    parts = (part.replace(b" ", b"").lower() for part in accepted.split(b","))
    kept = (part for part in parts if part and not part.endswith((b";q=0", b";q=0.0")))
    return b",".join(sorted(kept))


def _list_behind_gate(plan: RoutePlan) -> Iterator[CallPlan]:
    """Yield the calls of a route that a stored response saves, the endpoint first."""
    first = len(plan.dependencies)
    named = plan.root.dependencies[first : first + len(plan.cache.vary)]
    before = [*named, *find_guards(plan.root)]
    yield plan.root
    for node in plan.root.dependencies:
        if node not in before:
            yield from node.walk()


def _read_names(fields: Iterable[Field], *, is_header: bool) -> Names | None:
    """Return the names that parameters have on the wire; None if there are no parameters.

    It is empty if a model takes whatever is sent, so that no name can be left out.
    """
    names: set[bytes] = set()
    is_any = takes_all = False
    for field in fields:
        is_any = True
        takes_all |= field.model is not None and field.model.model_config.get("extra") == "allow"
        inside = (field,) if field.model is None else field.model_fields
        found = (name for one in inside for name in one.lookups)
        names |= {(name.lower() if is_header else name).encode("latin-1") for name in found}
    if not is_any:
        return None
    return () if takes_all else tuple(sorted(names))
