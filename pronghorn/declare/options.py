"""The options of applications, routers, inclusions and routes, each written once.

A callable takes them as ``**options: Unpack[RouteOptions]`` and shows them with
`pronghorn.core.typed_kwargs.expand_signature`. How an option combines when a router is
included is in `pronghorn.declare.option_inheritance`.
"""

from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import Annotated, Any, TypedDict

from starlette.middleware import Middleware
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Router
from starlette.types import ASGIApp, Lifespan
from typing_extensions import deprecated as deprecated_mark

from pronghorn._form_limits import FormLimits
from pronghorn.core.typed_kwargs import DefaultIs, option_defaults
from pronghorn.datastructures import Default
from pronghorn.params import Depends
from pronghorn.types import IncEx
from pronghorn.utils import generate_unique_id

Responses = dict[int | str, dict[str, Any]]
"""Additional responses by status code: ``{404: {"model": NotFound}}``."""


class WebSocketOptions(TypedDict, total=False):
    """What a websocket route can be given."""

    dependencies: Sequence[Depends] | None
    """Dependencies to run whose values nobody needs. Joined, outer first."""


class CommonOptions(WebSocketOptions, total=False):
    """What routes, inclusions, routers and applications can all be given."""

    responses: Responses | None
    """Additional responses for the documentation. Merged, the inner one wins."""
    callbacks: list[BaseRoute] | None
    """Requests that the application sends, for the documentation. Joined, outer first."""
    deprecated: bool | None
    """Whether clients should stop using the operations. True if it is true on any level."""
    include_in_schema: Annotated[bool, DefaultIs(True)]
    """Whether the operations are documented. False if it is false on any level."""
    generate_unique_id_function: Annotated[
        Callable[[Any], str], DefaultIs(Default(generate_unique_id))
    ]
    """Makes the operation ID of a route. The innermost one applies."""
    max_body_size: int | None
    """The greatest size of a request body in bytes; a larger one is answered with 413.

    ``0`` allows only empty bodies. The innermost one applies, also if it is larger.
    """
    form_limits: FormLimits | None
    """Limits for parsing forms. The innermost one applies, key by key."""


class TagOptions(CommonOptions, total=False):
    """`CommonOptions` with tags, which applications do not have."""

    tags: list[str | Enum] | None
    """Groups of operations in the documentation. Joined, outer first."""


class RouteOptions(TagOptions, total=False):
    """What a path operation can be given: ``@app.get("/items", status_code=201)``."""

    response_model: Annotated[Any, DefaultIs(Default(None))]
    """The type of the response: it validates, filters and documents what is returned.

    By default the return annotation; ``None`` for no model.
    """
    status_code: int | None
    """The status code of a successful response; by default that of the response class."""
    summary: str | None
    """A short title for the documentation; by default made from the name."""
    description: str | None
    """A description in Markdown; by default the docstring, up to a form feed."""
    response_description: Annotated[str, DefaultIs("Successful Response")]
    """A description of the successful response."""
    operation_id: str | None
    """The operation ID; by default the ``generate_unique_id_function`` makes it."""
    response_model_include: IncEx | None
    """The fields of the response to send; by default all."""
    response_model_exclude: IncEx | None
    """The fields of the response not to send."""
    response_model_by_alias: Annotated[bool, DefaultIs(True)]
    """Whether the response uses the aliases of its fields."""
    response_model_exclude_unset: Annotated[bool, DefaultIs(False)]
    """Whether to leave out fields that nobody set."""
    response_model_exclude_defaults: Annotated[bool, DefaultIs(False)]
    """Whether to leave out fields that equal their default."""
    response_model_exclude_none: Annotated[bool, DefaultIs(False)]
    """Whether to leave out fields that are ``None``."""
    response_class: Annotated[type[Response], DefaultIs(Default(JSONResponse))]
    """The class of the response; by default ``default_response_class`` of an outer level.

    Without any, JSON is written straight from the model.
    """
    name: str | None
    """The name for ``url_path_for``; by default the name of the endpoint."""
    openapi_extra: dict[str, Any] | None
    """More keys for the operation in the OpenAPI document; merged deeply."""


class ApiRouteOptions(RouteOptions, total=False):
    """`RouteOptions` where the methods are not part of the name of the decorator."""

    methods: set[str] | list[str] | None
    """The HTTP methods; by default ``["GET"]``."""


class StrictnessOptions(TypedDict, total=False):
    """How a body without a content type is read."""

    strict_content_type: Annotated[bool, DefaultIs(Default(True))]
    """Whether a body is parsed as JSON only if its content type says so.

    ``False`` also parses bodies without a content type. The innermost one applies.
    """


class AddRouteOptions(ApiRouteOptions, StrictnessOptions, total=False):
    """`ApiRouteOptions` for a router's method that takes the endpoint as an argument."""

    route_class_override: type[BaseRoute] | None
    """The class of this route, if it is not the ``route_class`` of the router."""


class OverridesOptions(TypedDict, total=False):
    """Where replaced dependencies are looked up."""

    dependency_overrides_provider: Any | None
    """An object with a ``dependency_overrides`` mapping, normally the application."""


class RouteClassOptions(ApiRouteOptions, StrictnessOptions, OverridesOptions, total=False):
    """`ApiRouteOptions` for a route object that a program makes itself."""


