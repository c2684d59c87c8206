# Written by `make stubs`, from the sources of this module. Do not edit it.
"""The application: a router with middleware, error handlers, documentation and a lifespan."""

from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import AbstractAsyncContextManager
from enum import Enum
from typing import Annotated, Any, Literal, Self, overload

from starlette.applications import Starlette
from starlette.datastructures import State
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, ExceptionHandler, Lifespan, Receive, Scope, Send
from starlette.websockets import WebSocket
from typing_extensions import Doc
from typing_extensions import deprecated as deprecated_mark

from pronghorn._form_limits import FormLimits
from pronghorn.datastructures import Default, DefaultPlaceholder
from pronghorn.declare.http_methods import ON_EVENT_IS_DEPRECATED
from pronghorn.declare.options import Responses
from pronghorn.health.check import Check
from pronghorn.hooks import JobRunner
from pronghorn.params import Depends
from pronghorn.routes.outside import T
from pronghorn.routing import APIRoute, APIRouter
from pronghorn.telemetry import TelemetryConfig
from pronghorn.types import CheckDirectory, DecoratedCallable, Directory, Fallback, IncEx
from pronghorn.utils import generate_unique_id

__all__ = ["FastAPI"]

class FastAPI(Starlette):
    """An HTTP API: an ASGI application made of typed functions.

    Example::

        app = FastAPI(title="Shop")

        @app.get("/items/{item_id}")
        async def read_item(item_id: int, q: str | None = None) -> Item: ...

    Raises:
        SetupError: An option is unknown or not valid.
    """

    router: APIRouter
    """The router that stores the routes of the application."""
    state: State
    """Attributes of the program, also reachable as `request.app.state`."""
    webhooks: APIRouter
    """Requests that the application sends on its own initiative, for the documentation.

    `@app.webhooks.post("order-shipped")` declares one.
    """
    dependency_overrides: dict[Callable[..., Any], Callable[..., Any]]
    """Replacements of dependencies, for tests: `app.dependency_overrides[get_db] = get_test_db`."""
    exception_handlers: dict[Any, Callable[..., Any]]
    """The functions that turn errors into responses, by status code or exception class."""
    user_middleware: list[Middleware]
    """The middleware of the program, outermost first."""
    middleware_stack: ASGIApp | None
    """The application with all of its layers; None before the first request."""
    debug: bool
    """Whether responses to unhandled errors show the traceback."""
    title: str
    """The name of the API."""
    summary: str | None
    """A short summary of the API."""
    description: str
    """A description of the API, in Markdown."""
    version: str
    """The version of the API."""
    terms_of_service: str | None
    contact: dict[str, Any] | None
    license_info: dict[str, Any] | None
    openapi_version: str
    """The version of OpenAPI that the document states."""
    openapi_schema: dict[str, Any] | None
    """The OpenAPI document that was written last, or that the program assigned."""
    openapi_url: str | None
    openapi_tags: list[dict[str, Any]] | None
    openapi_external_docs: dict[str, Any] | None
    servers: list[dict[str, str | Any]]
    docs_url: str | None
    redoc_url: str | None
    swagger_ui_oauth2_redirect_url: str | None
    swagger_ui_init_oauth: dict[str, Any] | None
    swagger_ui_parameters: dict[str, Any] | None
    validation_error_responses: dict[int | str, dict[str, Any]] | None
    scalar_url: str | None
    scalar_parameters: dict[str, Any] | None
    separate_input_output_schemas: bool
    root_path: str
    root_path_in_servers: bool
    error_headers: bool
    validation_error_input: Literal["mask", "all", "none"] | None
    """The part of an invalid request that its errors repeat."""
    hardened: bool
    """Whether the application holds strict limits wherever it is served."""
    max_body_size: int | None
    max_json_size: int | None
    websocket_origins: Sequence[str] | None
    def __init__(
        self,
        *,
        title: Annotated[str, Doc("The name of the API.")] = "FastAPI",
        summary: Annotated[str | None, Doc("A short summary of the API.")] = None,
        description: Annotated[str, Doc("A description of the API, in Markdown.")] = "",
        version: Annotated[
            str, Doc("The version of the API, not of the OpenAPI specification.")
        ] = "0.1.0",
        openapi_url: Annotated[
            str | None,
            Doc(
                "The path of the OpenAPI document. `None` disables the document and the pages"
                " that show it."
            ),
        ] = "/openapi.json",
        docs_url: Annotated[
            str | None, Doc("The path of the Swagger UI page. `None` disables it.")
        ] = "/docs",
        redoc_url: Annotated[
            str | None, Doc("The path of the ReDoc page. `None` disables it.")
        ] = "/redoc",
        openapi_tags: Annotated[
            list[dict[str, Any]] | None,
            Doc(
                "The tags with their descriptions, in the order in which the documentation "
                "lists them."
            ),
        ] = None,
        servers: Annotated[
            list[dict[str, str | Any]] | None,
            Doc("The servers of the API, each with `url` and `description`."),
        ] = None,
        terms_of_service: Annotated[str | None, Doc("The URL of the terms of service.")] = None,
        contact: Annotated[
            dict[str, str | Any] | None,
            Doc("The contact for questions about the API: `name`, `url`, `email`."),
        ] = None,
        license_info: Annotated[
            dict[str, str | Any] | None,
            Doc("The licence of the API: `name`, and `identifier` or `url`."),
        ] = None,
        openapi_external_docs: Annotated[
            dict[str, Any] | None, Doc("A link to external documentation: `url` and `description`.")
        ] = None,
        webhooks: Annotated[
            APIRouter | None,
            Doc(
                "Requests that the application sends on its own initiative, for the documentation."
            ),
        ] = None,
        validation_error_responses: Annotated[
            Responses | None,
            Doc(
                "The documented responses to invalid requests, in place of the 422: `{400: "
                '{"model": E}}`. It describes what a handler of `RequestValidationError` '
                "sends. `{}` documents no response."
            ),
        ] = None,
        separate_input_output_schemas: Annotated[
            bool,
            Doc("Whether a model gets separate schemas for input and output if the two differ."),
        ] = True,
        swagger_ui_oauth2_redirect_url: Annotated[
            str | None, Doc("The path to which OAuth 2.0 providers redirect back to Swagger UI.")
        ] = "/docs/oauth2-redirect",
        swagger_ui_init_oauth: Annotated[
            dict[str, Any] | None, Doc("The OAuth 2.0 configuration of Swagger UI.")
        ] = None,
        swagger_ui_parameters: Annotated[
            dict[str, Any] | None, Doc("The configuration of Swagger UI.")
        ] = None,
        scalar_url: Annotated[
            str | None, Doc('The path of the Scalar page, such as `"/scalar"`. `None` disables it.')
        ] = None,
        scalar_parameters: Annotated[
            dict[str, Any] | None, Doc("The configuration of Scalar.")
        ] = None,
        dependencies: Annotated[
            Sequence[Depends] | None,
            Doc(
                "Dependencies that run first and whose results are not used. Joined, outer "
                "ones first."
            ),
        ] = None,
        websocket_origins: Annotated[
            Sequence[str] | None,
            Doc(
                'The origins whose pages may open WebSockets: `["https://shop.example"]`; '
                "others get a 403. `https://*.shop.example` allows all subdomains, "
                '`"same-origin"` the origin of the request, `"*"` any. The innermost list '
                'applies. By default any, and `["same-origin"]` with `hardened`.'
            ),
        ] = None,
        debug: Annotated[
            bool,
            Doc(
                "Whether responses to unhandled errors show the traceback. Never use it in "
                "production."
            ),
        ] = False,
        middleware: Annotated[
            Sequence[Middleware] | None, Doc("The middleware, outermost first.")
        ] = None,
        exception_handlers: Annotated[
            Mapping[
                int | type[Exception],
                Callable[[Request, Any], Response | Awaitable[Response]]
                | Callable[[WebSocket, Any], Awaitable[None]],
            ]
            | None,
            Doc(
                "The functions that turn errors into responses, by status code or exception class."
            ),
        ] = None,
        error_headers: Annotated[
            bool,
            Doc(
                "Whether responses to unhandled errors (500) carry the CORS headers and the "
                "request id. `False` sends them without, as FastAPI does; a browser then "
                "hides them from the page."
            ),
        ] = True,
        validation_error_input: Annotated[
            Literal["mask", "all", "none"] | None,
            Doc(
                "The part of an invalid request that its errors repeat, in their `input`. "
                '`"mask"` replaces secrets: values of `SecretStr` and `SecretBytes`, and of '
                'names such as `password`, `token`, `api_key`. `"all"` repeats everything, as'
                ' FastAPI does; `"none"` nothing. `None` is `"mask"` under `pronghorn run`, '
                '`pronghorn dev` and `hardened`, else `"all"`.'
            ),
        ] = None,
        lifespan: Annotated[
            Lifespan[Self] | None,
            Doc("An async context manager: it enters at startup and exits at shutdown."),
        ] = None,
        redirect_slashes: Annotated[
            bool,
            Doc(
                "Whether to redirect `/items/` to `/items` (307), or the reverse, if only one"
                " exists."
            ),
        ] = True,
        auto_head: Annotated[
            bool,
            Doc(
                "Whether a GET route also handles HEAD: it sends the headers without the "
                "content. With `False` the response is a 405, as in FastAPI. A route that "
                "declares HEAD takes precedence."
            ),
        ] = True,
        routes: Annotated[
            Annotated[
                list[BaseRoute] | None, deprecated_mark("Use the decorators and `include_router`")
            ],
            Doc("The initial routes, as in Starlette."),
        ] = None,
        on_startup: Annotated[
            Sequence[Callable[[], Any]] | None,
            Doc("Functions to call at startup; prefer `lifespan`."),
        ] = None,
        on_shutdown: Annotated[
            Sequence[Callable[[], Any]] | None,
            Doc("Functions to call at shutdown; prefer `lifespan`."),
        ] = None,
        default_response_class: Annotated[
            type[Response],
            Doc(
                "The class of responses of routes without a `response_class`. The innermost "
                "one applies."
            ),
        ] = Default(JSONResponse),
        responses: Annotated[
            dict[int | str, dict[str, Any]] | None,
            Doc("Additional responses for the documentation. Merged; the inner one wins."),
        ] = None,
        deprecated: Annotated[
            bool | None,
            Doc("Whether to mark the operations as deprecated. True if it is true on any level."),
        ] = None,
        include_in_schema: Annotated[
            bool,
            Doc(
                "Whether the documentation shows the operations. False if it is false on any level."
            ),
        ] = True,
        callbacks: Annotated[
            list[BaseRoute] | None,
            Doc(
                "Requests that the application sends, for the documentation. Joined, outer "
                "ones first."
            ),
        ] = None,
        generate_unique_id_function: Annotated[
            Callable[[APIRoute], str],
            Doc(
                "A function that takes a route and returns its operation ID. The innermost "
                "one applies."
            ),
        ] = Default(generate_unique_id),
        max_body_size: Annotated[
            int | None,
            Doc(
                "The maximum size of a request body in bytes; the response to a larger one is"
                " a 413. `0` allows only empty bodies. The innermost limit applies, even if "
                "an outer one is smaller."
            ),
        ] = None,
        max_json_size: Annotated[
            int | None,
            Doc(
                "The `max_body_size` of bodies that are no uploads; the smaller one of both "
                "limits applies."
            ),
        ] = None,
        form_limits: Annotated[
            FormLimits | None,
            Doc("Limits for parsing forms. Merged key by key; the inner one wins."),
        ] = None,
        timeout: Annotated[
            float | None,
            Doc(
                "Seconds until a response has to begin, else 504; `math.inf`: none. The "
                "innermost applies."
            ),
        ] = None,
        on_disconnect: Annotated[
            Literal["cancel", "continue"] | None,
            Doc(
                "Whether the endpoint is cancelled when its client leaves. The innermost one "
                "applies."
            ),
        ] = None,
        cache: Annotated[
            Any | None,
            Doc(
                "A `pronghorn.cache.Cached`, to keep responses; `False`: none. The innermost "
                "one applies."
            ),
        ] = None,
        strict_content_type: Annotated[
            bool,
            Doc(
                "Whether to parse a body as JSON only if its content type is JSON. `False` "
                "also parses bodies without a content type. The innermost one applies."
            ),
        ] = True,
        root_path: Annotated[
            Annotated[str, deprecated_mark("Let the server set it")],
            Doc("The path prefix under which a proxy serves the application."),
        ] = "",
        root_path_in_servers: Annotated[
            bool, Doc("Whether the OpenAPI document lists `root_path` as a server.")
        ] = True,
        hardened: Annotated[
            bool,
            Doc(
                "Whether to hold the limits that could refuse a rare honest client, wherever "
                "it is served. A mounted application has its own. `docs/how-to/harden.md` "
                "lists what it turns on."
            ),
        ] = False,
        telemetry: Annotated[
            TelemetryConfig | None,
            Doc(
                "A `pronghorn.telemetry.TelemetryConfig`; requires the extra `opentelemetry`."
                " `None` uses the global providers of the program, if there are any."
            ),
        ] = None,
        jobs: Annotated[
            JobRunner | None,
            Doc("A `pronghorn.jobs.Jobs`, which starts after the `lifespan` and stops before it."),
        ] = None,
        background_tasks: Annotated[
            Literal["process", "durable"],
            Doc(
                'Whether background tasks stay in the `"process"`, or are `"durable"`: rows '
                "of the `jobs`."
            ),
        ] = "process",
    ) -> None:
        """An HTTP API: an ASGI application made of typed functions.

        Args:
            title: The name of the API.
            summary: A short summary of the API.
            description: A description of the API, in Markdown.
            version: The version of the API, not of the OpenAPI specification.
            openapi_url: The path of the OpenAPI document. `None` disables the document and the pages that show it.
            docs_url: The path of the Swagger UI page. `None` disables it.
            redoc_url: The path of the ReDoc page. `None` disables it.
            openapi_tags: The tags with their descriptions, in the order in which the documentation lists them.
            servers: The servers of the API, each with `url` and `description`.
            terms_of_service: The URL of the terms of service.
            contact: The contact for questions about the API: `name`, `url`, `email`.
            license_info: The licence of the API: `name`, and `identifier` or `url`.
            openapi_external_docs: A link to external documentation: `url` and `description`.
            webhooks: Requests that the application sends on its own initiative, for the documentation.
            validation_error_responses: The documented responses to invalid requests, in place of the 422: `{400: {"model": E}}`. It describes what a handler of `RequestValidationError` sends. `{}` documents no response.
            separate_input_output_schemas: Whether a model gets separate schemas for input and output if the two differ.
            swagger_ui_oauth2_redirect_url: The path to which OAuth 2.0 providers redirect back to Swagger UI.
            swagger_ui_init_oauth: The OAuth 2.0 configuration of Swagger UI.
            swagger_ui_parameters: The configuration of Swagger UI.
            scalar_url: The path of the Scalar page, such as `"/scalar"`. `None` disables it.
            scalar_parameters: The configuration of Scalar.
            dependencies: Dependencies that run first and whose results are not used. Joined, outer ones first.
            websocket_origins: The origins whose pages may open WebSockets: `["https://shop.example"]`; others get a 403. `https://*.shop.example` allows all subdomains, `"same-origin"` the origin of the request, `"*"` any. The innermost list applies. By default any, and `["same-origin"]` with `hardened`.
            debug: Whether responses to unhandled errors show the traceback. Never use it in production.
            middleware: The middleware, outermost first.
            exception_handlers: The functions that turn errors into responses, by status code or exception class.
            error_headers: Whether responses to unhandled errors (500) carry the CORS headers and the request id. `False` sends them without, as FastAPI does; a browser then hides them from the page.
            validation_error_input: The part of an invalid request that its errors repeat, in their `input`. `"mask"` replaces secrets: values of `SecretStr` and `SecretBytes`, and of names such as `password`, `token`, `api_key`. `"all"` repeats everything, as FastAPI does; `"none"` nothing. `None` is `"mask"` under `pronghorn run`, `pronghorn dev` and `hardened`, else `"all"`.
            lifespan: An async context manager: it enters at startup and exits at shutdown.
            redirect_slashes: Whether to redirect `/items/` to `/items` (307), or the reverse, if only one exists.
            auto_head: Whether a GET route also handles HEAD: it sends the headers without the content. With `False` the response is a 405, as in FastAPI. A route that declares HEAD takes precedence.
            routes: The initial routes, as in Starlette.
            on_startup: Functions to call at startup; prefer `lifespan`.
            on_shutdown: Functions to call at shutdown; prefer `lifespan`.
            default_response_class: The class of responses of routes without a `response_class`. The innermost one applies.
            responses: Additional responses for the documentation. Merged; the inner one wins.
            deprecated: Whether to mark the operations as deprecated. True if it is true on any level.
            include_in_schema: Whether the documentation shows the operations. False if it is false on any level.
            callbacks: Requests that the application sends, for the documentation. Joined, outer ones first.
            generate_unique_id_function: A function that takes a route and returns its operation ID. The innermost one applies.
            max_body_size: The maximum size of a request body in bytes; the response to a larger one is a 413. `0` allows only empty bodies. The innermost limit applies, even if an outer one is smaller.
            max_json_size: The `max_body_size` of bodies that are no uploads; the smaller one of both limits applies.
            form_limits: Limits for parsing forms. Merged key by key; the inner one wins.
            timeout: Seconds until a response has to begin, else 504; `math.inf`: none. The innermost applies.
            on_disconnect: Whether the endpoint is cancelled when its client leaves. The innermost one applies.
            cache: A `pronghorn.cache.Cached`, to keep responses; `False`: none. The innermost one applies.
            strict_content_type: Whether to parse a body as JSON only if its content type is JSON. `False` also parses bodies without a content type. The innermost one applies.
            root_path: The path prefix under which a proxy serves the application.
            root_path_in_servers: Whether the OpenAPI document lists `root_path` as a server.
            hardened: Whether to hold the limits that could refuse a rare honest client, wherever it is served. A mounted application has its own. `docs/how-to/harden.md` lists what it turns on.
            telemetry: A `pronghorn.telemetry.TelemetryConfig`; requires the extra `opentelemetry`. `None` uses the global providers of the program, if there are any.
            jobs: A `pronghorn.jobs.Jobs`, which starts after the `lifespan` and stops before it.
            background_tasks: Whether background tasks stay in the `"process"`, or are `"durable"`: rows of the `jobs`.

        Example::

            app = FastAPI(title="Shop")

            @app.get("/items/{item_id}")
            async def read_item(item_id: int, q: str | None = None) -> Item: ...

        Raises:
            SetupError: An option is unknown or not valid.
        """
        self.router: APIRouter
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None: ...
    def build_middleware_stack(self) -> ASGIApp:
        """Return the routes with all layers around them. Called once, before the first request.

        The layers, from the outside in: the response to unhandled errors, the limit of body sizes,
        the middleware of the program, its exception handlers, the routes.
        """
    def middleware(
        self,
        middleware_type: Annotated[str, Doc('`"http"`, the only type.')],
    ) -> Callable[[DecoratedCallable], DecoratedCallable]:
        """Declare a function that runs around every request.

        It is called with the request and with `call_next`; `await call_next(request)` returns the
        response of the application.

        Args:
            middleware_type: `"http"`, the only type.

        Returns:
            A decorator, which returns the function unchanged.

        Example::

            @app.middleware("http")
            async def add_header(request: Request, call_next: CallNext) -> Response:
                response = await call_next(request)
                response.headers["X-Served-By"] = "shop"
                return response
        """
    def exception_handler(
        self,
        exc_class_or_status_code: Annotated[
            int | type[Exception], Doc("The class, or the status code of an `HTTPException`.")
        ],
    ) -> Callable[[DecoratedCallable], DecoratedCallable]:
        """Declare the handler of a class of exceptions, or of a status code.

        Args:
            exc_class_or_status_code: The class, or the status code of an `HTTPException`.

        Returns:
            A decorator, which returns the function unchanged.

        Example::

            @app.exception_handler(OutOfStock)
            async def handle(request: Request, error: OutOfStock) -> Response:
                return JSONResponse({"item": error.item}, status_code=409)
        """
    def openapi(self) -> dict[str, Any]:
        """Return the OpenAPI document, which is written again after routes have changed."""
    def setup(self) -> None:
        """Add the routes of the OpenAPI document, and of the pages that show it."""
    def add_api_route(
        self,
        path: Annotated[str, Doc('The path, with parameters in braces: `"/items/{item_id}"`.')],
        endpoint: Annotated[Callable[..., Any], Doc("The function that handles requests.")],
        *,
        methods: Annotated[
            set[str] | list[str] | None, Doc('The HTTP methods. Defaults to `["GET"]`.')
        ] = None,
        response_model: Annotated[
            Any,
            Doc(
                "The type of the response, which validates, filters and documents the "
                "returned value. Defaults to the return annotation. `None` turns validation "
                "and filtering off."
            ),
        ] = Default(None),
        status_code: Annotated[
            int | None,
            Doc(
                "The status code of a successful response. Defaults to that of the response class."
            ),
        ] = None,
        tags: Annotated[
            list[str | Enum] | None,
            Doc(
                "The groups in the documentation to which the operations belong. Joined, "
                "outer ones first."
            ),
        ] = None,
        dependencies: Annotated[
            Sequence[Depends] | None,
            Doc(
                "Dependencies that run first and whose results are not used. Joined, outer "
                "ones first."
            ),
        ] = None,
        summary: Annotated[
            str | None,
            Doc("A short title for the documentation. Defaults to the name of the route as words."),
        ] = None,
        description: Annotated[
            str | None,
            Doc("A description in Markdown. Defaults to the docstring, up to the first form feed."),
        ] = None,
        response_description: Annotated[
            str, Doc("A description of the successful response, for the documentation.")
        ] = "Successful Response",
        responses: Annotated[
            dict[int | str, dict[str, Any]] | None,
            Doc("Additional responses for the documentation. Merged; the inner one wins."),
        ] = None,
        deprecated: Annotated[
            bool | None,
            Doc("Whether to mark the operations as deprecated. True if it is true on any level."),
        ] = None,
        include_in_schema: Annotated[
            bool,
            Doc(
                "Whether the documentation shows the operations. False if it is false on any level."
            ),
        ] = True,
        response_class: Annotated[
            type[Response] | DefaultPlaceholder,
            Doc(
                "The class of the response. Defaults to the innermost "
                "`default_response_class`. If no level sets a class, the model is serialised "
                "directly to JSON."
            ),
        ] = Default(JSONResponse),
        response_model_include: Annotated[
            IncEx | None, Doc("The fields of the response model to send. Defaults to all fields.")
        ] = None,
        response_model_exclude: Annotated[
            IncEx | None, Doc("The fields of the response model to leave out.")
        ] = None,
        response_model_by_alias: Annotated[
            bool, Doc("Whether to name the fields in the response by their aliases.")
        ] = True,
        response_model_exclude_unset: Annotated[
            bool, Doc("Whether to leave out fields that were not set when the model was created.")
        ] = False,
        response_model_exclude_defaults: Annotated[
            bool, Doc("Whether to leave out fields that equal their default.")
        ] = False,
        response_model_exclude_none: Annotated[
            bool, Doc("Whether to leave out fields that are `None`.")
        ] = False,
        name: Annotated[
            str | None,
            Doc("The name of the route for `url_path_for`. Defaults to the name of the endpoint."),
        ] = None,
        operation_id: Annotated[
            str | None,
            Doc("The operation ID. Defaults to the result of `generate_unique_id_function`."),
        ] = None,
        openapi_extra: Annotated[
            dict[str, Any] | None,
            Doc("Additional keys for the operation in the OpenAPI document; merged deeply."),
        ] = None,
        callbacks: Annotated[
            list[BaseRoute] | None,
            Doc(
                "Requests that the application sends, for the documentation. Joined, outer "
                "ones first."
            ),
        ] = None,
        generate_unique_id_function: Annotated[
            Callable[[APIRoute], str],
            Doc(
                "A function that takes a route and returns its operation ID. The innermost "
                "one applies."
            ),
        ] = Default(generate_unique_id),
        max_body_size: Annotated[
            int | None,
            Doc(
                "The maximum size of a request body in bytes; the response to a larger one is"
                " a 413. `0` allows only empty bodies. The innermost limit applies, even if "
                "an outer one is smaller."
            ),
        ] = None,
        max_json_size: Annotated[
            int | None,
            Doc(
                "The `max_body_size` of bodies that are no uploads; the smaller one of both "
                "limits applies."
            ),
        ] = None,
        form_limits: Annotated[
            FormLimits | None,
            Doc("Limits for parsing forms. Merged key by key; the inner one wins."),
        ] = None,
        timeout: Annotated[
            float | None,
            Doc(
                "Seconds until a response has to begin, else 504; `math.inf`: none. The "
                "innermost applies."
            ),
        ] = None,
        on_disconnect: Annotated[
            Literal["cancel", "continue"] | None,
            Doc(
                "Whether the endpoint is cancelled when its client leaves. The innermost one "
                "applies."
            ),
        ] = None,
        cache: Annotated[
            Any | None,
            Doc(
                "A `pronghorn.cache.Cached`, to keep responses; `False`: none. The innermost "
                "one applies."
            ),
        ] = None,
        strict_content_type: Annotated[
            bool,
            Doc(
                "Whether to parse a body as JSON only if its content type is JSON. `False` "
                "also parses bodies without a content type. The innermost one applies."
            ),
        ] = Default(True),
        route_class_override: Annotated[
            type[APIRoute] | None,
            Doc("The class of this route. Defaults to the `route_class` of the router."),
        ] = None,
    ) -> None:
        """Add an operation without a decorator.

        Args:
            path: The path, with parameters in braces: `"/items/{item_id}"`.
            endpoint: The function that handles requests.
            methods: The HTTP methods. Defaults to `["GET"]`.
            response_model: The type of the response, which validates, filters and documents the returned value. Defaults to the return annotation. `None` turns validation and filtering off.
            status_code: The status code of a successful response. Defaults to that of the response class.
            tags: The groups in the documentation to which the operations belong. Joined, outer ones first.
            dependencies: Dependencies that run first and whose results are not used. Joined, outer ones first.
            summary: A short title for the documentation. Defaults to the name of the route as words.
            description: A description in Markdown. Defaults to the docstring, up to the first form feed.
            response_description: A description of the successful response, for the documentation.
            responses: Additional responses for the documentation. Merged; the inner one wins.
            deprecated: Whether to mark the operations as deprecated. True if it is true on any level.
            include_in_schema: Whether the documentation shows the operations. False if it is false on any level.
            response_class: The class of the response. Defaults to the innermost `default_response_class`. If no level sets a class, the model is serialised directly to JSON.
            response_model_include: The fields of the response model to send. Defaults to all fields.
            response_model_exclude: The fields of the response model to leave out.
            response_model_by_alias: Whether to name the fields in the response by their aliases.
            response_model_exclude_unset: Whether to leave out fields that were not set when the model was created.
            response_model_exclude_defaults: Whether to leave out fields that equal their default.
            response_model_exclude_none: Whether to leave out fields that are `None`.
            name: The name of the route for `url_path_for`. Defaults to the name of the endpoint.
            operation_id: The operation ID. Defaults to the result of `generate_unique_id_function`.
            openapi_extra: Additional keys for the operation in the OpenAPI document; merged deeply.
            callbacks: Requests that the application sends, for the documentation. Joined, outer ones first.
            generate_unique_id_function: A function that takes a route and returns its operation ID. The innermost one applies.
            max_body_size: The maximum size of a request body in bytes; the response to a larger one is a 413. `0` allows only empty bodies. The innermost limit applies, even if an outer one is smaller.
            max_json_size: The `max_body_size` of bodies that are no uploads; the smaller one of both limits applies.
            form_limits: Limits for parsing forms. Merged key by key; the inner one wins.
            timeout: Seconds until a response has to begin, else 504; `math.inf`: none. The innermost applies.
            on_disconnect: Whether the endpoint is cancelled when its client leaves. The innermost one applies.
            cache: A `pronghorn.cache.Cached`, to keep responses; `False`: none. The innermost one applies.
            strict_content_type: Whether to parse a body as JSON only if its content type is JSON. `False` also parses bodies without a content type. The innermost one applies.
            route_class_override: The class of this route. Defaults to the `route_class` of the router.
        """
    def add_api_websocket_route(
        self,
        path: Annotated[str, Doc("The path, with parameters in braces.")],
        endpoint: Annotated[
            Callable[..., Any], Doc("The coroutine function that serves connections.")
        ],
        name: Annotated[
            str | None, Doc("The name for `url_path_for`; by default the name of the function.")
        ] = None,
        *,
        dependencies: Annotated[
            Sequence[Depends] | None,
            Doc(
                "Dependencies that run first and whose results are not used. Joined, outer "
                "ones first."
            ),
        ] = None,
        websocket_origins: Annotated[
            Sequence[str] | None,
            Doc(
                'The origins whose pages may open WebSockets: `["https://shop.example"]`; '
                "others get a 403. `https://*.shop.example` allows all subdomains, "
                '`"same-origin"` the origin of the request, `"*"` any. The innermost list '
                'applies. By default any, and `["same-origin"]` with `hardened`.'
            ),
        ] = None,
    ) -> None:
        """Add a WebSocket route without a decorator.

        Args:
            path: The path, with parameters in braces.
            endpoint: The coroutine function that serves connections.
            name: The name for `url_path_for`; by default the name of the function.
            dependencies: Dependencies that run first and whose results are not used. Joined, outer ones first.
            websocket_origins: The origins whose pages may open WebSockets: `["https://shop.example"]`; others get a 403. `https://*.shop.example` allows all subdomains, `"same-origin"` the origin of the request, `"*"` any. The innermost list applies. By default any, and `["same-origin"]` with `hardened`.
        """
    def frontend(
        self,
        path: Annotated[str, Doc("The path of the frontend; begins with `/`.")],
        *,
        directory: Annotated[Directory, Doc("The directory of the build.")],
        fallback: Annotated[
            Fallback,
            Doc(
                'The file for a path without one: `"404.html"`, `"index.html"` for paths that'
                ' the page routes itself, or `"auto"` for whichever of them exists. `None` '
                "leaves it to the 404 of the application."
            ),
        ] = "auto",
        check_dir: Annotated[
            CheckDirectory,
            Doc('Whether the directory must exist now. `"auto"` only warns in development.'),
        ] = "auto",
    ) -> None:
        """Serve the files that a frontend tool has built, for requests that no route matches.

        Args:
            path: The path of the frontend; begins with `/`.
            directory: The directory of the build.
            fallback: The file for a path without one: `"404.html"`, `"index.html"` for paths that the page routes itself, or `"auto"` for whichever of them exists. `None` leaves it to the 404 of the application.
            check_dir: Whether the directory must exist now. `"auto"` only warns in development.

        Raises:
            SetupError: The path or the fallback is not valid, or the directory does not exist.
        """
    def include_router(
        self,
        router: Annotated[
            APIRouter,
            Doc("The router. A plain Starlette router works too, but type checkers refuse it."),
        ],
        *,
        prefix: Annotated[
            str,
            Doc(
                "A prefix for all paths. It starts with `/` and does not end with it. Joined,"
                " outer first."
            ),
        ] = "",
        tags: Annotated[
            list[str | Enum] | None,
            Doc(
                "The groups in the documentation to which the operations belong. Joined, "
                "outer ones first."
            ),
        ] = None,
        dependencies: Annotated[
            Sequence[Depends] | None,
            Doc(
                "Dependencies that run first and whose results are not used. Joined, outer "
                "ones first."
            ),
        ] = None,
        websocket_origins: Annotated[
            Sequence[str] | None,
            Doc(
                'The origins whose pages may open WebSockets: `["https://shop.example"]`; '
                "others get a 403. `https://*.shop.example` allows all subdomains, "
                '`"same-origin"` the origin of the request, `"*"` any. The innermost list '
                'applies. By default any, and `["same-origin"]` with `hardened`.'
            ),
        ] = None,
        default_response_class: Annotated[
            type[Response],
            Doc(
                "The class of responses of routes without a `response_class`. The innermost "
                "one applies."
            ),
        ] = Default(JSONResponse),
        responses: Annotated[
            dict[int | str, dict[str, Any]] | None,
            Doc("Additional responses for the documentation. Merged; the inner one wins."),
        ] = None,
        deprecated: Annotated[
            bool | None,
            Doc("Whether to mark the operations as deprecated. True if it is true on any level."),
        ] = None,
        include_in_schema: Annotated[
            bool,
            Doc(
                "Whether the documentation shows the operations. False if it is false on any level."
            ),
        ] = True,
        callbacks: Annotated[
            list[BaseRoute] | None,
            Doc(
                "Requests that the application sends, for the documentation. Joined, outer "
                "ones first."
            ),
        ] = None,
        generate_unique_id_function: Annotated[
            Callable[[APIRoute], str],
            Doc(
                "A function that takes a route and returns its operation ID. The innermost "
                "one applies."
            ),
        ] = Default(generate_unique_id),
        max_body_size: Annotated[
            int | None,
            Doc(
                "The maximum size of a request body in bytes; the response to a larger one is"
                " a 413. `0` allows only empty bodies. The innermost limit applies, even if "
                "an outer one is smaller."
            ),
        ] = None,
        max_json_size: Annotated[
            int | None,
            Doc(
                "The `max_body_size` of bodies that are no uploads; the smaller one of both "
                "limits applies."
            ),
        ] = None,
        form_limits: Annotated[
            FormLimits | None,
            Doc("Limits for parsing forms. Merged key by key; the inner one wins."),
        ] = None,
        timeout: Annotated[
            float | None,
            Doc(
                "Seconds until a response has to begin, else 504; `math.inf`: none. The "
                "innermost applies."
            ),
        ] = None,
        on_disconnect: Annotated[
            Literal["cancel", "continue"] | None,
            Doc(
                "Whether the endpoint is cancelled when its client leaves. The innermost one "
                "applies."
            ),
        ] = None,
        cache: Annotated[
            Any | None,
            Doc(
                "A `pronghorn.cache.Cached`, to keep responses; `False`: none. The innermost "
                "one applies."
            ),
        ] = None,
    ) -> None:
        """Add the routes of a router to this application.

        Routes that are added to the router later are included as well. A router may be included
        several times, with different options.

        Args:
            router: The router. A plain Starlette router works too, but type checkers refuse it.
            prefix: A prefix for all paths. It starts with `/` and does not end with it. Joined, outer first.
            tags: The groups in the documentation to which the operations belong. Joined, outer ones first.
            dependencies: Dependencies that run first and whose results are not used. Joined, outer ones first.
            websocket_origins: The origins whose pages may open WebSockets: `["https://shop.example"]`; others get a 403. `https://*.shop.example` allows all subdomains, `"same-origin"` the origin of the request, `"*"` any. The innermost list applies. By default any, and `["same-origin"]` with `hardened`.
            default_response_class: The class of responses of routes without a `response_class`. The innermost one applies.
            responses: Additional responses for the documentation. Merged; the inner one wins.
            deprecated: Whether to mark the operations as deprecated. True if it is true on any level.
            include_in_schema: Whether the documentation shows the operations. False if it is false on any level.
            callbacks: Requests that the application sends, for the documentation. Joined, outer ones first.
            generate_unique_id_function: A function that takes a route and returns its operation ID. The innermost one applies.
            max_body_size: The maximum size of a request body in bytes; the response to a larger one is a 413. `0` allows only empty bodies. The innermost limit applies, even if an outer one is smaller.
            max_json_size: The `max_body_size` of bodies that are no uploads; the smaller one of both limits applies.
            form_limits: Limits for parsing forms. Merged key by key; the inner one wins.
            timeout: Seconds until a response has to begin, else 504; `math.inf`: none. The innermost applies.
            on_disconnect: Whether the endpoint is cancelled when its client leaves. The innermost one applies.
            cache: A `pronghorn.cache.Cached`, to keep responses; `False`: none. The innermost one applies.

        Raises:
            SetupError: The prefix is malformed, or prefix and path are both empty.

        Example::

            app.include_router(items.router, prefix="/items", tags=["items"])
        """
    def add_event_handler(self, event_type: str, func: Callable[[], Any]) -> None:
        """Add a handler for `"startup"` or `"shutdown"`; prefer `lifespan`."""
    @deprecated_mark(ON_EVENT_IS_DEPRECATED)
    def on_event(self, event_type: str) -> Callable[[DecoratedCallable], DecoratedCallable]:
        """Declare a handler for `"startup"` or `"shutdown"`; prefer `lifespan`."""
    def api_route(
        self,
        path: Annotated[str, Doc('The path, with parameters in braces: `"/items/{item_id}"`.')],
        *,
        methods: Annotated[
            set[str] | list[str] | None, Doc('The HTTP methods. Defaults to `["GET"]`.')
        ] = None,
        response_model: Annotated[
            Any,
            Doc(
                "The type of the response, which validates, filters and documents the "
                "returned value. Defaults to the return annotation. `None` turns validation "
                "and filtering off."
            ),
        ] = Default(None),
        status_code: Annotated[
            int | None,
            Doc(
                "The status code of a successful response. Defaults to that of the response class."
            ),
        ] = None,
        tags: Annotated[
            list[str | Enum] | None,
            Doc(
                "The groups in the documentation to which the operations belong. Joined, "
                "outer ones first."
            ),
        ] = None,
        dependencies: Annotated[
            Sequence[Depends] | None,
            Doc(
                "Dependencies that run first and whose results are not used. Joined, outer "
                "ones first."
            ),
        ] = None,
        summary: Annotated[
            str | None,
            Doc("A short title for the documentation. Defaults to the name of the route as words."),
        ] = None,
        description: Annotated[
            str | None,
            Doc("A description in Markdown. Defaults to the docstring, up to the first form feed."),
        ] = None,
        response_description: Annotated[
            str, Doc("A description of the successful response, for the documentation.")
        ] = "Successful Response",
        responses: Annotated[
            dict[int | str, dict[str, Any]] | None,
            Doc("Additional responses for the documentation. Merged; the inner one wins."),
        ] = None,
        deprecated: Annotated[
            bool | None,
            Doc("Whether to mark the operations as deprecated. True if it is true on any level."),
        ] = None,
        include_in_schema: Annotated[
            bool,
            Doc(
                "Whether the documentation shows the operations. False if it is false on any level."
            ),
        ] = True,
        response_class: Annotated[
            type[Response],
            Doc(
                "The class of the response. Defaults to the innermost "
                "`default_response_class`. If no level sets a class, the model is serialised "
                "directly to JSON."
            ),
        ] = Default(JSONResponse),
        response_model_include: Annotated[
            IncEx | None, Doc("The fields of the response model to send. Defaults to all fields.")
        ] = None,
        response_model_exclude: Annotated[
            IncEx | None, Doc("The fields of the response model to leave out.")
        ] = None,
        response_model_by_alias: Annotated[
            bool, Doc("Whether to name the fields in the response by their aliases.")
        ] = True,
        response_model_exclude_unset: Annotated[
            bool, Doc("Whether to leave out fields that were not set when the model was created.")
        ] = False,
        response_model_exclude_defaults: Annotated[
            bool, Doc("Whether to leave out fields that equal their default.")
        ] = False,
        response_model_exclude_none: Annotated[
            bool, Doc("Whether to leave out fields that are `None`.")
        ] = False,
        name: Annotated[
            str | None,
            Doc("The name of the route for `url_path_for`. Defaults to the name of the endpoint."),
        ] = None,
        operation_id: Annotated[
            str | None,
            Doc("The operation ID. Defaults to the result of `generate_unique_id_function`."),
        ] = None,
        openapi_extra: Annotated[
            dict[str, Any] | None,
            Doc("Additional keys for the operation in the OpenAPI document; merged deeply."),
        ] = None,
        callbacks: Annotated[
            list[BaseRoute] | None,
            Doc(
                "Requests that the application sends, for the documentation. Joined, outer "
                "ones first."
            ),
        ] = None,
        generate_unique_id_function: Annotated[
            Callable[[APIRoute], str],
            Doc(
                "A function that takes a route and returns its operation ID. The innermost "
                "one applies."
            ),
        ] = Default(generate_unique_id),
        max_body_size: Annotated[
            int | None,
            Doc(
                "The maximum size of a request body in bytes; the response to a larger one is"
                " a 413. `0` allows only empty bodies. The innermost limit applies, even if "
                "an outer one is smaller."
            ),
        ] = None,
        max_json_size: Annotated[
            int | None,
            Doc(
                "The `max_body_size` of bodies that are no uploads; the smaller one of both "
                "limits applies."
            ),
        ] = None,
        form_limits: Annotated[
            FormLimits | None,
            Doc("Limits for parsing forms. Merged key by key; the inner one wins."),
        ] = None,
        timeout: Annotated[
            float | None,
            Doc(
                "Seconds until a response has to begin, else 504; `math.inf`: none. The "
                "innermost applies."
            ),
        ] = None,
        on_disconnect: Annotated[
            Literal["cancel", "continue"] | None,
            Doc(
                "Whether the endpoint is cancelled when its client leaves. The innermost one "
                "applies."
            ),
        ] = None,
        cache: Annotated[
            Any | None,
            Doc(
                "A `pronghorn.cache.Cached`, to keep responses; `False`: none. The innermost "
                "one applies."
            ),
        ] = None,
    ) -> Callable[[DecoratedCallable], DecoratedCallable]:
        """Declare an operation with several HTTP methods.

        Args:
            path: The path, with parameters in braces: `"/items/{item_id}"`.
            methods: The HTTP methods. Defaults to `["GET"]`.
            response_model: The type of the response, which validates, filters and documents the returned value. Defaults to the return annotation. `None` turns validation and filtering off.
            status_code: The status code of a successful response. Defaults to that of the response class.
            tags: The groups in the documentation to which the operations belong. Joined, outer ones first.
            dependencies: Dependencies that run first and whose results are not used. Joined, outer ones first.
            summary: A short title for the documentation. Defaults to the name of the route as words.
            description: A description in Markdown. Defaults to the docstring, up to the first form feed.
            response_description: A description of the successful response, for the documentation.
            responses: Additional responses for the documentation. Merged; the inner one wins.
            deprecated: Whether to mark the operations as deprecated. True if it is true on any level.
            include_in_schema: Whether the documentation shows the operations. False if it is false on any level.
            response_class: The class of the response. Defaults to the innermost `default_response_class`. If no level sets a class, the model is serialised directly to JSON.
            response_model_include: The fields of the response model to send. Defaults to all fields.
            response_model_exclude: The fields of the response model to leave out.
            response_model_by_alias: Whether to name the fields in the response by their aliases.
            response_model_exclude_unset: Whether to leave out fields that were not set when the model was created.
            response_model_exclude_defaults: Whether to leave out fields that equal their default.
            response_model_exclude_none: Whether to leave out fields that are `None`.
            name: The name of the route for `url_path_for`. Defaults to the name of the endpoint.
            operation_id: The operation ID. Defaults to the result of `generate_unique_id_function`.
            openapi_extra: Additional keys for the operation in the OpenAPI document; merged deeply.
            callbacks: Requests that the application sends, for the documentation. Joined, outer ones first.
            generate_unique_id_function: A function that takes a route and returns its operation ID. The innermost one applies.
            max_body_size: The maximum size of a request body in bytes; the response to a larger one is a 413. `0` allows only empty bodies. The innermost limit applies, even if an outer one is smaller.
            max_json_size: The `max_body_size` of bodies that are no uploads; the smaller one of both limits applies.
            form_limits: Limits for parsing forms. Merged key by key; the inner one wins.
            timeout: Seconds until a response has to begin, else 504; `math.inf`: none. The innermost applies.
            on_disconnect: Whether the endpoint is cancelled when its client leaves. The innermost one applies.
            cache: A `pronghorn.cache.Cached`, to keep responses; `False`: none. The innermost one applies.

        Returns:
            A decorator, which returns the function unchanged.

        Example::

            @app.api_route("/items", methods=["GET", "HEAD"])
            async def read_items() -> list[Item]: ...
        """
    def websocket(
        self,
        path: Annotated[str, Doc("The path, with parameters in braces.")],
        name: Annotated[
            str | None, Doc("The name for `url_path_for`; by default the name of the function.")
        ] = None,
        *,
        dependencies: Annotated[
            Sequence[Depends] | None,
            Doc(
                "Dependencies that run first and whose results are not used. Joined, outer "
                "ones first."
            ),
        ] = None,
        websocket_origins: Annotated[
            Sequence[str] | None,
            Doc(
                'The origins whose pages may open WebSockets: `["https://shop.example"]`; '
                "others get a 403. `https://*.shop.example` allows all subdomains, "
                '`"same-origin"` the origin of the request, `"*"` any. The innermost list '
                'applies. By default any, and `["same-origin"]` with `hardened`.'
            ),
        ] = None,
    ) -> Callable[[DecoratedCallable], DecoratedCallable]:
        """Declare a WebSocket route (RFC 6455) with the dependencies of an operation.

        Args:
            path: The path, with parameters in braces.
            name: The name for `url_path_for`; by default the name of the function.
            dependencies: Dependencies that run first and whose results are not used. Joined, outer ones first.
            websocket_origins: The origins whose pages may open WebSockets: `["https://shop.example"]`; others get a 403. `https://*.shop.example` allows all subdomains, `"same-origin"` the origin of the request, `"*"` any. The innermost list applies. By default any, and `["same-origin"]` with `hardened`.

        Returns:
            A decorator, which returns the function unchanged.

        Example::

            @app.websocket("/chat/{room}")
            async def chat(websocket: WebSocket, room: str) -> None:
                await websocket.accept()
        """
    def websocket_route(
        self,
        path: Annotated[str, Doc("The path, with parameters in braces.")],
        name: Annotated[
            str | None, Doc("The name for `url_path_for`; by default the name of the function.")
        ] = None,
    ) -> Callable[[DecoratedCallable], DecoratedCallable]:
        """Declare a plain Starlette WebSocket route, without dependencies.

        Args:
            path: The path, with parameters in braces.
            name: The name for `url_path_for`; by default the name of the function.
        """
    def get(
        self,
        path: Annotated[str, Doc('The path, with parameters in braces: `"/items/{item_id}"`.')],
        *,
        response_model: Annotated[
            Any,
            Doc(
                "The type of the response, which validates, filters and documents the "
                "returned value. Defaults to the return annotation. `None` turns validation "
                "and filtering off."
            ),
        ] = Default(None),
        status_code: Annotated[
            int | None,
            Doc(
                "The status code of a successful response. Defaults to that of the response class."
            ),
        ] = None,
        tags: Annotated[
            list[str | Enum] | None,
            Doc(
                "The groups in the documentation to which the operations belong. Joined, "
                "outer ones first."
            ),
        ] = None,
        dependencies: Annotated[
            Sequence[Depends] | None,
            Doc(
                "Dependencies that run first and whose results are not used. Joined, outer "
                "ones first."
            ),
        ] = None,
        summary: Annotated[
            str | None,
            Doc("A short title for the documentation. Defaults to the name of the route as words."),
        ] = None,
        description: Annotated[
            str | None,
            Doc("A description in Markdown. Defaults to the docstring, up to the first form feed."),
        ] = None,
        response_description: Annotated[
            str, Doc("A description of the successful response, for the documentation.")
        ] = "Successful Response",
        responses: Annotated[
            dict[int | str, dict[str, Any]] | None,
            Doc("Additional responses for the documentation. Merged; the inner one wins."),
        ] = None,
        deprecated: Annotated[
            bool | None,
            Doc("Whether to mark the operations as deprecated. True if it is true on any level."),
        ] = None,
        include_in_schema: Annotated[
            bool,
            Doc(
                "Whether the documentation shows the operations. False if it is false on any level."
            ),
        ] = True,
        response_class: Annotated[
            type[Response],
            Doc(
                "The class of the response. Defaults to the innermost "
                "`default_response_class`. If no level sets a class, the model is serialised "
                "directly to JSON."
            ),
        ] = Default(JSONResponse),
        response_model_include: Annotated[
            IncEx | None, Doc("The fields of the response model to send. Defaults to all fields.")
        ] = None,
        response_model_exclude: Annotated[
            IncEx | None, Doc("The fields of the response model to leave out.")
        ] = None,
        response_model_by_alias: Annotated[
            bool, Doc("Whether to name the fields in the response by their aliases.")
        ] = True,
        response_model_exclude_unset: Annotated[
            bool, Doc("Whether to leave out fields that were not set when the model was created.")
        ] = False,
        response_model_exclude_defaults: Annotated[
            bool, Doc("Whether to leave out fields that equal their default.")
        ] = False,
        response_model_exclude_none: Annotated[
            bool, Doc("Whether to leave out fields that are `None`.")
        ] = False,
        name: Annotated[
            str | None,
            Doc("The name of the route for `url_path_for`. Defaults to the name of the endpoint."),
        ] = None,
        operation_id: Annotated[
            str | None,
            Doc("The operation ID. Defaults to the result of `generate_unique_id_function`."),
        ] = None,
        openapi_extra: Annotated[
            dict[str, Any] | None,
            Doc("Additional keys for the operation in the OpenAPI document; merged deeply."),
        ] = None,
        callbacks: Annotated[
            list[BaseRoute] | None,
            Doc(
                "Requests that the application sends, for the documentation. Joined, outer "
                "ones first."
            ),
        ] = None,
        generate_unique_id_function: Annotated[
            Callable[[APIRoute], str],
            Doc(
                "A function that takes a route and returns its operation ID. The innermost "
                "one applies."
            ),
        ] = Default(generate_unique_id),
        max_body_size: Annotated[
            int | None,
            Doc(
                "The maximum size of a request body in bytes; the response to a larger one is"
                " a 413. `0` allows only empty bodies. The innermost limit applies, even if "
                "an outer one is smaller."
            ),
        ] = None,
        max_json_size: Annotated[
            int | None,
            Doc(
                "The `max_body_size` of bodies that are no uploads; the smaller one of both "
                "limits applies."
            ),
        ] = None,
        form_limits: Annotated[
            FormLimits | None,
            Doc("Limits for parsing forms. Merged key by key; the inner one wins."),
        ] = None,
        timeout: Annotated[
            float | None,
            Doc(
                "Seconds until a response has to begin, else 504; `math.inf`: none. The "
                "innermost applies."
            ),
        ] = None,
        on_disconnect: Annotated[
            Literal["cancel", "continue"] | None,
            Doc(
                "Whether the endpoint is cancelled when its client leaves. The innermost one "
                "applies."
            ),
        ] = None,
        cache: Annotated[
            Any | None,
            Doc(
                "A `pronghorn.cache.Cached`, to keep responses; `False`: none. The innermost "
                "one applies."
            ),
        ] = None,
    ) -> Callable[[DecoratedCallable], DecoratedCallable]:
        """Declare a GET operation: read something (RFC 9110, section 9.3.1).

        Args:
            path: The path, with parameters in braces: `"/items/{item_id}"`.
            response_model: The type of the response, which validates, filters and documents the returned value. Defaults to the return annotation. `None` turns validation and filtering off.
            status_code: The status code of a successful response. Defaults to that of the response class.
            tags: The groups in the documentation to which the operations belong. Joined, outer ones first.
            dependencies: Dependencies that run first and whose results are not used. Joined, outer ones first.
            summary: A short title for the documentation. Defaults to the name of the route as words.
            description: A description in Markdown. Defaults to the docstring, up to the first form feed.
            response_description: A description of the successful response, for the documentation.
            responses: Additional responses for the documentation. Merged; the inner one wins.
            deprecated: Whether to mark the operations as deprecated. True if it is true on any level.
            include_in_schema: Whether the documentation shows the operations. False if it is false on any level.
            response_class: The class of the response. Defaults to the innermost `default_response_class`. If no level sets a class, the model is serialised directly to JSON.
            response_model_include: The fields of the response model to send. Defaults to all fields.
            response_model_exclude: The fields of the response model to leave out.
            response_model_by_alias: Whether to name the fields in the response by their aliases.
            response_model_exclude_unset: Whether to leave out fields that were not set when the model was created.
            response_model_exclude_defaults: Whether to leave out fields that equal their default.
            response_model_exclude_none: Whether to leave out fields that are `None`.
            name: The name of the route for `url_path_for`. Defaults to the name of the endpoint.
            operation_id: The operation ID. Defaults to the result of `generate_unique_id_function`.
            openapi_extra: Additional keys for the operation in the OpenAPI document; merged deeply.
            callbacks: Requests that the application sends, for the documentation. Joined, outer ones first.
            generate_unique_id_function: A function that takes a route and returns its operation ID. The innermost one applies.
            max_body_size: The maximum size of a request body in bytes; the response to a larger one is a 413. `0` allows only empty bodies. The innermost limit applies, even if an outer one is smaller.
            max_json_size: The `max_body_size` of bodies that are no uploads; the smaller one of both limits applies.
            form_limits: Limits for parsing forms. Merged key by key; the inner one wins.
            timeout: Seconds until a response has to begin, else 504; `math.inf`: none. The innermost applies.
            on_disconnect: Whether the endpoint is cancelled when its client leaves. The innermost one applies.
            cache: A `pronghorn.cache.Cached`, to keep responses; `False`: none. The innermost one applies.

        Returns:
            A decorator, which returns the function unchanged.

        Example::

            @app.get("/items/{item_id}")
            async def read_item(item_id: int, q: str | None = None) -> Item: ...
        """
    def put(
        self,
        path: Annotated[str, Doc('The path, with parameters in braces: `"/items/{item_id}"`.')],
        *,
        response_model: Annotated[
            Any,
            Doc(
                "The type of the response, which validates, filters and documents the "
                "returned value. Defaults to the return annotation. `None` turns validation "
                "and filtering off."
            ),
        ] = Default(None),
        status_code: Annotated[
            int | None,
            Doc(
                "The status code of a successful response. Defaults to that of the response class."
            ),
        ] = None,
        tags: Annotated[
            list[str | Enum] | None,
            Doc(
                "The groups in the documentation to which the operations belong. Joined, "
                "outer ones first."
            ),
        ] = None,
        dependencies: Annotated[
            Sequence[Depends] | None,
            Doc(
                "Dependencies that run first and whose results are not used. Joined, outer "
                "ones first."
            ),
        ] = None,
        summary: Annotated[
            str | None,
            Doc("A short title for the documentation. Defaults to the name of the route as words."),
        ] = None,
        description: Annotated[
            str | None,
            Doc("A description in Markdown. Defaults to the docstring, up to the first form feed."),
        ] = None,
        response_description: Annotated[
            str, Doc("A description of the successful response, for the documentation.")
        ] = "Successful Response",
        responses: Annotated[
            dict[int | str, dict[str, Any]] | None,
            Doc("Additional responses for the documentation. Merged; the inner one wins."),
        ] = None,
        deprecated: Annotated[
            bool | None,
            Doc("Whether to mark the operations as deprecated. True if it is true on any level."),
        ] = None,
        include_in_schema: Annotated[
            bool,
            Doc(
                "Whether the documentation shows the operations. False if it is false on any level."
            ),
        ] = True,
        response_class: Annotated[
            type[Response],
            Doc(
                "The class of the response. Defaults to the innermost "
                "`default_response_class`. If no level sets a class, the model is serialised "
                "directly to JSON."
            ),
        ] = Default(JSONResponse),
        response_model_include: Annotated[
            IncEx | None, Doc("The fields of the response model to send. Defaults to all fields.")
        ] = None,
        response_model_exclude: Annotated[
            IncEx | None, Doc("The fields of the response model to leave out.")
        ] = None,
        response_model_by_alias: Annotated[
            bool, Doc("Whether to name the fields in the response by their aliases.")
        ] = True,
        response_model_exclude_unset: Annotated[
            bool, Doc("Whether to leave out fields that were not set when the model was created.")
        ] = False,
        response_model_exclude_defaults: Annotated[
            bool, Doc("Whether to leave out fields that equal their default.")
        ] = False,
        response_model_exclude_none: Annotated[
            bool, Doc("Whether to leave out fields that are `None`.")
        ] = False,
        name: Annotated[
            str | None,
            Doc("The name of the route for `url_path_for`. Defaults to the name of the endpoint."),
        ] = None,
        operation_id: Annotated[
            str | None,
            Doc("The operation ID. Defaults to the result of `generate_unique_id_function`."),
        ] = None,
        openapi_extra: Annotated[
            dict[str, Any] | None,
            Doc("Additional keys for the operation in the OpenAPI document; merged deeply."),
        ] = None,
        callbacks: Annotated[
            list[BaseRoute] | None,
            Doc(
                "Requests that the application sends, for the documentation. Joined, outer "
                "ones first."
            ),
        ] = None,
        generate_unique_id_function: Annotated[
            Callable[[APIRoute], str],
            Doc(
                "A function that takes a route and returns its operation ID. The innermost "
                "one applies."
            ),
        ] = Default(generate_unique_id),
        max_body_size: Annotated[
            int | None,
            Doc(
                "The maximum size of a request body in bytes; the response to a larger one is"
                " a 413. `0` allows only empty bodies. The innermost limit applies, even if "
                "an outer one is smaller."
            ),
        ] = None,
        max_json_size: Annotated[
            int | None,
            Doc(
                "The `max_body_size` of bodies that are no uploads; the smaller one of both "
                "limits applies."
            ),
        ] = None,
        form_limits: Annotated[
            FormLimits | None,
            Doc("Limits for parsing forms. Merged key by key; the inner one wins."),
        ] = None,
        timeout: Annotated[
            float | None,
            Doc(
                "Seconds until a response has to begin, else 504; `math.inf`: none. The "
                "innermost applies."
            ),
        ] = None,
        on_disconnect: Annotated[
            Literal["cancel", "continue"] | None,
            Doc(
                "Whether the endpoint is cancelled when its client leaves. The innermost one "
                "applies."
            ),
        ] = None,
        cache: Annotated[
            Any | None,
            Doc(
                "A `pronghorn.cache.Cached`, to keep responses; `False`: none. The innermost "
                "one applies."
            ),
        ] = None,
    ) -> Callable[[DecoratedCallable], DecoratedCallable]:
        """Declare a PUT operation: create or replace something (RFC 9110, section 9.3.4).

        Args:
            path: The path, with parameters in braces: `"/items/{item_id}"`.
            response_model: The type of the response, which validates, filters and documents the returned value. Defaults to the return annotation. `None` turns validation and filtering off.
            status_code: The status code of a successful response. Defaults to that of the response class.
            tags: The groups in the documentation to which the operations belong. Joined, outer ones first.
            dependencies: Dependencies that run first and whose results are not used. Joined, outer ones first.
            summary: A short title for the documentation. Defaults to the name of the route as words.
            description: A description in Markdown. Defaults to the docstring, up to the first form feed.
            response_description: A description of the successful response, for the documentation.
            responses: Additional responses for the documentation. Merged; the inner one wins.
            deprecated: Whether to mark the operations as deprecated. True if it is true on any level.
            include_in_schema: Whether the documentation shows the operations. False if it is false on any level.
            response_class: The class of the response. Defaults to the innermost `default_response_class`. If no level sets a class, the model is serialised directly to JSON.
            response_model_include: The fields of the response model to send. Defaults to all fields.
            response_model_exclude: The fields of the response model to leave out.
            response_model_by_alias: Whether to name the fields in the response by their aliases.
            response_model_exclude_unset: Whether to leave out fields that were not set when the model was created.
            response_model_exclude_defaults: Whether to leave out fields that equal their default.
            response_model_exclude_none: Whether to leave out fields that are `None`.
            name: The name of the route for `url_path_for`. Defaults to the name of the endpoint.
            operation_id: The operation ID. Defaults to the result of `generate_unique_id_function`.
            openapi_extra: Additional keys for the operation in the OpenAPI document; merged deeply.
            callbacks: Requests that the application sends, for the documentation. Joined, outer ones first.
            generate_unique_id_function: A function that takes a route and returns its operation ID. The innermost one applies.
            max_body_size: The maximum size of a request body in bytes; the response to a larger one is a 413. `0` allows only empty bodies. The innermost limit applies, even if an outer one is smaller.
            max_json_size: The `max_body_size` of bodies that are no uploads; the smaller one of both limits applies.
            form_limits: Limits for parsing forms. Merged key by key; the inner one wins.
            timeout: Seconds until a response has to begin, else 504; `math.inf`: none. The innermost applies.
            on_disconnect: Whether the endpoint is cancelled when its client leaves. The innermost one applies.
            cache: A `pronghorn.cache.Cached`, to keep responses; `False`: none. The innermost one applies.

        Returns:
            A decorator, which returns the function unchanged.

        Example::

            @app.put("/items/{item_id}")
            async def replace_item(item_id: int, item: Item) -> Item: ...
        """
    def post(
        self,
        path: Annotated[str, Doc('The path, with parameters in braces: `"/items/{item_id}"`.')],
        *,
        response_model: Annotated[
            Any,
            Doc(
                "The type of the response, which validates, filters and documents the "
                "returned value. Defaults to the return annotation. `None` turns validation "
                "and filtering off."
            ),
        ] = Default(None),
        status_code: Annotated[
            int | None,
            Doc(
                "The status code of a successful response. Defaults to that of the response class."
            ),
        ] = None,
        tags: Annotated[
            list[str | Enum] | None,
            Doc(
                "The groups in the documentation to which the operations belong. Joined, "
                "outer ones first."
            ),
        ] = None,
        dependencies: Annotated[
            Sequence[Depends] | None,
            Doc(
                "Dependencies that run first and whose results are not used. Joined, outer "
                "ones first."
            ),
        ] = None,
        summary: Annotated[
            str | None,
            Doc("A short title for the documentation. Defaults to the name of the route as words."),
        ] = None,
        description: Annotated[
            str | None,
            Doc("A description in Markdown. Defaults to the docstring, up to the first form feed."),
        ] = None,
        response_description: Annotated[
            str, Doc("A description of the successful response, for the documentation.")
        ] = "Successful Response",
        responses: Annotated[
            dict[int | str, dict[str, Any]] | None,
            Doc("Additional responses for the documentation. Merged; the inner one wins."),
        ] = None,
        deprecated: Annotated[
            bool | None,
            Doc("Whether to mark the operations as deprecated. True if it is true on any level."),
        ] = None,
        include_in_schema: Annotated[
            bool,
            Doc(
                "Whether the documentation shows the operations. False if it is false on any level."
            ),
        ] = True,
        response_class: Annotated[
            type[Response],
            Doc(
                "The class of the response. Defaults to the innermost "
                "`default_response_class`. If no level sets a class, the model is serialised "
                "directly to JSON."
            ),
        ] = Default(JSONResponse),
        response_model_include: Annotated[
            IncEx | None, Doc("The fields of the response model to send. Defaults to all fields.")
        ] = None,
        response_model_exclude: Annotated[
            IncEx | None, Doc("The fields of the response model to leave out.")
        ] = None,
        response_model_by_alias: Annotated[
            bool, Doc("Whether to name the fields in the response by their aliases.")
        ] = True,
        response_model_exclude_unset: Annotated[
            bool, Doc("Whether to leave out fields that were not set when the model was created.")
        ] = False,
        response_model_exclude_defaults: Annotated[
            bool, Doc("Whether to leave out fields that equal their default.")
        ] = False,
        response_model_exclude_none: Annotated[
            bool, Doc("Whether to leave out fields that are `None`.")
        ] = False,
        name: Annotated[
            str | None,
            Doc("The name of the route for `url_path_for`. Defaults to the name of the endpoint."),
        ] = None,
        operation_id: Annotated[
            str | None,
            Doc("The operation ID. Defaults to the result of `generate_unique_id_function`."),
        ] = None,
        openapi_extra: Annotated[
            dict[str, Any] | None,
            Doc("Additional keys for the operation in the OpenAPI document; merged deeply."),
        ] = None,
        callbacks: Annotated[
            list[BaseRoute] | None,
            Doc(
                "Requests that the application sends, for the documentation. Joined, outer "
                "ones first."
            ),
        ] = None,
        generate_unique_id_function: Annotated[
            Callable[[APIRoute], str],
            Doc(
                "A function that takes a route and returns its operation ID. The innermost "
                "one applies."
            ),
        ] = Default(generate_unique_id),
        max_body_size: Annotated[
            int | None,
            Doc(
                "The maximum size of a request body in bytes; the response to a larger one is"
                " a 413. `0` allows only empty bodies. The innermost limit applies, even if "
                "an outer one is smaller."
            ),
        ] = None,
        max_json_size: Annotated[
            int | None,
            Doc(
                "The `max_body_size` of bodies that are no uploads; the smaller one of both "
                "limits applies."
            ),
        ] = None,
        form_limits: Annotated[
            FormLimits | None,
            Doc("Limits for parsing forms. Merged key by key; the inner one wins."),
        ] = None,
        timeout: Annotated[
            float | None,
            Doc(
                "Seconds until a response has to begin, else 504; `math.inf`: none. The "
                "innermost applies."
            ),
        ] = None,
        on_disconnect: Annotated[
            Literal["cancel", "continue"] | None,
            Doc(
                "Whether the endpoint is cancelled when its client leaves. The innermost one "
                "applies."
            ),
        ] = None,
        cache: Annotated[
            Any | None,
            Doc(
                "A `pronghorn.cache.Cached`, to keep responses; `False`: none. The innermost "
                "one applies."
            ),
        ] = None,
    ) -> Callable[[DecoratedCallable], DecoratedCallable]:
        """Declare a POST operation: create something, or act (RFC 9110, section 9.3.3).

        Args:
            path: The path, with parameters in braces: `"/items/{item_id}"`.
            response_model: The type of the response, which validates, filters and documents the returned value. Defaults to the return annotation. `None` turns validation and filtering off.
            status_code: The status code of a successful response. Defaults to that of the response class.
            tags: The groups in the documentation to which the operations belong. Joined, outer ones first.
            dependencies: Dependencies that run first and whose results are not used. Joined, outer ones first.
            summary: A short title for the documentation. Defaults to the name of the route as words.
            description: A description in Markdown. Defaults to the docstring, up to the first form feed.
            response_description: A description of the successful response, for the documentation.
            responses: Additional responses for the documentation. Merged; the inner one wins.
            deprecated: Whether to mark the operations as deprecated. True if it is true on any level.
            include_in_schema: Whether the documentation shows the operations. False if it is false on any level.
            response_class: The class of the response. Defaults to the innermost `default_response_class`. If no level sets a class, the model is serialised directly to JSON.
            response_model_include: The fields of the response model to send. Defaults to all fields.
            response_model_exclude: The fields of the response model to leave out.
            response_model_by_alias: Whether to name the fields in the response by their aliases.
            response_model_exclude_unset: Whether to leave out fields that were not set when the model was created.
            response_model_exclude_defaults: Whether to leave out fields that equal their default.
            response_model_exclude_none: Whether to leave out fields that are `None`.
            name: The name of the route for `url_path_for`. Defaults to the name of the endpoint.
            operation_id: The operation ID. Defaults to the result of `generate_unique_id_function`.
            openapi_extra: Additional keys for the operation in the OpenAPI document; merged deeply.
            callbacks: Requests that the application sends, for the documentation. Joined, outer ones first.
            generate_unique_id_function: A function that takes a route and returns its operation ID. The innermost one applies.
            max_body_size: The maximum size of a request body in bytes; the response to a larger one is a 413. `0` allows only empty bodies. The innermost limit applies, even if an outer one is smaller.
            max_json_size: The `max_body_size` of bodies that are no uploads; the smaller one of both limits applies.
            form_limits: Limits for parsing forms. Merged key by key; the inner one wins.
            timeout: Seconds until a response has to begin, else 504; `math.inf`: none. The innermost applies.
            on_disconnect: Whether the endpoint is cancelled when its client leaves. The innermost one applies.
            cache: A `pronghorn.cache.Cached`, to keep responses; `False`: none. The innermost one applies.

        Returns:
            A decorator, which returns the function unchanged.

        Example::

            @app.post("/items", status_code=201)
            async def create_item(item: Item) -> Item: ...
        """
    def delete(
        self,
        path: Annotated[str, Doc('The path, with parameters in braces: `"/items/{item_id}"`.')],
        *,
        response_model: Annotated[
            Any,
            Doc(
                "The type of the response, which validates, filters and documents the "
                "returned value. Defaults to the return annotation. `None` turns validation "
                "and filtering off."
            ),
        ] = Default(None),
        status_code: Annotated[
            int | None,
            Doc(
                "The status code of a successful response. Defaults to that of the response class."
            ),
        ] = None,
        tags: Annotated[
            list[str | Enum] | None,
            Doc(
                "The groups in the documentation to which the operations belong. Joined, "
                "outer ones first."
            ),
        ] = None,
        dependencies: Annotated[
            Sequence[Depends] | None,
            Doc(
                "Dependencies that run first and whose results are not used. Joined, outer "
                "ones first."
            ),
        ] = None,
        summary: Annotated[
            str | None,
            Doc("A short title for the documentation. Defaults to the name of the route as words."),
        ] = None,
        description: Annotated[
            str | None,
            Doc("A description in Markdown. Defaults to the docstring, up to the first form feed."),
        ] = None,
        response_description: Annotated[
            str, Doc("A description of the successful response, for the documentation.")
        ] = "Successful Response",
        responses: Annotated[
            dict[int | str, dict[str, Any]] | None,
            Doc("Additional responses for the documentation. Merged; the inner one wins."),
        ] = None,
        deprecated: Annotated[
            bool | None,
            Doc("Whether to mark the operations as deprecated. True if it is true on any level."),
        ] = None,
        include_in_schema: Annotated[
            bool,
            Doc(
                "Whether the documentation shows the operations. False if it is false on any level."
            ),
        ] = True,
        response_class: Annotated[
            type[Response],
            Doc(
                "The class of the response. Defaults to the innermost "
                "`default_response_class`. If no level sets a class, the model is serialised "
                "directly to JSON."
            ),
        ] = Default(JSONResponse),
        response_model_include: Annotated[
            IncEx | None, Doc("The fields of the response model to send. Defaults to all fields.")
        ] = None,
        response_model_exclude: Annotated[
            IncEx | None, Doc("The fields of the response model to leave out.")
        ] = None,
        response_model_by_alias: Annotated[
            bool, Doc("Whether to name the fields in the response by their aliases.")
        ] = True,
        response_model_exclude_unset: Annotated[
            bool, Doc("Whether to leave out fields that were not set when the model was created.")
        ] = False,
        response_model_exclude_defaults: Annotated[
            bool, Doc("Whether to leave out fields that equal their default.")
        ] = False,
        response_model_exclude_none: Annotated[
            bool, Doc("Whether to leave out fields that are `None`.")
        ] = False,
        name: Annotated[
            str | None,
            Doc("The name of the route for `url_path_for`. Defaults to the name of the endpoint."),
        ] = None,
        operation_id: Annotated[
            str | None,
            Doc("The operation ID. Defaults to the result of `generate_unique_id_function`."),
        ] = None,
        openapi_extra: Annotated[
            dict[str, Any] | None,
            Doc("Additional keys for the operation in the OpenAPI document; merged deeply."),
        ] = None,
        callbacks: Annotated[
            list[BaseRoute] | None,
            Doc(
                "Requests that the application sends, for the documentation. Joined, outer "
                "ones first."
            ),
        ] = None,
        generate_unique_id_function: Annotated[
            Callable[[APIRoute], str],
            Doc(
                "A function that takes a route and returns its operation ID. The innermost "
                "one applies."
            ),
        ] = Default(generate_unique_id),
        max_body_size: Annotated[
            int | None,
            Doc(
                "The maximum size of a request body in bytes; the response to a larger one is"
                " a 413. `0` allows only empty bodies. The innermost limit applies, even if "
                "an outer one is smaller."
            ),
        ] = None,
        max_json_size: Annotated[
            int | None,
            Doc(
                "The `max_body_size` of bodies that are no uploads; the smaller one of both "
                "limits applies."
            ),
        ] = None,
        form_limits: Annotated[
            FormLimits | None,
            Doc("Limits for parsing forms. Merged key by key; the inner one wins."),
        ] = None,
        timeout: Annotated[
            float | None,
            Doc(
                "Seconds until a response has to begin, else 504; `math.inf`: none. The "
                "innermost applies."
            ),
        ] = None,
        on_disconnect: Annotated[
            Literal["cancel", "continue"] | None,
            Doc(
                "Whether the endpoint is cancelled when its client leaves. The innermost one "
                "applies."
            ),
        ] = None,
        cache: Annotated[
            Any | None,
            Doc(
                "A `pronghorn.cache.Cached`, to keep responses; `False`: none. The innermost "
                "one applies."
            ),
        ] = None,
    ) -> Callable[[DecoratedCallable], DecoratedCallable]:
        """Declare a DELETE operation: remove something (RFC 9110, section 9.3.5).

        Args:
            path: The path, with parameters in braces: `"/items/{item_id}"`.
            response_model: The type of the response, which validates, filters and documents the returned value. Defaults to the return annotation. `None` turns validation and filtering off.
            status_code: The status code of a successful response. Defaults to that of the response class.
            tags: The groups in the documentation to which the operations belong. Joined, outer ones first.
            dependencies: Dependencies that run first and whose results are not used. Joined, outer ones first.
            summary: A short title for the documentation. Defaults to the name of the route as words.
            description: A description in Markdown. Defaults to the docstring, up to the first form feed.
            response_description: A description of the successful response, for the documentation.
            responses: Additional responses for the documentation. Merged; the inner one wins.
            deprecated: Whether to mark the operations as deprecated. True if it is true on any level.
            include_in_schema: Whether the documentation shows the operations. False if it is false on any level.
            response_class: The class of the response. Defaults to the innermost `default_response_class`. If no level sets a class, the model is serialised directly to JSON.
            response_model_include: The fields of the response model to send. Defaults to all fields.
            response_model_exclude: The fields of the response model to leave out.
            response_model_by_alias: Whether to name the fields in the response by their aliases.
            response_model_exclude_unset: Whether to leave out fields that were not set when the model was created.
            response_model_exclude_defaults: Whether to leave out fields that equal their default.
            response_model_exclude_none: Whether to leave out fields that are `None`.
            name: The name of the route for `url_path_for`. Defaults to the name of the endpoint.
            operation_id: The operation ID. Defaults to the result of `generate_unique_id_function`.
            openapi_extra: Additional keys for the operation in the OpenAPI document; merged deeply.
            callbacks: Requests that the application sends, for the documentation. Joined, outer ones first.
            generate_unique_id_function: A function that takes a route and returns its operation ID. The innermost one applies.
            max_body_size: The maximum size of a request body in bytes; the response to a larger one is a 413. `0` allows only empty bodies. The innermost limit applies, even if an outer one is smaller.
            max_json_size: The `max_body_size` of bodies that are no uploads; the smaller one of both limits applies.
            form_limits: Limits for parsing forms. Merged key by key; the inner one wins.
            timeout: Seconds until a response has to begin, else 504; `math.inf`: none. The innermost applies.
            on_disconnect: Whether the endpoint is cancelled when its client leaves. The innermost one applies.
            cache: A `pronghorn.cache.Cached`, to keep responses; `False`: none. The innermost one applies.

        Returns:
            A decorator, which returns the function unchanged.

        Example::

            @app.delete("/items/{item_id}", status_code=204)
            async def delete_item(item_id: int) -> None: ...
        """
    def options(
        self,
        path: Annotated[str, Doc('The path, with parameters in braces: `"/items/{item_id}"`.')],
        *,
        response_model: Annotated[
            Any,
            Doc(
                "The type of the response, which validates, filters and documents the "
                "returned value. Defaults to the return annotation. `None` turns validation "
                "and filtering off."
            ),
        ] = Default(None),
        status_code: Annotated[
            int | None,
            Doc(
                "The status code of a successful response. Defaults to that of the response class."
            ),
        ] = None,
        tags: Annotated[
            list[str | Enum] | None,
            Doc(
                "The groups in the documentation to which the operations belong. Joined, "
                "outer ones first."
            ),
        ] = None,
        dependencies: Annotated[
            Sequence[Depends] | None,
            Doc(
                "Dependencies that run first and whose results are not used. Joined, outer "
                "ones first."
            ),
        ] = None,
        summary: Annotated[
            str | None,
            Doc("A short title for the documentation. Defaults to the name of the route as words."),
        ] = None,
        description: Annotated[
            str | None,
            Doc("A description in Markdown. Defaults to the docstring, up to the first form feed."),
        ] = None,
        response_description: Annotated[
            str, Doc("A description of the successful response, for the documentation.")
        ] = "Successful Response",
        responses: Annotated[
            dict[int | str, dict[str, Any]] | None,
            Doc("Additional responses for the documentation. Merged; the inner one wins."),
        ] = None,
        deprecated: Annotated[
            bool | None,
            Doc("Whether to mark the operations as deprecated. True if it is true on any level."),
        ] = None,
        include_in_schema: Annotated[
            bool,
            Doc(
                "Whether the documentation shows the operations. False if it is false on any level."
            ),
        ] = True,
        response_class: Annotated[
            type[Response],
            Doc(
                "The class of the response. Defaults to the innermost "
                "`default_response_class`. If no level sets a class, the model is serialised "
                "directly to JSON."
            ),
        ] = Default(JSONResponse),
        response_model_include: Annotated[
            IncEx | None, Doc("The fields of the response model to send. Defaults to all fields.")
        ] = None,
        response_model_exclude: Annotated[
            IncEx | None, Doc("The fields of the response model to leave out.")
        ] = None,
        response_model_by_alias: Annotated[
            bool, Doc("Whether to name the fields in the response by their aliases.")
        ] = True,
        response_model_exclude_unset: Annotated[
            bool, Doc("Whether to leave out fields that were not set when the model was created.")
        ] = False,
        response_model_exclude_defaults: Annotated[
            bool, Doc("Whether to leave out fields that equal their default.")
        ] = False,
        response_model_exclude_none: Annotated[
            bool, Doc("Whether to leave out fields that are `None`.")
        ] = False,
        name: Annotated[
            str | None,
            Doc("The name of the route for `url_path_for`. Defaults to the name of the endpoint."),
        ] = None,
        operation_id: Annotated[
            str | None,
            Doc("The operation ID. Defaults to the result of `generate_unique_id_function`."),
        ] = None,
        openapi_extra: Annotated[
            dict[str, Any] | None,
            Doc("Additional keys for the operation in the OpenAPI document; merged deeply."),
        ] = None,
        callbacks: Annotated[
            list[BaseRoute] | None,
            Doc(
                "Requests that the application sends, for the documentation. Joined, outer "
                "ones first."
            ),
        ] = None,
        generate_unique_id_function: Annotated[
            Callable[[APIRoute], str],
            Doc(
                "A function that takes a route and returns its operation ID. The innermost "
                "one applies."
            ),
        ] = Default(generate_unique_id),
        max_body_size: Annotated[
            int | None,
            Doc(
                "The maximum size of a request body in bytes; the response to a larger one is"
                " a 413. `0` allows only empty bodies. The innermost limit applies, even if "
                "an outer one is smaller."
            ),
        ] = None,
        max_json_size: Annotated[
            int | None,
            Doc(
                "The `max_body_size` of bodies that are no uploads; the smaller one of both "
                "limits applies."
            ),
        ] = None,
        form_limits: Annotated[
            FormLimits | None,
            Doc("Limits for parsing forms. Merged key by key; the inner one wins."),
        ] = None,
        timeout: Annotated[
            float | None,
            Doc(
                "Seconds until a response has to begin, else 504; `math.inf`: none. The "
                "innermost applies."
            ),
        ] = None,
        on_disconnect: Annotated[
            Literal["cancel", "continue"] | None,
            Doc(
                "Whether the endpoint is cancelled when its client leaves. The innermost one "
                "applies."
            ),
        ] = None,
        cache: Annotated[
            Any | None,
            Doc(
                "A `pronghorn.cache.Cached`, to keep responses; `False`: none. The innermost "
                "one applies."
            ),
        ] = None,
    ) -> Callable[[DecoratedCallable], DecoratedCallable]:
        """Declare an OPTIONS operation: describe what a path allows (RFC 9110, section 9.3.7).

        Args:
            path: The path, with parameters in braces: `"/items/{item_id}"`.
            response_model: The type of the response, which validates, filters and documents the returned value. Defaults to the return annotation. `None` turns validation and filtering off.
            status_code: The status code of a successful response. Defaults to that of the response class.
            tags: The groups in the documentation to which the operations belong. Joined, outer ones first.
            dependencies: Dependencies that run first and whose results are not used. Joined, outer ones first.
            summary: A short title for the documentation. Defaults to the name of the route as words.
            description: A description in Markdown. Defaults to the docstring, up to the first form feed.
            response_description: A description of the successful response, for the documentation.
            responses: Additional responses for the documentation. Merged; the inner one wins.
            deprecated: Whether to mark the operations as deprecated. True if it is true on any level.
            include_in_schema: Whether the documentation shows the operations. False if it is false on any level.
            response_class: The class of the response. Defaults to the innermost `default_response_class`. If no level sets a class, the model is serialised directly to JSON.
            response_model_include: The fields of the response model to send. Defaults to all fields.
            response_model_exclude: The fields of the response model to leave out.
            response_model_by_alias: Whether to name the fields in the response by their aliases.
            response_model_exclude_unset: Whether to leave out fields that were not set when the model was created.
            response_model_exclude_defaults: Whether to leave out fields that equal their default.
            response_model_exclude_none: Whether to leave out fields that are `None`.
            name: The name of the route for `url_path_for`. Defaults to the name of the endpoint.
            operation_id: The operation ID. Defaults to the result of `generate_unique_id_function`.
            openapi_extra: Additional keys for the operation in the OpenAPI document; merged deeply.
            callbacks: Requests that the application sends, for the documentation. Joined, outer ones first.
            generate_unique_id_function: A function that takes a route and returns its operation ID. The innermost one applies.
            max_body_size: The maximum size of a request body in bytes; the response to a larger one is a 413. `0` allows only empty bodies. The innermost limit applies, even if an outer one is smaller.
            max_json_size: The `max_body_size` of bodies that are no uploads; the smaller one of both limits applies.
            form_limits: Limits for parsing forms. Merged key by key; the inner one wins.
            timeout: Seconds until a response has to begin, else 504; `math.inf`: none. The innermost applies.
            on_disconnect: Whether the endpoint is cancelled when its client leaves. The innermost one applies.
            cache: A `pronghorn.cache.Cached`, to keep responses; `False`: none. The innermost one applies.

        Returns:
            A decorator, which returns the function unchanged.

        Example::

            @app.options("/items")
            async def list_methods() -> Response: ...
        """
    def head(
        self,
        path: Annotated[str, Doc('The path, with parameters in braces: `"/items/{item_id}"`.')],
        *,
        response_model: Annotated[
            Any,
            Doc(
                "The type of the response, which validates, filters and documents the "
                "returned value. Defaults to the return annotation. `None` turns validation "
                "and filtering off."
            ),
        ] = Default(None),
        status_code: Annotated[
            int | None,
            Doc(
                "The status code of a successful response. Defaults to that of the response class."
            ),
        ] = None,
        tags: Annotated[
            list[str | Enum] | None,
            Doc(
                "The groups in the documentation to which the operations belong. Joined, "
                "outer ones first."
            ),
        ] = None,
        dependencies: Annotated[
            Sequence[Depends] | None,
            Doc(
                "Dependencies that run first and whose results are not used. Joined, outer "
                "ones first."
            ),
        ] = None,
        summary: Annotated[
            str | None,
            Doc("A short title for the documentation. Defaults to the name of the route as words."),
        ] = None,
        description: Annotated[
            str | None,
            Doc("A description in Markdown. Defaults to the docstring, up to the first form feed."),
        ] = None,
        response_description: Annotated[
            str, Doc("A description of the successful response, for the documentation.")
        ] = "Successful Response",
        responses: Annotated[
            dict[int | str, dict[str, Any]] | None,
            Doc("Additional responses for the documentation. Merged; the inner one wins."),
        ] = None,
        deprecated: Annotated[
            bool | None,
            Doc("Whether to mark the operations as deprecated. True if it is true on any level."),
        ] = None,
        include_in_schema: Annotated[
            bool,
            Doc(
                "Whether the documentation shows the operations. False if it is false on any level."
            ),
        ] = True,
        response_class: Annotated[
            type[Response],
            Doc(
                "The class of the response. Defaults to the innermost "
                "`default_response_class`. If no level sets a class, the model is serialised "
                "directly to JSON."
            ),
        ] = Default(JSONResponse),
        response_model_include: Annotated[
            IncEx | None, Doc("The fields of the response model to send. Defaults to all fields.")
        ] = None,
        response_model_exclude: Annotated[
            IncEx | None, Doc("The fields of the response model to leave out.")
        ] = None,
        response_model_by_alias: Annotated[
            bool, Doc("Whether to name the fields in the response by their aliases.")
        ] = True,
        response_model_exclude_unset: Annotated[
            bool, Doc("Whether to leave out fields that were not set when the model was created.")
        ] = False,
        response_model_exclude_defaults: Annotated[
            bool, Doc("Whether to leave out fields that equal their default.")
        ] = False,
        response_model_exclude_none: Annotated[
            bool, Doc("Whether to leave out fields that are `None`.")
        ] = False,
        name: Annotated[
            str | None,
            Doc("The name of the route for `url_path_for`. Defaults to the name of the endpoint."),
        ] = None,
        operation_id: Annotated[
            str | None,
            Doc("The operation ID. Defaults to the result of `generate_unique_id_function`."),
        ] = None,
        openapi_extra: Annotated[
            dict[str, Any] | None,
            Doc("Additional keys for the operation in the OpenAPI document; merged deeply."),
        ] = None,
        callbacks: Annotated[
            list[BaseRoute] | None,
            Doc(
                "Requests that the application sends, for the documentation. Joined, outer "
                "ones first."
            ),
        ] = None,
        generate_unique_id_function: Annotated[
            Callable[[APIRoute], str],
            Doc(
                "A function that takes a route and returns its operation ID. The innermost "
                "one applies."
            ),
        ] = Default(generate_unique_id),
        max_body_size: Annotated[
            int | None,
            Doc(
                "The maximum size of a request body in bytes; the response to a larger one is"
                " a 413. `0` allows only empty bodies. The innermost limit applies, even if "
                "an outer one is smaller."
            ),
        ] = None,
        max_json_size: Annotated[
            int | None,
            Doc(
                "The `max_body_size` of bodies that are no uploads; the smaller one of both "
                "limits applies."
            ),
        ] = None,
        form_limits: Annotated[
            FormLimits | None,
            Doc("Limits for parsing forms. Merged key by key; the inner one wins."),
        ] = None,
        timeout: Annotated[
            float | None,
            Doc(
                "Seconds until a response has to begin, else 504; `math.inf`: none. The "
                "innermost applies."
            ),
        ] = None,
        on_disconnect: Annotated[
            Literal["cancel", "continue"] | None,
            Doc(
                "Whether the endpoint is cancelled when its client leaves. The innermost one "
                "applies."
            ),
        ] = None,
        cache: Annotated[
            Any | None,
            Doc(
                "A `pronghorn.cache.Cached`, to keep responses; `False`: none. The innermost "
                "one applies."
            ),
        ] = None,
    ) -> Callable[[DecoratedCallable], DecoratedCallable]:
        """Declare a HEAD operation: GET without the content (RFC 9110, section 9.3.2).

        Args:
            path: The path, with parameters in braces: `"/items/{item_id}"`.
            response_model: The type of the response, which validates, filters and documents the returned value. Defaults to the return annotation. `None` turns validation and filtering off.
            status_code: The status code of a successful response. Defaults to that of the response class.
            tags: The groups in the documentation to which the operations belong. Joined, outer ones first.
            dependencies: Dependencies that run first and whose results are not used. Joined, outer ones first.
            summary: A short title for the documentation. Defaults to the name of the route as words.
            description: A description in Markdown. Defaults to the docstring, up to the first form feed.
            response_description: A description of the successful response, for the documentation.
            responses: Additional responses for the documentation. Merged; the inner one wins.
            deprecated: Whether to mark the operations as deprecated. True if it is true on any level.
            include_in_schema: Whether the documentation shows the operations. False if it is false on any level.
            response_class: The class of the response. Defaults to the innermost `default_response_class`. If no level sets a class, the model is serialised directly to JSON.
            response_model_include: The fields of the response model to send. Defaults to all fields.
            response_model_exclude: The fields of the response model to leave out.
            response_model_by_alias: Whether to name the fields in the response by their aliases.
            response_model_exclude_unset: Whether to leave out fields that were not set when the model was created.
            response_model_exclude_defaults: Whether to leave out fields that equal their default.
            response_model_exclude_none: Whether to leave out fields that are `None`.
            name: The name of the route for `url_path_for`. Defaults to the name of the endpoint.
            operation_id: The operation ID. Defaults to the result of `generate_unique_id_function`.
            openapi_extra: Additional keys for the operation in the OpenAPI document; merged deeply.
            callbacks: Requests that the application sends, for the documentation. Joined, outer ones first.
            generate_unique_id_function: A function that takes a route and returns its operation ID. The innermost one applies.
            max_body_size: The maximum size of a request body in bytes; the response to a larger one is a 413. `0` allows only empty bodies. The innermost limit applies, even if an outer one is smaller.
            max_json_size: The `max_body_size` of bodies that are no uploads; the smaller one of both limits applies.
            form_limits: Limits for parsing forms. Merged key by key; the inner one wins.
            timeout: Seconds until a response has to begin, else 504; `math.inf`: none. The innermost applies.
            on_disconnect: Whether the endpoint is cancelled when its client leaves. The innermost one applies.
            cache: A `pronghorn.cache.Cached`, to keep responses; `False`: none. The innermost one applies.

        Returns:
            A decorator, which returns the function unchanged.

        Example::

            @app.head("/items/{item_id}")
            async def find_item(item_id: int) -> Response: ...
        """
    def patch(
        self,
        path: Annotated[str, Doc('The path, with parameters in braces: `"/items/{item_id}"`.')],
        *,
        response_model: Annotated[
            Any,
            Doc(
                "The type of the response, which validates, filters and documents the "
                "returned value. Defaults to the return annotation. `None` turns validation "
                "and filtering off."
            ),
        ] = Default(None),
        status_code: Annotated[
            int | None,
            Doc(
                "The status code of a successful response. Defaults to that of the response class."
            ),
        ] = None,
        tags: Annotated[
            list[str | Enum] | None,
            Doc(
                "The groups in the documentation to which the operations belong. Joined, "
                "outer ones first."
            ),
        ] = None,
        dependencies: Annotated[
            Sequence[Depends] | None,
            Doc(
                "Dependencies that run first and whose results are not used. Joined, outer "
                "ones first."
            ),
        ] = None,
        summary: Annotated[
            str | None,
            Doc("A short title for the documentation. Defaults to the name of the route as words."),
        ] = None,
        description: Annotated[
            str | None,
            Doc("A description in Markdown. Defaults to the docstring, up to the first form feed."),
        ] = None,
        response_description: Annotated[
            str, Doc("A description of the successful response, for the documentation.")
        ] = "Successful Response",
        responses: Annotated[
            dict[int | str, dict[str, Any]] | None,
            Doc("Additional responses for the documentation. Merged; the inner one wins."),
        ] = None,
        deprecated: Annotated[
            bool | None,
            Doc("Whether to mark the operations as deprecated. True if it is true on any level."),
        ] = None,
        include_in_schema: Annotated[
            bool,
            Doc(
                "Whether the documentation shows the operations. False if it is false on any level."
            ),
        ] = True,
        response_class: Annotated[
            type[Response],
            Doc(
                "The class of the response. Defaults to the innermost "
                "`default_response_class`. If no level sets a class, the model is serialised "
                "directly to JSON."
            ),
        ] = Default(JSONResponse),
        response_model_include: Annotated[
            IncEx | None, Doc("The fields of the response model to send. Defaults to all fields.")
        ] = None,
        response_model_exclude: Annotated[
            IncEx | None, Doc("The fields of the response model to leave out.")
        ] = None,
        response_model_by_alias: Annotated[
            bool, Doc("Whether to name the fields in the response by their aliases.")
        ] = True,
        response_model_exclude_unset: Annotated[
            bool, Doc("Whether to leave out fields that were not set when the model was created.")
        ] = False,
        response_model_exclude_defaults: Annotated[
            bool, Doc("Whether to leave out fields that equal their default.")
        ] = False,
        response_model_exclude_none: Annotated[
            bool, Doc("Whether to leave out fields that are `None`.")
        ] = False,
        name: Annotated[
            str | None,
            Doc("The name of the route for `url_path_for`. Defaults to the name of the endpoint."),
        ] = None,
        operation_id: Annotated[
            str | None,
            Doc("The operation ID. Defaults to the result of `generate_unique_id_function`."),
        ] = None,
        openapi_extra: Annotated[
            dict[str, Any] | None,
            Doc("Additional keys for the operation in the OpenAPI document; merged deeply."),
        ] = None,
        callbacks: Annotated[
            list[BaseRoute] | None,
            Doc(
                "Requests that the application sends, for the documentation. Joined, outer "
                "ones first."
            ),
        ] = None,
        generate_unique_id_function: Annotated[
            Callable[[APIRoute], str],
            Doc(
                "A function that takes a route and returns its operation ID. The innermost "
                "one applies."
            ),
        ] = Default(generate_unique_id),
        max_body_size: Annotated[
            int | None,
            Doc(
                "The maximum size of a request body in bytes; the response to a larger one is"
                " a 413. `0` allows only empty bodies. The innermost limit applies, even if "
                "an outer one is smaller."
            ),
        ] = None,
        max_json_size: Annotated[
            int | None,
            Doc(
                "The `max_body_size` of bodies that are no uploads; the smaller one of both "
                "limits applies."
            ),
        ] = None,
        form_limits: Annotated[
            FormLimits | None,
            Doc("Limits for parsing forms. Merged key by key; the inner one wins."),
        ] = None,
        timeout: Annotated[
            float | None,
            Doc(
                "Seconds until a response has to begin, else 504; `math.inf`: none. The "
                "innermost applies."
            ),
        ] = None,
        on_disconnect: Annotated[
            Literal["cancel", "continue"] | None,
            Doc(
                "Whether the endpoint is cancelled when its client leaves. The innermost one "
                "applies."
            ),
        ] = None,
        cache: Annotated[
            Any | None,
            Doc(
                "A `pronghorn.cache.Cached`, to keep responses; `False`: none. The innermost "
                "one applies."
            ),
        ] = None,
    ) -> Callable[[DecoratedCallable], DecoratedCallable]:
        """Declare a PATCH operation: change a part of something (RFC 5789).

        Args:
            path: The path, with parameters in braces: `"/items/{item_id}"`.
            response_model: The type of the response, which validates, filters and documents the returned value. Defaults to the return annotation. `None` turns validation and filtering off.
            status_code: The status code of a successful response. Defaults to that of the response class.
            tags: The groups in the documentation to which the operations belong. Joined, outer ones first.
            dependencies: Dependencies that run first and whose results are not used. Joined, outer ones first.
            summary: A short title for the documentation. Defaults to the name of the route as words.
            description: A description in Markdown. Defaults to the docstring, up to the first form feed.
            response_description: A description of the successful response, for the documentation.
            responses: Additional responses for the documentation. Merged; the inner one wins.
            deprecated: Whether to mark the operations as deprecated. True if it is true on any level.
            include_in_schema: Whether the documentation shows the operations. False if it is false on any level.
            response_class: The class of the response. Defaults to the innermost `default_response_class`. If no level sets a class, the model is serialised directly to JSON.
            response_model_include: The fields of the response model to send. Defaults to all fields.
            response_model_exclude: The fields of the response model to leave out.
            response_model_by_alias: Whether to name the fields in the response by their aliases.
            response_model_exclude_unset: Whether to leave out fields that were not set when the model was created.
            response_model_exclude_defaults: Whether to leave out fields that equal their default.
            response_model_exclude_none: Whether to leave out fields that are `None`.
            name: The name of the route for `url_path_for`. Defaults to the name of the endpoint.
            operation_id: The operation ID. Defaults to the result of `generate_unique_id_function`.
            openapi_extra: Additional keys for the operation in the OpenAPI document; merged deeply.
            callbacks: Requests that the application sends, for the documentation. Joined, outer ones first.
            generate_unique_id_function: A function that takes a route and returns its operation ID. The innermost one applies.
            max_body_size: The maximum size of a request body in bytes; the response to a larger one is a 413. `0` allows only empty bodies. The innermost limit applies, even if an outer one is smaller.
            max_json_size: The `max_body_size` of bodies that are no uploads; the smaller one of both limits applies.
            form_limits: Limits for parsing forms. Merged key by key; the inner one wins.
            timeout: Seconds until a response has to begin, else 504; `math.inf`: none. The innermost applies.
            on_disconnect: Whether the endpoint is cancelled when its client leaves. The innermost one applies.
            cache: A `pronghorn.cache.Cached`, to keep responses; `False`: none. The innermost one applies.

        Returns:
            A decorator, which returns the function unchanged.

        Example::

            @app.patch("/items/{item_id}")
            async def change_item(item_id: int, changes: Changes) -> Item: ...
        """
    def trace(
        self,
        path: Annotated[str, Doc('The path, with parameters in braces: `"/items/{item_id}"`.')],
        *,
        response_model: Annotated[
            Any,
            Doc(
                "The type of the response, which validates, filters and documents the "
                "returned value. Defaults to the return annotation. `None` turns validation "
                "and filtering off."
            ),
        ] = Default(None),
        status_code: Annotated[
            int | None,
            Doc(
                "The status code of a successful response. Defaults to that of the response class."
            ),
        ] = None,
        tags: Annotated[
            list[str | Enum] | None,
            Doc(
                "The groups in the documentation to which the operations belong. Joined, "
                "outer ones first."
            ),
        ] = None,
        dependencies: Annotated[
            Sequence[Depends] | None,
            Doc(
                "Dependencies that run first and whose results are not used. Joined, outer "
                "ones first."
            ),
        ] = None,
        summary: Annotated[
            str | None,
            Doc("A short title for the documentation. Defaults to the name of the route as words."),
        ] = None,
        description: Annotated[
            str | None,
            Doc("A description in Markdown. Defaults to the docstring, up to the first form feed."),
        ] = None,
        response_description: Annotated[
            str, Doc("A description of the successful response, for the documentation.")
        ] = "Successful Response",
        responses: Annotated[
            dict[int | str, dict[str, Any]] | None,
            Doc("Additional responses for the documentation. Merged; the inner one wins."),
        ] = None,
        deprecated: Annotated[
            bool | None,
            Doc("Whether to mark the operations as deprecated. True if it is true on any level."),
        ] = None,
        include_in_schema: Annotated[
            bool,
            Doc(
                "Whether the documentation shows the operations. False if it is false on any level."
            ),
        ] = True,
        response_class: Annotated[
            type[Response],
            Doc(
                "The class of the response. Defaults to the innermost "
                "`default_response_class`. If no level sets a class, the model is serialised "
                "directly to JSON."
            ),
        ] = Default(JSONResponse),
        response_model_include: Annotated[
            IncEx | None, Doc("The fields of the response model to send. Defaults to all fields.")
        ] = None,
        response_model_exclude: Annotated[
            IncEx | None, Doc("The fields of the response model to leave out.")
        ] = None,
        response_model_by_alias: Annotated[
            bool, Doc("Whether to name the fields in the response by their aliases.")
        ] = True,
        response_model_exclude_unset: Annotated[
            bool, Doc("Whether to leave out fields that were not set when the model was created.")
        ] = False,
        response_model_exclude_defaults: Annotated[
            bool, Doc("Whether to leave out fields that equal their default.")
        ] = False,
        response_model_exclude_none: Annotated[
            bool, Doc("Whether to leave out fields that are `None`.")
        ] = False,
        name: Annotated[
            str | None,
            Doc("The name of the route for `url_path_for`. Defaults to the name of the endpoint."),
        ] = None,
        operation_id: Annotated[
            str | None,
            Doc("The operation ID. Defaults to the result of `generate_unique_id_function`."),
        ] = None,
        openapi_extra: Annotated[
            dict[str, Any] | None,
            Doc("Additional keys for the operation in the OpenAPI document; merged deeply."),
        ] = None,
        callbacks: Annotated[
            list[BaseRoute] | None,
            Doc(
                "Requests that the application sends, for the documentation. Joined, outer "
                "ones first."
            ),
        ] = None,
        generate_unique_id_function: Annotated[
            Callable[[APIRoute], str],
            Doc(
                "A function that takes a route and returns its operation ID. The innermost "
                "one applies."
            ),
        ] = Default(generate_unique_id),
        max_body_size: Annotated[
            int | None,
            Doc(
                "The maximum size of a request body in bytes; the response to a larger one is"
                " a 413. `0` allows only empty bodies. The innermost limit applies, even if "
                "an outer one is smaller."
            ),
        ] = None,
        max_json_size: Annotated[
            int | None,
            Doc(
                "The `max_body_size` of bodies that are no uploads; the smaller one of both "
                "limits applies."
            ),
        ] = None,
        form_limits: Annotated[
            FormLimits | None,
            Doc("Limits for parsing forms. Merged key by key; the inner one wins."),
        ] = None,
        timeout: Annotated[
            float | None,
            Doc(
                "Seconds until a response has to begin, else 504; `math.inf`: none. The "
                "innermost applies."
            ),
        ] = None,
        on_disconnect: Annotated[
            Literal["cancel", "continue"] | None,
            Doc(
                "Whether the endpoint is cancelled when its client leaves. The innermost one "
                "applies."
            ),
        ] = None,
        cache: Annotated[
            Any | None,
            Doc(
                "A `pronghorn.cache.Cached`, to keep responses; `False`: none. The innermost "
                "one applies."
            ),
        ] = None,
    ) -> Callable[[DecoratedCallable], DecoratedCallable]:
        """Declare a TRACE operation: send the request back (RFC 9110, section 9.3.8).

        Args:
            path: The path, with parameters in braces: `"/items/{item_id}"`.
            response_model: The type of the response, which validates, filters and documents the returned value. Defaults to the return annotation. `None` turns validation and filtering off.
            status_code: The status code of a successful response. Defaults to that of the response class.
            tags: The groups in the documentation to which the operations belong. Joined, outer ones first.
            dependencies: Dependencies that run first and whose results are not used. Joined, outer ones first.
            summary: A short title for the documentation. Defaults to the name of the route as words.
            description: A description in Markdown. Defaults to the docstring, up to the first form feed.
            response_description: A description of the successful response, for the documentation.
            responses: Additional responses for the documentation. Merged; the inner one wins.
            deprecated: Whether to mark the operations as deprecated. True if it is true on any level.
            include_in_schema: Whether the documentation shows the operations. False if it is false on any level.
            response_class: The class of the response. Defaults to the innermost `default_response_class`. If no level sets a class, the model is serialised directly to JSON.
            response_model_include: The fields of the response model to send. Defaults to all fields.
            response_model_exclude: The fields of the response model to leave out.
            response_model_by_alias: Whether to name the fields in the response by their aliases.
            response_model_exclude_unset: Whether to leave out fields that were not set when the model was created.
            response_model_exclude_defaults: Whether to leave out fields that equal their default.
            response_model_exclude_none: Whether to leave out fields that are `None`.
            name: The name of the route for `url_path_for`. Defaults to the name of the endpoint.
            operation_id: The operation ID. Defaults to the result of `generate_unique_id_function`.
            openapi_extra: Additional keys for the operation in the OpenAPI document; merged deeply.
            callbacks: Requests that the application sends, for the documentation. Joined, outer ones first.
            generate_unique_id_function: A function that takes a route and returns its operation ID. The innermost one applies.
            max_body_size: The maximum size of a request body in bytes; the response to a larger one is a 413. `0` allows only empty bodies. The innermost limit applies, even if an outer one is smaller.
            max_json_size: The `max_body_size` of bodies that are no uploads; the smaller one of both limits applies.
            form_limits: Limits for parsing forms. Merged key by key; the inner one wins.
            timeout: Seconds until a response has to begin, else 504; `math.inf`: none. The innermost applies.
            on_disconnect: Whether the endpoint is cancelled when its client leaves. The innermost one applies.
            cache: A `pronghorn.cache.Cached`, to keep responses; `False`: none. The innermost one applies.

        Returns:
            A decorator, which returns the function unchanged.

        Example::

            @app.trace("/items")
            async def trace_items(request: Request) -> Response: ...
        """
    @overload
    def resolve(
        self,
        dependency: Annotated[
            Callable[..., AsyncIterator[T]],
            Doc(
                "A function, class or other callable, as for `Depends`; or an `Annotated` "
                "type with `Depends`."
            ),
        ],
    ) -> AbstractAsyncContextManager[T]:
        """Open a dependency outside of a request, with everything on which it depends.

        Everything is closed at the end of the block, also after an exception, which is raised at
        the `yield` of each dependency. `dependency_overrides` apply.

        Args:
            dependency: A function, class or other callable, as for `Depends`; or an `Annotated` type with `Depends`.

        Returns:
            An asynchronous context manager with the value of the dependency.

        Raises:
            SetupError: A dependency needs a request.

        Example::

            async with app.resolve(get_session) as session:
                await session.execute(delete(Token))
        """
    @overload
    def resolve(
        self,
        dependency: Annotated[
            Callable[..., Iterator[T]],
            Doc(
                "A function, class or other callable, as for `Depends`; or an `Annotated` "
                "type with `Depends`."
            ),
        ],
    ) -> AbstractAsyncContextManager[T]:
        """Open a dependency outside of a request, with everything on which it depends.

        Everything is closed at the end of the block, also after an exception, which is raised at
        the `yield` of each dependency. `dependency_overrides` apply.

        Args:
            dependency: A function, class or other callable, as for `Depends`; or an `Annotated` type with `Depends`.

        Returns:
            An asynchronous context manager with the value of the dependency.

        Raises:
            SetupError: A dependency needs a request.

        Example::

            async with app.resolve(get_session) as session:
                await session.execute(delete(Token))
        """
    @overload
    def resolve(
        self,
        dependency: Annotated[
            Callable[..., Awaitable[T]],
            Doc(
                "A function, class or other callable, as for `Depends`; or an `Annotated` "
                "type with `Depends`."
            ),
        ],
    ) -> AbstractAsyncContextManager[T]:
        """Open a dependency outside of a request, with everything on which it depends.

        Everything is closed at the end of the block, also after an exception, which is raised at
        the `yield` of each dependency. `dependency_overrides` apply.

        Args:
            dependency: A function, class or other callable, as for `Depends`; or an `Annotated` type with `Depends`.

        Returns:
            An asynchronous context manager with the value of the dependency.

        Raises:
            SetupError: A dependency needs a request.

        Example::

            async with app.resolve(get_session) as session:
                await session.execute(delete(Token))
        """
    @overload
    def resolve(
        self,
        dependency: Annotated[
            Callable[..., T],
            Doc(
                "A function, class or other callable, as for `Depends`; or an `Annotated` "
                "type with `Depends`."
            ),
        ],
    ) -> AbstractAsyncContextManager[T]:
        """Open a dependency outside of a request, with everything on which it depends.

        Everything is closed at the end of the block, also after an exception, which is raised at
        the `yield` of each dependency. `dependency_overrides` apply.

        Args:
            dependency: A function, class or other callable, as for `Depends`; or an `Annotated` type with `Depends`.

        Returns:
            An asynchronous context manager with the value of the dependency.

        Raises:
            SetupError: A dependency needs a request.

        Example::

            async with app.resolve(get_session) as session:
                await session.execute(delete(Token))
        """
    @overload
    def resolve(
        self,
        dependency: Annotated[
            Any,
            Doc(
                "A function, class or other callable, as for `Depends`; or an `Annotated` "
                "type with `Depends`."
            ),
        ],
    ) -> AbstractAsyncContextManager[Any]:
        """Open a dependency outside of a request, with everything on which it depends.

        Everything is closed at the end of the block, also after an exception, which is raised at
        the `yield` of each dependency. `dependency_overrides` apply.

        Args:
            dependency: A function, class or other callable, as for `Depends`; or an `Annotated` type with `Depends`.

        Returns:
            An asynchronous context manager with the value of the dependency.

        Raises:
            SetupError: A dependency needs a request.

        Example::

            async with app.resolve(get_session) as session:
                await session.execute(delete(Token))
        """
    def inject(
        self,
        function: Annotated[
            Callable[..., T],
            Doc(
                "A function, with `def` or `async def`. A `def` function runs in the thread "
                "of its caller."
            ),
        ],
    ) -> Callable[..., T]:
        """Let a function that you call yourself receive dependencies: a job, a script, a command.

        Parameters with `Depends` receive their values at each call; all others are passed by the
        caller, who may also pass an injected one by its name. `dependency_overrides` apply.

        Args:
            function: A function, with `def` or `async def`. A `def` function runs in the thread of its caller.

        Returns:
            A function without the injected parameters in its signature.

        Raises:
            SetupError: A dependency needs a request, or no parameter is a dependency.

        Example::

            @app.inject
            async def send_reminders(day: date, session: Session) -> int: ...

            await send_reminders(date.today())
        """
    def health(
        self,
        *,
        ready: Annotated[
            Iterable[Callable[..., Any] | Check],
            Doc(
                "The checks. Each is a function, which may have dependencies, or a `Check`, "
                "which sets limits. A check fails if it raises an exception or returns False."
            ),
        ] = (),
        live_path: Annotated[
            str | None, Doc("The path of the first probe; None for none.")
        ] = "/live",
        ready_path: Annotated[
            str | None, Doc("The path of the second probe; None for none.")
        ] = "/ready",
        drain: Annotated[
            float,
            Doc(
                "Seconds between SIGTERM and the end of uvicorn. In this time `/ready` says "
                "503 and all other requests are still answered."
            ),
        ] = 0.0,
    ) -> None:
        """Answer `/live` and `/ready`, for orchestrators and load balancers.

        No middleware, dependency, document or trace of the application sees these requests, and
        they need no worker thread. `/live` says 200 as long as the event loop runs. `/ready` runs
        the checks at the same time, and says 503 if one of them fails, does not answer in time, or
        the server has been told to stop.

        Args:
            ready: The checks. Each is a function, which may have dependencies, or a `Check`, which sets limits. A check fails if it raises an exception or returns False.
            live_path: The path of the first probe; None for none.
            ready_path: The path of the second probe; None for none.
            drain: Seconds between SIGTERM and the end of uvicorn. In this time `/ready` says 503 and all other requests are still answered.

        Raises:
            SetupError: An argument cannot work, the method was called before, or the application
                has started.

        Example::

            app.health(ready=[db.check, Check(ping_search, timeout=5)])
        """
    def mount(self, path: str, app: ASGIApp, name: str | None = None) -> None:
        """Serve an ASGI application below a path; see `APIRouter.mount`."""
    def add_exception_handler(
        self,
        exc_class_or_status_code: Annotated[
            int | type[Exception], Doc("The class, or the status code of an `HTTPException`.")
        ],
        handler: Annotated[
            ExceptionHandler,
            Doc("A function that takes the request and the exception, and returns a response."),
        ],
    ) -> None:
        """Register the handler for a class of exceptions or a status code.

        Args:
            exc_class_or_status_code: The class, or the status code of an `HTTPException`.
            handler: A function that takes the request and the exception, and returns a response.
        """
