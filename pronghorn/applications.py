"""The application: a router with middleware, error handlers, documentation and a lifespan."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property, partial
from threading import RLock
from typing import Any, Literal, NoReturn

from starlette.applications import Starlette
from starlette.datastructures import State
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send
from typing_extensions import Unpack

from pronghorn.compile.dispatch import Answerer
from pronghorn.compile.server_errors import Outermost
from pronghorn.core.monkeypatches import is_overridden
from pronghorn.core.reexports import find_elsewhere
from pronghorn.core.revisions import current_revision
from pronghorn.core.setup_errors import user_error, warn_deprecated
from pronghorn.core.typed_kwargs import expand_signature, option_defaults
from pronghorn.declare.http_methods import DeclaresOnRouter
from pronghorn.declare.option_inheritance import clean_options
from pronghorn.declare.options import AppOptions, DocumentOptions, RouterOptions
from pronghorn.exceptions import SetupAssertionError
from pronghorn.health.declare import AnswersProbes
from pronghorn.hooks import OBSERVERS, Around, observe_app, telemetry_around, wanted_around
from pronghorn.middleware.stack import PLAIN_CALL, Layered, exception_handlers, layers_of
from pronghorn.openapi.served import ServedDocument
from pronghorn.plan.check_application import (
    check_exception_keys,
    check_middleware_kind,
    list_middleware,
    read_exception_handlers,
)
from pronghorn.routes.lifespan import make_layers
from pronghorn.routes.outside import UsesDependenciesOutside
from pronghorn.routing import APIRouter
from pronghorn.run.exchange import OBSERVED
from pronghorn.types import DecoratedCallable

__all__ = ["FastAPI"]

APP_DEFAULTS = option_defaults(AppOptions)
#: Options of the application that are those of its router.
OF_ROUTER = tuple(name for name in option_defaults(RouterOptions) if name in APP_DEFAULTS)
#: Options that are kept as attributes under their own names.
ATTRIBUTES = (*option_defaults(DocumentOptions), "debug", "root_path", "root_path_in_servers")
ATTRIBUTES += ("max_body_size", "max_json_size", "error_headers", "hardened")
ATTRIBUTES += ("validation_error_input", "websocket_origins")


class FastAPI(DeclaresOnRouter, UsesDependenciesOutside, AnswersProbes, Layered):
    """An HTTP API: an ASGI application made of typed functions.

    Args:
        options: See `AppOptions`.

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

    @expand_signature(AppOptions)
    def __init__(self, **options: Unpack[AppOptions]) -> None:
        kept = clean_options(options)
        values: dict[str, Any] = {**APP_DEFAULTS, **options, **kept}
        for name in ATTRIBUTES:
            setattr(self, name, values[name])
        if self.root_path:
            warn_deprecated(
                "FastAPI(root_path=...) is deprecated: tell the server instead, with "
                "`pronghorn run --root-path` as with `fastapi run --root-path`"
            )
        self.servers = values["servers"] or []
        self.openapi_version, self.openapi_schema, self._openapi_revision = "3.1.0", None, -1
        self._document = ServedDocument()
        #: Held while the document or the layers are made.
        self._making = RLock()
        self._check_document()
        self.state = State()
        self.dependency_overrides = {}
        self.webhooks = values["webhooks"] or APIRouter()
        own = read_exception_handlers(values["exception_handlers"] or {})
        self.exception_handlers = exception_handlers(own)
        self.user_middleware = list_middleware(values["middleware"] or ())
        self.middleware_stack = None
        self.root_path = self.root_path and self.root_path.rstrip("/")
        of_router = {name: kept[name] for name in OF_ROUTER if name in kept}
        self.router = APIRouter(**of_router, dependency_overrides_provider=self)
        if "jobs" in options or "background_tasks" in options:
            from pronghorn.routes.jobs import use_jobs  # Few programs have jobs.

            use_jobs(self, values["jobs"], values["background_tasks"])
        observed = values["telemetry"]
        self._around: Around | None = None if observed is None else telemetry_around(observed)
        self._telemetry: dict[str, Any] = dict(observed or {})
        self.setup()

    def _check_document(self) -> None:
        for name in ("title", "version"):
            if self.openapi_url and not getattr(self, name):
                raise user_error(
                    f"A {name} must be provided for OpenAPI, e.g.: "
                    + {"title": "'My API'", "version": "'2.1.0'"}[name],
                    f"FastAPI({name}={getattr(self, name)!r}) leaves it empty",
                    "openapi_url=None for no document",
                    kind=SetupAssertionError,
                )
        if self.validation_error_responses is not None:
            from pronghorn.openapi.validation_errors import plan_refusals

            plan_refusals(self.validation_error_responses)  # It names mistakes at startup.

    # --- answering ----------------------------------------------------------------------------

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.root_path:
            scope["root_path"] = self.root_path
        scope["app"] = self
        if OBSERVERS and OBSERVED not in scope and scope["type"] != "lifespan":
            await observe_app(partial(FastAPI.__call__, self))(scope, receive, send)
            return
        stack = self.middleware_stack or await make_layers(self._ensure_stack, scope, receive, send)
        if Starlette.__call__ is not PLAIN_CALL:
            stack = super().__call__  # The replacement of a library, which calls the stack.
        around = self._around = self._around or wanted_around(scope["type"])
        if around is None:
            await stack(scope, receive, send)
        else:
            await around(app=stack, scope=scope, receive=receive, send=send)

    def _has_active_telemetry(self) -> bool:
        """Return True if telemetry wraps the application now, so the direct way must be skipped."""
        around = self._around = self._around or wanted_around("http")
        return around is not None and around.is_active()

    def _direct_answerer(self) -> Answerer | None:
        """Return the answerer that a server may call directly, without ASGI messages.

        Returns:
            None if a subclass or a library has replaced a method that every request has to pass, or
            observes the layers.
        """
        if is_overridden(self, FastAPI, "__call__"):
            return None
        if Starlette.__call__ is not PLAIN_CALL:
            return None
        stack = self.middleware_stack or self._ensure_stack()
        if not isinstance(stack, Outermost) or not stack.is_answerer:
            return None
        answerer: Any = stack
        return self._probes.beside(answerer) if self._probes else answerer

    def __rsgi__(self, scope: Any, protocol: Any) -> NoReturn:
        """Refuse a request in Granian's own protocol; see `__rsgi_init__`."""
        self.__rsgi_init__(None)

    def __rsgi_init__(self, loop: Any) -> NoReturn:
        """Refuse Granian's own protocol; Granian calls this before its first request.

        Raises:
            SetupError: Always. It names the command that serves the application through ASGI.
        """
        from pronghorn.adapters.granian import refuse_rsgi  # Most servers speak ASGI.

        refuse_rsgi()

    def _ensure_stack(self) -> ASGIApp:
        """Return the layers, built once although many threads may send a first request."""
        with self._making:
            stack = self.middleware_stack
            if stack is None:
                stack = self.middleware_stack = self.build_middleware_stack()
        return stack

    def build_middleware_stack(self) -> ASGIApp:
        """Return the routes with all layers around them. Called once, before the first request.

        The layers, from the outside in: the response to unhandled errors, the limit of body sizes,
        the middleware of the program, its exception handlers, the routes.
        """
        return layers_of(self)

    # --- declaring ----------------------------------------------------------------------------

    def middleware(self, middleware_type: str) -> Callable[[DecoratedCallable], DecoratedCallable]:
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
        from starlette.middleware.base import BaseHTTPMiddleware

        check_middleware_kind(middleware_type)

        def decorate(func: DecoratedCallable) -> DecoratedCallable:
            self.add_middleware(BaseHTTPMiddleware, dispatch=func)
            return func

        return decorate

    def exception_handler(
        self, exc_class_or_status_code: int | type[Exception]
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
        check_exception_keys([exc_class_or_status_code])

        def decorate(func: DecoratedCallable) -> DecoratedCallable:
            self.add_exception_handler(exc_class_or_status_code, func)
            return func

        return decorate

    # --- documentation ------------------------------------------------------------------------

    def openapi(self) -> dict[str, Any]:
        """Return the OpenAPI document, which is written again after routes have changed."""
        with self._making:  # Otherwise threads could keep an old document for the new revision.
            return self._make_document()

    def _make_document(self) -> dict[str, Any]:
        revision = current_revision()
        if self.openapi_schema is None or self._openapi_revision != revision:
            if self._openapi_revision == -1 and self.openapi_schema is not None:
                return self.openapi_schema  # the program's own document
            # Importing the writer of documents is slow, so `import pronghorn` does not do it.
            from pronghorn.openapi.utils import get_openapi

            # Only if it is set: a program may have replaced `get_openapi` by a function of its own.
            errors = self.validation_error_responses
            ours = {} if errors is None else {"validation_error_responses": errors}
            self.openapi_schema = get_openapi(
                title=self.title,
                version=self.version,
                openapi_version=self.openapi_version,
                summary=self.summary,
                description=self.description,
                terms_of_service=self.terms_of_service,
                contact=self.contact,
                license_info=self.license_info,
                routes=self.routes,
                webhooks=self.webhooks.routes,
                tags=self.openapi_tags,
                servers=self.servers,
                separate_input_output_schemas=self.separate_input_output_schemas,
                external_docs=self.openapi_external_docs,
                **ours,
            )
            self._openapi_revision = revision
        return self.openapi_schema

    def setup(self) -> None:
        """Add the routes of the OpenAPI document, and of the pages that show it."""
        if not self.openapi_url:
            return
        self._add_page(self.openapi_url, self._serve_document, "openapi")
        if self.docs_url:
            self._add_page(self.docs_url, self._serve_swagger_ui, "swagger_ui_html")
            if self.swagger_ui_oauth2_redirect_url:
                self._add_page(
                    self.swagger_ui_oauth2_redirect_url,
                    self._serve_oauth2_redirect,
                    "swagger_ui_redirect",
                )
        if self.redoc_url:
            self._add_page(self.redoc_url, self._serve_redoc, "redoc_html")
        if self.scalar_url:
            self._add_page(self.scalar_url, self._serve_scalar, "scalar_html")

    def _add_page(self, path: str, serve: Callable[..., Any], name: str) -> None:
        async def page(request: Request) -> Any:
            return await serve(request)

        # The name is on the function, not in a keyword: a program may override `add_route`.
        page.__name__ = name
        self.add_route(path, page, include_in_schema=False)

    async def _serve_document(self, request: Request) -> Response:
        root_path = request.scope.get("root_path", "").rstrip("/")
        server = root_path if self.root_path_in_servers else ""
        # A method of the program's own may change the dict that it returned before.
        is_ours = not is_overridden(self, FastAPI, "openapi")
        return self._document.response(request, self.openapi(), server, keep=is_ours)

    @cached_property
    def _pages(self) -> Any:
        from pronghorn.openapi.pages import DocumentationPages  # Few processes show a page.

        return DocumentationPages(self, FastAPI)

    async def _serve_swagger_ui(self, request: Request) -> Any:
        return await self._pages.serve_swagger_ui(request)

    async def _serve_oauth2_redirect(self, request: Request) -> Any:
        return await self._pages.serve_oauth2_redirect(request)

    async def _serve_redoc(self, request: Request) -> Any:
        return await self._pages.serve_redoc(request)

    async def _serve_scalar(self, request: Request) -> Any:
        return await self._pages.serve_scalar(request)


find_elsewhere(__name__)
