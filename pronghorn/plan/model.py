"""What a route is, once it has been planned. Read this file first.

A plan is a frozen tree of facts. It is made once, at startup, from what the user declared; the
compiler turns it into a handler and the OpenAPI writer turns it into documentation, so the two
cannot disagree. Nothing here runs during a request.

    RoutePlan
      root          CallPlan       the endpoint
        dependencies  CallPlan...  what must be called before it, each with its own dependencies
        fields        Field...     what the call reads from the request, by location
      body          BodyPlan       how the body is read and split among the calls
      response      ResponsePlan   how the result becomes bytes
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from typing import Any

from pronghorn.core.kinds import LOCATIONS, BodyKind, CallKind, Injected, StreamKind
from pronghorn.core.records import NOTHING, Record
from pronghorn.fields.field import Field
from pronghorn.fields.serialization import Serialization
from pronghorn.params import Depends


class CallPlan(Record):
    """One callable of the dependency graph: the endpoint itself, or a dependency.

    Compared by identity: two calls of the same function are two nodes.
    """

    call: Callable[..., Any]
    kind: CallKind
    #: The keyword under which the parent receives the result; None where nobody receives it
    #: (dependencies of the app, a router, an include or a route).
    argument: str | None = None
    path_fields: tuple[Field, ...] = ()
    query_fields: tuple[Field, ...] = ()
    header_fields: tuple[Field, ...] = ()
    cookie_fields: tuple[Field, ...] = ()
    body_fields: tuple[Field, ...] = ()
    injected: tuple[Injected, ...] = ()
    dependencies: tuple[CallPlan, ...] = ()
    #: The marker that declared this dependency; None for the endpoint.
    marker: Depends | None = None
    use_cache: bool = True
    #: "function": its exit code runs before the response is sent; "request": after it.
    #: None where the callable does not yield.
    lifetime: str | None = None
    #: OAuth2 scopes asked for at this node alone, as they were written.
    own_scopes: tuple[str, ...] = ()
    #: Those on the way from the endpoint to it and its own: what `SecurityScopes` says here.
    scopes: tuple[str, ...] = ()
    #: The same with repetitions: what is asked of the calls below.
    passed_scopes: tuple[str, ...] = ()
    #: Two nodes with the same key in one request share one result.
    cache_key: Hashable = None

    @property
    def parameter_fields(self) -> tuple[Field, ...]:
        """Everything read from outside the body, in the order in which errors are reported."""
        return self.path_fields + self.query_fields + self.header_fields + self.cookie_fields

    @property
    def reads(self) -> tuple[tuple[str, tuple[Field, ...]], ...]:
        """The locations that the call reads and the fields from there, in the order of errors."""
        found = ((location, getattr(self, f"{location}_fields")) for location in LOCATIONS)
        return tuple((location, fields) for location, fields in found if fields)

    def walk(self) -> Iterator[CallPlan]:
        """This call and everything below it, parents first, in declared order."""
        yield self
        for dependency in self.dependencies:
            yield from dependency.walk()


class BodyPlan(Record):
    """How a request's body is read, and which values the calls take from it."""

    kind: BodyKind
    #: Every body field of the graph, once per name, in declared order.
    fields: tuple[Field, ...]
    #: True: the body is an object with one member per field. False: it is the one field.
    embed: bool
    #: The whole body as one field, as the documentation shows it.
    field: Field
    #: The media type that the documentation names.
    media_type: str
    #: True: the body is bytes for the one field, whatever its content type says.
    raw: bool = False


class ResponsePlan(Record):
    """How the value that the endpoint returns becomes a response."""

    #: The declared model, as the user wrote it; None: not validated.
    model: Any
    #: Validates, filters and serialises the result; None: `jsonable_encoder` does.
    field: Field | None
    #: The class that renders, after inheritance; `explicit_class` tells whether anybody chose it.
    response_class: type[Any]
    explicit_class: bool
    #: None: the response class decides (200).
    status_code: int | None
    description: str
    serialization: Serialization
    stream: StreamKind | None = None
    #: Validates and serialises one item of a stream.
    item_field: Field | None = None
    #: status code or range -> the documented model of `responses={...}`.
    extra_fields: Mapping[int | str, Field] = NOTHING


class RoutePlan(Record):
    """All that is known about one route at one place of inclusion."""

    path: str
    path_format: str
    methods: frozenset[str]
    name: str
    endpoint: Callable[..., Any]
    unique_id: str
    root: CallPlan
    body: BodyPlan | None
    response: ResponsePlan
    strict_content_type: bool = True
    max_body_size: int | None = None
    form_limits: Mapping[str, int] = NOTHING
    #: Those of the app, routers, includes and the route, outermost first.
    dependencies: tuple[Depends, ...] = ()
    path_names: frozenset[str] = frozenset()
    #: file, line and function of the endpoint, for error messages.
    where: Mapping[str, Any] = NOTHING


class WebSocketPlan(Record):
    """All that is known about one WebSocket route at one place of inclusion."""

    path: str
    path_format: str
    name: str
    endpoint: Callable[..., Any]
    root: CallPlan
    dependencies: tuple[Depends, ...] = ()
    path_names: frozenset[str] = frozenset()
    where: Mapping[str, Any] = NOTHING
