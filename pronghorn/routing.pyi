# Written by `make stubs`, from the sources of this module. Do not edit it.
"""Routers, which record routes and inclusions, and pass requests to the compiled routes."""

from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import Annotated, Any, Literal

from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Match, Route, Router, WebSocketRoute
from starlette.routing import Mount as Mount
from starlette.types import ASGIApp, Lifespan, Receive, Scope, Send
from typing_extensions import Doc
from typing_extensions import deprecated as deprecated_mark

from pronghorn._form_limits import FormLimits
from pronghorn.datastructures import Default, DefaultPlaceholder
from pronghorn.declare.http_methods import ON_EVENT_IS_DEPRECATED
from pronghorn.dependencies.models import Dependant
from pronghorn.fields.field import Field
from pronghorn.params import Depends
from pronghorn.plan.model import RoutePlan, WebSocketPlan
from pronghorn.routes.asgi_apps import get_websocket_app as get_websocket_app
from pronghorn.routes.asgi_apps import request_response as request_response
from pronghorn.routes.asgi_apps import websocket_session as websocket_session
from pronghorn.routes.request_handlers import get_request_handler as get_request_handler
from pronghorn.routes.request_handlers import run_endpoint_function as run_endpoint_function
from pronghorn.routes.request_handlers import serialize_response as serialize_response
from pronghorn.routes.request_handlers import solve_dependencies as solve_dependencies
from pronghorn.routes.route_contexts import RouteContext as RouteContext
from pronghorn.routes.route_contexts import iter_route_contexts as iter_route_contexts
from pronghorn.run.lifetime import RequestHandler
from pronghorn.types import CheckDirectory, DecoratedCallable, Directory, Fallback, IncEx
from pronghorn.utils import generate_unique_id

__all__ = ["APIRoute", "APIRouter", "APIWebSocketRoute"]

