"""The options of applications, routers, inclusions and routes, each written once.

A callable takes them as `**options: Unpack[RouteOptions]` and shows them with
`pronghorn.core.typed_kwargs.expand_signature`. `pronghorn.declare.option_inheritance` defines how
an option combines when a router is included.
"""

from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import Annotated, Any, Literal, TypedDict

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
"""Additional responses by status code: `{404: {"model": NotFound}}`.

A model of another media type than the response class has stands beside that media type:
`{404: {"content": {"application/problem+json": {"model": Problem}}}}`.
"""


class WebSocketOptions(TypedDict, total=False):
    """Options that operations and WebSocket routes have in common."""

    dependencies: Sequence[Depends] | None
    """Dependencies that run first and whose results are not used. Joined, outer ones first."""


class OriginOptions(TypedDict, total=False):
    """The sites whose pages may open WebSockets."""

    websocket_origins: Sequence[str] | None
    """The origins whose pages may open WebSockets: `["https://shop.example"]`; others get a 403.

    `https://*.shop.example` allows all subdomains, `"same-origin"` the origin of the request,
    `"*"` any. The innermost list applies. By default any, and `["same-origin"]` with `hardened`.
    """


class WebSocketRouteOptions(WebSocketOptions, OriginOptions, total=False):
    """Options of a WebSocket route: `@app.websocket("/chat", websocket_origins=["*"])`."""


class TagOptions(TypedDict, total=False):
    """The tags of operations, which applications do not have."""

    tags: list[str | Enum] | None
    """The groups in the documentation to which the operations belong. Joined, outer ones first."""


class DescriptionOptions(TypedDict, total=False):
    """Texts of an operation for the documentation."""

    summary: str | None
    """A short title for the documentation. Defaults to the name of the route as words."""
    description: str | None
    """A description in Markdown. Defaults to the docstring, up to the first form feed."""
    response_description: Annotated[str, DefaultIs("Successful Response")]
    """A description of the successful response, for the documentation."""


class ResultOptions(TypedDict, total=False):
    """The result of an operation."""

    response_model: Annotated[Any, DefaultIs(Default(None))]
    """The type of the response, which validates, filters and documents the returned value.

    Defaults to the return annotation. `None` turns validation and filtering off.
    """
    status_code: int | None
    """The status code of a successful response. Defaults to that of the response class."""


class ResponseOptions(TypedDict, total=False):
    """The conversion of a result to a response."""

    response_class: Annotated[type[Response], DefaultIs(Default(JSONResponse))]
    """The class of the response. Defaults to the innermost `default_response_class`.

    If no level sets a class, the model is serialised directly to JSON.
    """
    response_model_include: IncEx | None
    """The fields of the response model to send. Defaults to all fields."""
    response_model_exclude: IncEx | None
    """The fields of the response model to leave out."""
    response_model_by_alias: Annotated[bool, DefaultIs(True)]
    """Whether to name the fields in the response by their aliases."""
    response_model_exclude_unset: Annotated[bool, DefaultIs(False)]
    """Whether to leave out fields that were not set when the model was created."""
    response_model_exclude_defaults: Annotated[bool, DefaultIs(False)]
    """Whether to leave out fields that equal their default."""
    response_model_exclude_none: Annotated[bool, DefaultIs(False)]
    """Whether to leave out fields that are `None`."""


class ShownOptions(TypedDict, total=False):
    """Options of the documentation of routes, inclusions, routers and applications."""

    responses: Responses | None
    """Additional responses for the documentation. Merged; the inner one wins."""
    deprecated: bool | None
    """Whether to mark the operations as deprecated. True if it is true on any level."""
    include_in_schema: Annotated[bool, DefaultIs(True)]
    """Whether the documentation shows the operations. False if it is false on any level."""


class CommonOptions(TypedDict, total=False):
    """Other options that routes, inclusions, routers and applications have in common."""

    callbacks: list[BaseRoute] | None
    """Requests that the application sends, for the documentation. Joined, outer ones first."""
    generate_unique_id_function: Annotated[
        Callable[[Any], str], DefaultIs(Default(generate_unique_id))
    ]
    """A function that takes a route and returns its operation ID. The innermost one applies."""
    max_body_size: int | None
    """The maximum size of a request body in bytes; the response to a larger one is a 413.

    `0` allows only empty bodies. The innermost limit applies, even if an outer one is smaller.
    """
    max_json_size: int | None
    """The `max_body_size` of bodies that are no uploads; the smaller one of both limits applies."""
    form_limits: FormLimits | None
    """Limits for parsing forms. Merged key by key; the inner one wins."""
    timeout: float | None
    """Seconds until a response has to begin, else 504; `math.inf`: none. The innermost applies."""
    on_disconnect: Literal["cancel", "continue"] | None
    """Whether the endpoint is cancelled when its client leaves. The innermost one applies."""
    cache: Any | None
    """A `pronghorn.cache.Cached`, to keep responses; `False`: none. The innermost one applies."""


