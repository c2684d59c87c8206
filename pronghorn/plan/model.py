"""The plan of a route. Read this file first.

A plan is an immutable tree of records. It is created once, at startup, from the declarations of
the program. The compiler turns it into a handler and the OpenAPI writer turns it into
documentation, so the two cannot disagree. Nothing here runs during a request.

    RoutePlan
      root          CallPlan       the endpoint
        dependencies  CallPlan...  the calls that must run before it, each with its dependencies
        fields        Field...     the values that the call reads from the request, by location
      body          BodyPlan       how the body is read and split among the calls
      response      ResponsePlan   how the result becomes bytes
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from typing import Any, TypeVar

from pronghorn.core.kinds import LOCATIONS, BodyKind, CallKind, Injected, StreamKind
from pronghorn.core.records import NOTHING, Record
from pronghorn.fields.field import Field
from pronghorn.fields.serialization import Serialization
from pronghorn.params import Depends


class CallPlan(Record):
    """One call of the dependency graph: the endpoint or a dependency.

    Plans compare by identity, so two calls of the same function are two nodes.
    """

    call: Callable[..., Any]
    kind: CallKind
    #: The keyword under which the parent receives the result; None if the result is not used
    #: (dependencies of the app, a router, an inclusion or a route).
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
    #: "function": its exit code runs before the response is sent; "request": after it; "app": when
    #: the application stops. None if the callable does not yield.
    lifetime: str | None = None
    #: The OAuth 2.0 scopes that this node itself requires, as written.
    own_scopes: tuple[str, ...] = ()
    #: The scopes that its dependents and the node require: the value of `SecurityScopes` here.
    scopes: tuple[str, ...] = ()
    #: `scopes` with repetitions, which its dependencies inherit.
    passed_scopes: tuple[str, ...] = ()
    #: Nodes with equal keys share one result in a request.
    cache_key: Hashable = None
    #: The call that makes the value at startup, with its dependencies; only for `APP_VALUE`, which
    #: has no dependencies of its own in a request.
    entry: CallPlan | None = None
    #: The holder of the value (`run.app_values.AppValue`), once the plan belongs to an application.
    holder: Any = None

    @property
    def parameter_fields(self) -> tuple[Field, ...]:
        """All fields outside the body, in the order in which errors are reported."""
        return self.path_fields + self.query_fields + self.header_fields + self.cookie_fields

    @property
    def reads(self) -> tuple[tuple[str, tuple[Field, ...]], ...]:
        """The locations that the call reads, each with its fields, in the order of errors."""
        found = ((location, getattr(self, f"{location}_fields")) for location in LOCATIONS)
        return tuple((location, fields) for location, fields in found if fields)

    def walk(self) -> Iterator[CallPlan]:
        """Yield this call and all its dependencies, parents first, in declared order."""
        yield self
        for dependency in self.dependencies:
            yield from dependency.walk()


class _AppValues:
    """Remembers whether the program has any dependency with `scope="app"`."""

    declared = False


#: Without such a dependency, nobody looks for them.
APP_VALUES = _AppValues()


class BodyPlan(Record):
    """The plan for reading a request body and splitting it among the calls."""

    kind: BodyKind
    #: Every body field of the graph, once per name, in declared order.
    fields: tuple[Field, ...]
    #: Whether the body is an object with one member per field, instead of the single field.
    embed: bool
    #: The whole body as one field, as documented.
    field: Field
    #: The documented media type.
    media_type: str
    #: Whether the single field receives the bytes of the body, regardless of its content type.
    raw: bool = False


class ResponsePlan(Record):
    """The plan for turning the result of the endpoint into a response."""

    #: The declared model, as the program wrote it; None if the result is not validated.
    model: Any
    #: The field that validates, filters and serialises the result; None for `jsonable_encoder`.
    field: Field | None
    #: The class of the response, after inheritance.
    response_class: type[Any]
    #: Whether the program chose the class, on any level.
    explicit_class: bool
    #: None if the response class decides (200).
    status_code: int | None
    description: str
    serialization: Serialization
    stream: StreamKind | None = None
    #: Whether the declaration says that a response is sent in parts; an endpoint may not say it.
    is_streamed: bool = False
    #: The field that validates and serialises one item of a stream.
    item_field: Field | None = None
    #: The documented models of `responses={...}`, by status code or range.
    extra_fields: Mapping[int | str, Field] = NOTHING
    #: The models that `responses={...}` has under `content`, by status code and media type.
    content_fields: Mapping[tuple[int | str, str], Field] = NOTHING


class RoutePlan(Record):
    """The plan of one route, as included in one place."""

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
    max_json_size: int | None = None
    form_limits: Mapping[str, int] = NOTHING
    timeout: float | None = None
    on_disconnect: str | None = None
    #: The cache of its responses (`hooks.ResponseCache`); None if the endpoint always runs.
    cache: Any = None
    #: The markers of the app, routers, inclusions and the route, outermost first.
    dependencies: tuple[Depends, ...] = ()
    path_names: frozenset[str] = frozenset()
    #: The file, line and function of the endpoint, for error messages.
    where: Mapping[str, Any] = NOTHING


class WebSocketPlan(Record):
    """The plan of one WebSocket route, as included in one place."""

    path: str
    path_format: str
    name: str
    endpoint: Callable[..., Any]
    root: CallPlan
    dependencies: tuple[Depends, ...] = ()
    path_names: frozenset[str] = frozenset()
    where: Mapping[str, Any] = NOTHING


AnyPlan = RoutePlan | WebSocketPlan
PlanT = TypeVar("PlanT", bound=AnyPlan)