class APIRoute(Route):
    """One path operation: a path, its methods, an endpoint and their options.

    Args:
        path: The path, with parameters in braces; begins with `/`.
        endpoint: The function, coroutine function, generator function or callable object that handles requests.

    Raises:
        SetupError: The declaration is not valid.
    """

    path: str
    endpoint: Callable[..., Any]
    name: str
    tags: list[str | Enum]
    dependencies: list[Depends]
    callbacks: list[BaseRoute]
    responses: dict[int | str, dict[str, Any]]
    form_limits: dict[str, Any]
    methods: set[str]
    status_code: int | None
    summary: str | None
    description: str
    response_description: str
    deprecated: bool | None
    operation_id: str | None
    response_model_include: IncEx | None
    response_model_exclude: IncEx | None
    response_model_by_alias: bool
    response_model_exclude_unset: bool
    response_model_exclude_defaults: bool
    response_model_exclude_none: bool
    response_class: type[Response] | DefaultPlaceholder
    include_in_schema: bool
    openapi_extra: dict[str, Any] | None
    generate_unique_id_function: Callable[[APIRoute], str] | DefaultPlaceholder
    strict_content_type: bool | DefaultPlaceholder
    max_body_size: int | None
    max_json_size: int | None
    timeout: float | None
    on_disconnect: str | None
    cache: Any
    dependency_overrides_provider: Any
    def __init__(
        self,
        path: Annotated[str, Doc("The path, with parameters in braces; begins with `/`.")],
        endpoint: Annotated[
            Callable[..., Any],
            Doc(
                "The function, coroutine function, generator function or callable object that"
                " handles requests."
            ),
        ],
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
            Callable[[APIRoute], str] | DefaultPlaceholder,
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
            bool | DefaultPlaceholder,
            Doc(
                "Whether to parse a body as JSON only if its content type is JSON. `False` "
                "also parses bodies without a content type. The innermost one applies."
            ),
        ] = Default(True),
        dependency_overrides_provider: Annotated[
            Any | None,
            Doc("An object with a `dependency_overrides` mapping, usually the application."),
        ] = None,
    ) -> None:
        """One path operation: a path, its methods, an endpoint and their options.

        Args:
            path: The path, with parameters in braces; begins with `/`.
            endpoint: The function, coroutine function, generator function or callable object that handles requests.
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
            dependency_overrides_provider: An object with a `dependency_overrides` mapping, usually the application.

        Raises:
            SetupError: The declaration is not valid.
        """
        self.methods: set[str]
    @property
    def plan(self) -> RoutePlan:
        """The frozen facts about this route, renewed after a change."""
    @property
    def unique_id(self) -> str:
        """The operation ID, or the result of `generate_unique_id_function` for this route."""
    @property
    def response_model(self) -> Any:
        """The declared model of the response, or the return annotation."""
    @response_model.setter
    def response_model(self, model: Any) -> None: ...
    def get_route_handler(self) -> RequestHandler:
        """Return the function that turns a request into a response; subclasses may wrap it."""
    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request whose path matches, or send 405 if its method does not."""
    @property
    def body_field(self) -> Field | None:
        """The whole body as one field."""
    @body_field.setter
    def body_field(self, value: Field | None) -> None: ...
    @property
    def response_field(self) -> Field | None:
        """The field that validates and serialises the response."""
    @response_field.setter
    def response_field(self, value: Field | None) -> None: ...
    @property
    def stream_item_field(self) -> Field | None:
        """The field that validates and serialises one item of a stream."""
    @stream_item_field.setter
    def stream_item_field(self, value: Field | None) -> None: ...
    @property
    def response_fields(self) -> Mapping[int | str, Field]:
        """The fields of the documented additional responses."""
    @response_fields.setter
    def response_fields(self, value: Mapping[int | str, Field]) -> None: ...
    @property
    def stream_item_type(self) -> Any:
        """The declared type of one item of a stream, or None."""
    @property
    def is_sse_stream(self) -> bool:
        """True if the endpoint yields server-sent events."""
    @property
    def is_json_stream(self) -> bool:
        """True if the endpoint yields JSON Lines."""
    @property
    def dependant(self) -> Dependant:
        """The dependency graph in FastAPI's form; changes take effect at the next request."""
    @dependant.setter
    def dependant(self, graph: Dependant) -> None: ...
    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Return how well this route matches a request, and the additions to the scope.

        Routers use the pattern instead, unless a subclass overrides this method.
        """
    @property
    def app(self) -> Any:
        """This route as an ASGI application, called once path and method have matched."""
    @app.setter
    def app(self, app: Any) -> None: ...

class APIWebSocketRoute(WebSocketRoute):
    """One WebSocket route.

    Args:
        path: The path, with parameters in braces; begins with `/`.
        endpoint: The coroutine function that serves connections.
        name: The name for `url_path_for`; by default the name of the endpoint.
        dependency_overrides_provider: An object with a `dependency_overrides` mapping, usually the application.
    """

    path: str
    endpoint: Callable[..., Any]
    name: str
    dependencies: list[Depends]
    dependency_overrides_provider: Any
    websocket_origins: Sequence[str] | None
    def __init__(
        self,
        path: Annotated[str, Doc("The path, with parameters in braces; begins with `/`.")],
        endpoint: Annotated[
            Callable[..., Any], Doc("The coroutine function that serves connections.")
        ],
        *,
        name: Annotated[
            str | None, Doc("The name for `url_path_for`; by default the name of the endpoint.")
        ] = None,
        dependency_overrides_provider: Annotated[
            Any, Doc("An object with a `dependency_overrides` mapping, usually the application.")
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
    ) -> None:
        """One WebSocket route.

        Args:
            path: The path, with parameters in braces; begins with `/`.
            endpoint: The coroutine function that serves connections.
            name: The name for `url_path_for`; by default the name of the endpoint.
            dependency_overrides_provider: An object with a `dependency_overrides` mapping, usually the application.
            dependencies: Dependencies that run first and whose results are not used. Joined, outer ones first.
            websocket_origins: The origins whose pages may open WebSockets: `["https://shop.example"]`; others get a 403. `https://*.shop.example` allows all subdomains, `"same-origin"` the origin of the request, `"*"` any. The innermost list applies. By default any, and `["same-origin"]` with `hardened`.
        """
    @property
    def plan(self) -> WebSocketPlan:
        """The frozen facts about this route, renewed after a change."""
    @property
    def dependant(self) -> Dependant:
        """The dependency graph in FastAPI's form; changes take effect at the next request."""
    @dependant.setter
    def dependant(self, graph: Dependant) -> None: ...
    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Return how well this route matches a request, and the additions to the scope.

        Routers use the pattern instead, unless a subclass overrides this method.
        """
    @property
    def app(self) -> Any:
        """This route as an ASGI application, called once path and method have matched."""
    @app.setter
    def app(self, app: Any) -> None: ...

class APIRouter(Router):
    """A group of routes that share a prefix, tags, dependencies and more.

    Example::

        router = APIRouter(prefix="/items", tags=["items"])

        @router.get("/{item_id}")
        async def read_item(item_id: int): ...

        app.include_router(router)

    Raises:
        SetupError: An option is unknown or not valid.
    """

    prefix: str
    """The prefix of all paths of this router."""
    tags: list[str | Enum]
    dependencies: list[Depends]
    callbacks: list[BaseRoute]
    responses: dict[int | str, dict[str, Any]]
    form_limits: dict[str, Any]
    max_body_size: int | None
    max_json_size: int | None
    cache: Any
    websocket_origins: Sequence[str] | None
    timeout: float | None
    on_disconnect: str | None
    default_response_class: type[Response]
    deprecated: bool | None
    include_in_schema: bool
    generate_unique_id_function: Callable[[APIRoute], str]
    strict_content_type: bool
    dependency_overrides_provider: Any
    route_class: type[APIRoute]
    """The class of the routes that the decorators create."""
    auto_head: bool
    """Whether a GET route also handles HEAD."""
    redirect_slashes: bool
    on_startup: list[Callable[[], Any]]
    on_shutdown: list[Callable[[], Any]]
    lifespan_context: Lifespan[Any]
    """Makes the context manager that is entered at startup and exited at shutdown."""
    def __init__(
        self,
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
        route_class: Annotated[
            type[APIRoute] | None,
            Doc("The class of the routes that the decorators create. Defaults to `APIRoute`."),
        ] = None,
        default: Annotated[
            ASGIApp | None,
            Doc(
                "The ASGI application for paths that no route matches. By default the "
                "response is a 404."
            ),
        ] = None,
        lifespan: Annotated[
            Lifespan[Any] | None,
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
        strict_content_type: Annotated[
            bool,
            Doc(
                "Whether to parse a body as JSON only if its content type is JSON. `False` "
                "also parses bodies without a content type. The innermost one applies."
            ),
        ] = Default(True),
        dependency_overrides_provider: Annotated[
            Any | None,
            Doc("An object with a `dependency_overrides` mapping, usually the application."),
        ] = None,
    ) -> None:
        """A group of routes that share a prefix, tags, dependencies and more.

        Args:
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
            route_class: The class of the routes that the decorators create. Defaults to `APIRoute`.
            default: The ASGI application for paths that no route matches. By default the response is a 404.
            lifespan: An async context manager: it enters at startup and exits at shutdown.
            redirect_slashes: Whether to redirect `/items/` to `/items` (307), or the reverse, if only one exists.
            auto_head: Whether a GET route also handles HEAD: it sends the headers without the content. With `False` the response is a 405, as in FastAPI. A route that declares HEAD takes precedence.
            routes: The initial routes, as in Starlette.
            on_startup: Functions to call at startup; prefer `lifespan`.
            on_shutdown: Functions to call at shutdown; prefer `lifespan`.
            strict_content_type: Whether to parse a body as JSON only if its content type is JSON. `False` also parses bodies without a content type. The innermost one applies.
            dependency_overrides_provider: An object with a `dependency_overrides` mapping, usually the application.

        Example::

            router = APIRouter(prefix="/items", tags=["items"])

            @router.get("/{item_id}")
            async def read_item(item_id: int): ...

            app.include_router(router)

        Raises:
            SetupError: An option is unknown or not valid.
        """
    @property
    def routes(self) -> list[BaseRoute]:
        """All routes with their full paths, including those of included routers."""
    @routes.setter
    def routes(self, routes: Sequence[BaseRoute]) -> None: ...
    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, WebSocket connection or lifespan."""
    def add_api_route(
        self,
        path: Annotated[str, Doc("The path inside this router.")],
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
            path: The path inside this router.
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
        path: Annotated[str, Doc("The path inside this router.")],
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
            path: The path inside this router.
            endpoint: The coroutine function that serves connections.
            name: The name for `url_path_for`; by default the name of the function.
            dependencies: Dependencies that run first and whose results are not used. Joined, outer ones first.
            websocket_origins: The origins whose pages may open WebSockets: `["https://shop.example"]`; others get a 403. `https://*.shop.example` allows all subdomains, `"same-origin"` the origin of the request, `"*"` any. The innermost list applies. By default any, and `["same-origin"]` with `hardened`.
        """
    def route(
        self,
        path: str,
        methods: Sequence[str] | None = None,
        name: str | None = None,
        include_in_schema: bool = True,
    ) -> Callable[[DecoratedCallable], DecoratedCallable]:
        """Declare a Starlette route, whose function takes the request and returns a response."""
    def mount(
        self,
        path: Annotated[str, Doc("The path, which begins with `/`.")],
        app: Annotated[ASGIApp, Doc("The application.")],
        name: Annotated[str | None, Doc("The name for `url_path_for`.")] = None,
    ) -> None:
        """Serve an ASGI application below a path.

        Args:
            path: The path, which begins with `/`.
            app: The application.
            name: The name for `url_path_for`.

        Raises:
            SetupError: The path or the application cannot work.
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
        """Add the routes of another router to this one.

        Routes that are added to the other router later are included as well. A router may be
        included several times, with different options.

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
            SetupError: The prefix is malformed, prefix and path are both empty, or the router
                would contain itself.
        """
    def add_event_handler(self, event_type: str, func: Callable[[], Any]) -> None:
        """Add a handler for `"startup"` or `"shutdown"`; prefer `lifespan`."""
    @deprecated_mark(ON_EVENT_IS_DEPRECATED)
    def on_event(self, event_type: str) -> Callable[[DecoratedCallable], DecoratedCallable]:
        """Declare a handler for `"startup"` or `"shutdown"`; prefer `lifespan`."""
    async def lifespan(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the lifespan, after planning every route, so that startup reports all mistakes."""
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
    def frontend(
        self,
        path: Annotated[str, Doc("The path of the frontend; begins with `/`.")],
        *,
        directory: Annotated[
            Directory,
            Doc("The directory of the build. Links that lead out of it are not followed."),
        ],
        fallback: Annotated[
            Fallback,
            Doc(
                'The response when there is no file for a path. `"404.html"` sends that page '
                'with status 404. `"index.html"` sends that page to clients whose `Accept` '
                'header names HTML, for paths that the page routes itself. `"auto"` takes '
                "whichever of them exists, in this order. `None` leaves it to the 404 of the "
                "application."
            ),
        ] = "auto",
        check_dir: Annotated[
            CheckDirectory,
            Doc(
                'Whether the directory must exist now. `"auto"` only warns if the environment'
                " variable `FASTAPI_ENV` is `development`."
            ),
        ] = "auto",
    ) -> None:
        """Serve the files that a frontend tool has built, for requests that no other route matches.

        If several frontends match, in this router or in others, the one with the longest path
        responds. The dependencies of the application, the routers and the inclusions run first.

        Args:
            path: The path of the frontend; begins with `/`.
            directory: The directory of the build. Links that lead out of it are not followed.
            fallback: The response when there is no file for a path. `"404.html"` sends that page with status 404. `"index.html"` sends that page to clients whose `Accept` header names HTML, for paths that the page routes itself. `"auto"` takes whichever of them exists, in this order. `None` leaves it to the 404 of the application.
            check_dir: Whether the directory must exist now. `"auto"` only warns if the environment variable `FASTAPI_ENV` is `development`.

        Raises:
            SetupError: The path or the fallback is not valid, or the directory does not exist.
        """
    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Return how well the route behind this router matches a request.

        This is called for each route of an included router whose class overrides this method or
        `handle`. A router that is not included is not a route, so it never matches.
        """
    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Call the route behind this router, or the router itself if it is not included."""