class NameOptions(TypedDict, total=False):
    """The names of an operation, and what it adds to the OpenAPI document."""

    name: str | None
    """The name of the route for `url_path_for`. Defaults to the name of the endpoint."""
    operation_id: str | None
    """The operation ID. Defaults to the result of `generate_unique_id_function`."""
    openapi_extra: dict[str, Any] | None
    """Additional keys for the operation in the OpenAPI document; merged deeply."""


class RouteOptions(
    ResultOptions,
    TagOptions,
    WebSocketOptions,
    DescriptionOptions,
    ShownOptions,
    ResponseOptions,
    NameOptions,
    CommonOptions,
    total=False,
):
    """Options of a path operation: `@app.get("/items", status_code=201)`."""


class MethodOptions(TypedDict, total=False):
    """The HTTP methods of an operation."""

    methods: set[str] | list[str] | None
    """The HTTP methods. Defaults to `["GET"]`."""


class ApiRouteOptions(MethodOptions, RouteOptions, total=False):
    """`RouteOptions` for callables that take the HTTP methods as an argument."""


class StrictnessOptions(TypedDict, total=False):
    """Options for request bodies without a content type."""

    strict_content_type: Annotated[bool, DefaultIs(Default(True))]
    """Whether to parse a body as JSON only if its content type is JSON.

    `False` also parses bodies without a content type. The innermost one applies.
    """


class AddRouteOptions(ApiRouteOptions, StrictnessOptions, total=False):
    """`ApiRouteOptions` for methods that take the endpoint as an argument."""

    route_class_override: type[BaseRoute] | None
    """The class of this route. Defaults to the `route_class` of the router."""


class OverridesOptions(TypedDict, total=False):
    """The source of dependency overrides."""

    dependency_overrides_provider: Any | None
    """An object with a `dependency_overrides` mapping, usually the application."""


class RouteClassOptions(ApiRouteOptions, StrictnessOptions, OverridesOptions, total=False):
    """Options of a route object that a program creates itself."""


class PrefixOptions(TypedDict, total=False):
    """The common prefix of the paths of a router."""

    prefix: Annotated[str, DefaultIs("")]
    """A prefix for all paths. It starts with `/` and does not end with it. Joined, outer first."""


class GroupOptions(TypedDict, total=False):
    """Options of a group of routes."""

    default_response_class: Annotated[type[Response], DefaultIs(Default(JSONResponse))]
    """The class of responses of routes without a `response_class`. The innermost one applies."""


class IncludeOptions(
    PrefixOptions,
    TagOptions,
    WebSocketRouteOptions,
    GroupOptions,
    ShownOptions,
    CommonOptions,
    total=False,
):
    """Options for including a router."""


class LifeOptions(TypedDict, total=False):
    """Options of routers and applications for startup, shutdown and unmatched paths."""

    lifespan: Lifespan[Any] | None
    """An async context manager: it enters at startup and exits at shutdown."""
    redirect_slashes: Annotated[bool, DefaultIs(True)]
    """Whether to redirect `/items/` to `/items` (307), or the reverse, if only one exists."""
    auto_head: Annotated[bool, DefaultIs(True)]
    """Whether a GET route also handles HEAD: it sends the headers without the content.

    With `False` the response is a 405, as in FastAPI. A route that declares HEAD takes precedence.
    """
    routes: Annotated[
        list[BaseRoute] | None, deprecated_mark("Use the decorators and `include_router`")
    ]
    """The initial routes, as in Starlette."""
    on_startup: Sequence[Callable[[], Any]] | None
    """Functions to call at startup; prefer `lifespan`."""
    on_shutdown: Sequence[Callable[[], Any]] | None
    """Functions to call at shutdown; prefer `lifespan`."""


class OnlyRouterOptions(TypedDict, total=False):
    """Options that only routers have."""

    route_class: type[BaseRoute] | None
    """The class of the routes that the decorators create. Defaults to `APIRoute`."""
    default: ASGIApp | None
    """The ASGI application for paths that no route matches. By default the response is a 404."""


class RouterOptions(
    IncludeOptions,
    OnlyRouterOptions,
    LifeOptions,
    StrictnessOptions,
    OverridesOptions,
    total=False,
):
    """Options of a router: `APIRouter(prefix="/items", tags=["items"])`."""