class GroupOptions(CommonOptions, total=False):
    """What a group of routes can be given."""

    default_response_class: Annotated[type[Response], DefaultIs(Default(JSONResponse))]
    """The response class of routes that have none. The innermost one applies."""


class IncludeOptions(TagOptions, GroupOptions, total=False):
    """What the inclusion of a router can be given."""

    prefix: Annotated[str, DefaultIs("")]
    """Put before all paths; begins with ``/`` and does not end with it. Joined, outer first."""


class LifeOptions(TypedDict, total=False):
    """What routers and applications can be given for their life, and for paths nobody has."""

    routes: Annotated[
        list[BaseRoute] | None, deprecated_mark("Use the decorators and `include_router`")
    ]
    """Routes to begin with, as Starlette takes them."""
    redirect_slashes: Annotated[bool, DefaultIs(True)]
    """Whether ``/items/`` is redirected to ``/items`` (307) and back, if only one exists."""
    auto_head: Annotated[bool, DefaultIs(True)]
    """Whether HEAD is answered where only GET is declared: its headers without the content.

    ``False`` answers 405 there, as FastAPI does. A route that declares HEAD always comes first.
    """
    on_startup: Sequence[Callable[[], Any]] | None
    """Functions to call at startup; prefer ``lifespan``."""
    on_shutdown: Sequence[Callable[[], Any]] | None
    """Functions to call at shutdown; prefer ``lifespan``."""
    lifespan: Lifespan[Any] | None
    """A context manager around the life of the application."""


class RouterOptions(IncludeOptions, StrictnessOptions, OverridesOptions, LifeOptions, total=False):
    """What a router can be given: ``APIRouter(prefix="/items", tags=["items"])``."""

    default: ASGIApp | None
    """Called for paths that no route has; by default it answers with 404."""
    route_class: type[BaseRoute] | None
    """The class of the routes that the decorators make; by default ``APIRoute``."""


class DocumentOptions(TypedDict, total=False):
    """What the OpenAPI document of an application, and the pages that show it, can be given."""

    title: Annotated[str, DefaultIs("FastAPI")]
    """The name of the API."""
    summary: str | None
    """A short summary of the API."""
    description: Annotated[str, DefaultIs("")]
    """A description of the API, in Markdown."""
    version: Annotated[str, DefaultIs("0.1.0")]
    """The version of the API, not of OpenAPI."""
    terms_of_service: str | None
    """The URL of the terms of service."""
    contact: dict[str, str | Any] | None
    """Whom to ask: ``name``, ``url``, ``email``."""
    license_info: dict[str, str | Any] | None
    """The licence: ``name``, and ``identifier`` or ``url``."""
    openapi_url: Annotated[str | None, DefaultIs("/openapi.json")]
    """The path of the document; ``None`` for none, and no pages."""
    openapi_tags: list[dict[str, Any]] | None
    """The tags in their order, with descriptions."""
    openapi_external_docs: dict[str, Any] | None
    """More documentation elsewhere: ``url`` and ``description``."""
    servers: list[dict[str, str | Any]] | None
    """Where the API can be reached: ``url`` and ``description``."""
    webhooks: Router | None
    """Requests that the application sends on its own account, for the documentation."""
    separate_input_output_schemas: Annotated[bool, DefaultIs(True)]
    """Whether a model has two schemas when reading and writing it differ."""
    docs_url: Annotated[str | None, DefaultIs("/docs")]
    """The path of the Swagger UI page; ``None`` for none."""
    redoc_url: Annotated[str | None, DefaultIs("/redoc")]
    """The path of the ReDoc page; ``None`` for none."""
    swagger_ui_oauth2_redirect_url: Annotated[str | None, DefaultIs("/docs/oauth2-redirect")]
    """The path to which OAuth 2.0 providers return from Swagger UI."""
    swagger_ui_init_oauth: dict[str, Any] | None
    """The OAuth 2.0 settings of Swagger UI."""
    swagger_ui_parameters: dict[str, Any] | None
    """The settings of Swagger UI."""


class AppOptions(GroupOptions, LifeOptions, DocumentOptions, total=False):
    """What an application can be given: ``FastAPI(title="Shop")``."""

    debug: Annotated[bool, DefaultIs(False)]
    """Whether an error is answered with its traceback. Never in production."""
    middleware: Sequence[Middleware] | None
    """Middleware, outermost first."""
    exception_handlers: Mapping[int | type[Exception], Callable[..., Any]] | None
    """How errors are answered, by status code or class of exception."""
    strict_content_type: Annotated[bool, DefaultIs(True)]
    """See `StrictnessOptions`."""
    root_path: Annotated[str, DefaultIs(""), deprecated_mark("Let the server set it")]
    """The path under which a proxy makes the application available."""
    root_path_in_servers: Annotated[bool, DefaultIs(True)]
    """Whether the document lists that path as a server."""
    telemetry: Any | None
    """What to measure and trace, see `pronghorn.telemetry.TelemetryConfig`; needs the extra
    ``opentelemetry``. ``None``: whatever the program's global providers ask for."""


#: What an absent option means, for the levels whose methods programs override.
ROUTE_DEFAULTS = option_defaults(RouteOptions)
API_ROUTE_DEFAULTS = option_defaults(ApiRouteOptions)
ROUTE_CLASS_DEFAULTS = option_defaults(RouteClassOptions)
INCLUDE_DEFAULTS = option_defaults(IncludeOptions)
WEBSOCKET_DEFAULTS = option_defaults(WebSocketOptions)