class DocumentOptions(TypedDict, total=False):
    """Options of an application's OpenAPI document and documentation pages."""

    title: Annotated[str, DefaultIs("FastAPI")]
    """The name of the API."""
    summary: str | None
    """A short summary of the API."""
    description: Annotated[str, DefaultIs("")]
    """A description of the API, in Markdown."""
    version: Annotated[str, DefaultIs("0.1.0")]
    """The version of the API, not of the OpenAPI specification."""
    openapi_url: Annotated[str | None, DefaultIs("/openapi.json")]
    """The path of the OpenAPI document. `None` disables the document and the pages that show it."""
    docs_url: Annotated[str | None, DefaultIs("/docs")]
    """The path of the Swagger UI page. `None` disables it."""
    redoc_url: Annotated[str | None, DefaultIs("/redoc")]
    """The path of the ReDoc page. `None` disables it."""
    openapi_tags: list[dict[str, Any]] | None
    """The tags with their descriptions, in the order in which the documentation lists them."""
    servers: list[dict[str, str | Any]] | None
    """The servers of the API, each with `url` and `description`."""
    terms_of_service: str | None
    """The URL of the terms of service."""
    contact: dict[str, str | Any] | None
    """The contact for questions about the API: `name`, `url`, `email`."""
    license_info: dict[str, str | Any] | None
    """The licence of the API: `name`, and `identifier` or `url`."""
    openapi_external_docs: dict[str, Any] | None
    """A link to external documentation: `url` and `description`."""
    webhooks: Router | None
    """Requests that the application sends on its own initiative, for the documentation."""
    validation_error_responses: Responses | None
    """The documented responses to invalid requests, in place of the 422: `{400: {"model": E}}`.

    It describes what a handler of `RequestValidationError` sends. `{}` documents no response.
    """
    separate_input_output_schemas: Annotated[bool, DefaultIs(True)]
    """Whether a model gets separate schemas for input and output if the two differ."""
    swagger_ui_oauth2_redirect_url: Annotated[str | None, DefaultIs("/docs/oauth2-redirect")]
    """The path to which OAuth 2.0 providers redirect back to Swagger UI."""
    swagger_ui_init_oauth: dict[str, Any] | None
    """The OAuth 2.0 configuration of Swagger UI."""
    swagger_ui_parameters: dict[str, Any] | None
    """The configuration of Swagger UI."""
    scalar_url: str | None
    """The path of the Scalar page, such as `"/scalar"`. `None` disables it."""
    scalar_parameters: dict[str, Any] | None
    """The configuration of Scalar."""


class ErrorOptions(TypedDict, total=False):
    """Options of an application around its routes."""

    debug: Annotated[bool, DefaultIs(False)]
    """Whether responses to unhandled errors show the traceback. Never use it in production."""
    middleware: Sequence[Middleware] | None
    """The middleware, outermost first."""
    exception_handlers: Mapping[int | type[Exception], Callable[..., Any]] | None
    """The functions that turn errors into responses, by status code or exception class."""
    error_headers: Annotated[bool, DefaultIs(True)]
    """Whether responses to unhandled errors (500) carry the CORS headers and the request id.

    `False` sends them without, as FastAPI does; a browser then hides them from the page.
    """
    validation_error_input: Literal["mask", "all", "none"] | None
    """The part of an invalid request that its errors repeat, in their `input`.

    `"mask"` replaces secrets: values of `SecretStr` and `SecretBytes`, and of names such as
    `password`, `token`, `api_key`. `"all"` repeats everything, as FastAPI does; `"none"` nothing.
    `None` is `"mask"` under `pronghorn run`, `pronghorn dev` and `hardened`, else `"all"`.
    """


class AppOptions(
    DocumentOptions,
    WebSocketRouteOptions,
    ErrorOptions,
    LifeOptions,
    GroupOptions,
    ShownOptions,
    CommonOptions,
    total=False,
):
    """Options of an application: `FastAPI(title="Shop")`."""

    strict_content_type: Annotated[bool, DefaultIs(True)]
    """Whether to parse a body as JSON only if its content type is JSON.

    `False` also parses bodies without a content type. The innermost one applies.
    """
    root_path: Annotated[str, DefaultIs(""), deprecated_mark("Let the server set it")]
    """The path prefix under which a proxy serves the application."""
    root_path_in_servers: Annotated[bool, DefaultIs(True)]
    """Whether the OpenAPI document lists `root_path` as a server."""
    hardened: Annotated[bool, DefaultIs(False)]
    """Whether to hold the limits that could refuse a rare honest client, wherever it is served.

    A mounted application has its own. `docs/how-to/harden.md` lists what it turns on.
    """
    telemetry: Any | None
    """A `pronghorn.telemetry.TelemetryConfig`; requires the extra `opentelemetry`.

    `None` uses the global providers of the program, if there are any.
    """
    jobs: Any | None
    """A `pronghorn.jobs.Jobs`, which starts after the `lifespan` and stops before it."""
    background_tasks: Annotated[Literal["process", "durable"], DefaultIs("process")]
    """Whether background tasks stay in the `"process"`, or are `"durable"`: rows of the `jobs`."""


#: Options that FastAPI does not have: methods of programs that override ours get them if written.
OURS = ("max_json_size", "timeout", "on_disconnect", "websocket_origins", "cache")
#: The values of absent options, for the levels whose methods programs override.
ROUTE_DEFAULTS = option_defaults(RouteOptions, OURS)
API_ROUTE_DEFAULTS = option_defaults(ApiRouteOptions, OURS)
ROUTE_CLASS_DEFAULTS = option_defaults(RouteClassOptions)
INCLUDE_DEFAULTS = option_defaults(IncludeOptions, OURS)
WEBSOCKET_DEFAULTS = option_defaults(WebSocketOptions)
