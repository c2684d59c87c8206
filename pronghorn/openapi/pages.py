"""The documentation pages of an application: their routes' answers, with validators and policy."""

from __future__ import annotations

import sys
from collections.abc import Callable
from hashlib import sha256
from typing import Any, Protocol

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from pronghorn.core.monkeypatches import is_overridden, is_replaced
from pronghorn.openapi.asset_files import find_assets
from pronghorn.openapi.content_policy import (
    PageParts,
    Sources,
    find_sources,
    find_urls,
    write_policy,
)
from pronghorn.openapi.docs import (
    FASTAPI_FAVICON,
    FONTS,
    REDOC_JS,
    SCALAR_JS,
    SWAGGER_CSS,
    SWAGGER_JS,
    get_redoc_html,
    get_scalar_html,
    get_swagger_ui_html,
    scalar_default_parameters,
    swagger_ui_default_parameters,
)
from pronghorn.openapi.oauth2_redirect import REDIRECT_PAGE, REDIRECT_SCRIPT
from pronghorn.openapi.page_markup import FAVICON, Page, redoc_page, scalar_page, swagger_ui_page
from pronghorn.openapi.served import is_known

#: The query parameter by which a page asks its own route for a file.
ASSET = "asset"
#: Where programs assign functions of their own that return pages.
APPLICATIONS = "pronghorn.applications"


class Documented(Protocol):
    """An application, as the pages read it at each request: a program may assign its values."""

    title: str
    openapi_url: str | None
    swagger_ui_oauth2_redirect_url: str | None
    swagger_ui_init_oauth: dict[str, Any] | None
    swagger_ui_parameters: dict[str, Any] | None
    scalar_parameters: dict[str, Any] | None

    def openapi(self) -> dict[str, Any]:
        """Return the document that the pages show."""


class DocumentationPages:
    """The pages of one application.

    A page loads its script and style sheet from its own route, if the wheel contains them. If it
    was built without them, the page loads them from a CDN, as FastAPI's does. URLs that a program
    has set, as defaults of `get_swagger_ui_html`, come first; and a function that it has assigned
    to `applications.get_swagger_ui_html` is called instead, as on FastAPI.
    """

    def __init__(self, app: Documented, base: type[Any]) -> None:
        """Create the pages of an application.

        Args:
            app: The application.
            base: The class whose `openapi` returns another `dict` whenever the document changes.
        """
        self._app = app
        self._base = base
        self._document: Any = None
        self._sources = Sources()

    async def serve_swagger_ui(self, request: Request) -> Response:
        """Return the page of Swagger UI, or a file of it."""
        app, root_path = self._app, root_path_of(request)
        redirect = app.swagger_ui_oauth2_redirect_url
        content: dict[str, Any] = {
            "openapi_url": root_path + str(app.openapi_url),
            "title": f"{app.title} - Swagger UI",
            "oauth2_redirect_url": root_path + redirect if redirect else redirect,
            "init_oauth": app.swagger_ui_init_oauth,
        }
        if is_replaced(APPLICATIONS, "get_swagger_ui_html"):
            settings = app.swagger_ui_parameters
            return _call_replacement(
                "get_swagger_ui_html", **content, swagger_ui_parameters=settings
            )
        if ASSET in request.query_params:
            return await respond_with_file(request, "swagger_js", "swagger_css")
        page = swagger_ui_page(
            **content,
            js_url=choose_url("swagger_js", SWAGGER_JS, get_swagger_ui_html, "swagger_js_url"),
            css_url=choose_url("swagger_css", SWAGGER_CSS, get_swagger_ui_html, "swagger_css_url"),
            favicon_url=choose_icon(get_swagger_ui_html, "swagger_favicon_url"),
            settings=swagger_ui_default_parameters | (app.swagger_ui_parameters or {}),
        )
        return self._respond(request, page, [app.swagger_ui_parameters, app.swagger_ui_init_oauth])

    async def serve_redoc(self, request: Request) -> Response:
        """Return the page of ReDoc, or a file of it."""
        content: dict[str, Any] = {
            "openapi_url": root_path_of(request) + str(self._app.openapi_url),
            "title": f"{self._app.title} - ReDoc",
        }
        if is_replaced(APPLICATIONS, "get_redoc_html"):
            return _call_replacement("get_redoc_html", **content)
        if ASSET in request.query_params:
            return await respond_with_file(request, "redoc_js")
        js_url = choose_url("redoc_js", REDOC_JS, get_redoc_html, "redoc_js_url")
        defaults = get_redoc_html.__kwdefaults__ or {}
        has_fonts = "//" in js_url and defaults.get("with_google_fonts", True)
        page = redoc_page(
            **content,
            js_url=js_url,
            favicon_url=choose_icon(get_redoc_html, "redoc_favicon_url"),
            fonts_url=FONTS if has_fonts else None,
        )
        return self._respond(request, page)

    async def serve_scalar(self, request: Request) -> Response:
        """Return the page of Scalar, or a file of it."""
        if ASSET in request.query_params:
            return await respond_with_file(request, "scalar_js")
        page = scalar_page(
            title=f"{self._app.title} - Scalar",
            openapi_url=root_path_of(request) + str(self._app.openapi_url),
            js_url=choose_url("scalar_js", SCALAR_JS, get_scalar_html, "scalar_js_url"),
            favicon_url=choose_icon(get_scalar_html, "scalar_favicon_url"),
            settings=scalar_default_parameters | (self._app.scalar_parameters or {}),
        )
        return self._respond(request, page, self._app.scalar_parameters)

    async def serve_oauth2_redirect(self, request: Request) -> Response:
        """Return the page that ends an OAuth2 login of Swagger UI."""
        if is_replaced(APPLICATIONS, "get_swagger_ui_oauth2_redirect_html"):
            return _call_replacement("get_swagger_ui_oauth2_redirect_html")
        page = Page(REDIRECT_PAGE, PageParts((REDIRECT_SCRIPT,)))
        return respond_with_page(request, page, Sources())

    def _respond(self, request: Request, page: Page, settings: Any = None) -> Response:
        return respond_with_page(request, page, self._find_sources(), find_urls(settings))

    def _find_sources(self) -> Sources:
        """Return the sources that the document names, which are found once for each document."""
        try:
            document = self._app.openapi()
        except Exception:  # noqa: BLE001 - The program's error belongs to the document's route.
            return Sources()
        # A method of the program's own may change the dict that it returned before.
        if document is not self._document or is_overridden(self._app, self._base, "openapi"):
            self._document, self._sources = document, find_sources(document)
        return self._sources


def choose_url(role: str, cdn_url: str, function: Callable[..., Any], keyword: str) -> str:
    """Return the URL of a script or a style sheet.

    Args:
        role: The file of the wheel.
        cdn_url: The URL if the wheel does not have it.
        function: The function whose default for the URL a program may have changed.
        keyword: The parameter of that function.
    """
    default: str = (function.__kwdefaults__ or {}).get(keyword, cdn_url)
    if default != cdn_url:
        return default
    assets = find_assets()
    return assets.by_role[role].url if assets.has(role) else cdn_url


def choose_icon(function: Callable[..., Any], keyword: str) -> str:
    """Return the URL of the icon: ours, or the one that a program set as the default."""
    default: str = (function.__kwdefaults__ or {}).get(keyword, FAVICON)
    return FAVICON if default == FASTAPI_FAVICON else default


async def respond_with_file(request: Request, *roles: str) -> Response:
    """Return the response to a page that asks for one of its files."""
    return await find_assets().respond(request.query_params[ASSET], request, roles)


def _call_replacement(name: str, **keywords: Any) -> Response:
    """Return what a program's own page function returns."""
    response: Response = getattr(sys.modules[APPLICATIONS], name)(**keywords)
    return response


def respond_with_page(
    request: Request, page: Page, sources: Sources, settings: frozenset[str] = frozenset()
) -> Response:
    """Return the response to a request for a page: 200, or 304 if the client has it already.

    Args:
        request: Its `If-None-Match` names the version that the client has.
        page: The page.
        sources: The foreign sources that the page's document names.
        settings: Those that its settings name.
    """
    policy = write_policy(page.parts, sources, settings)
    tag = f'W/"{sha256((policy + page.html).encode()).hexdigest()[:32]}"'
    headers = {
        "etag": tag,
        "cache-control": "no-cache",  # Keep it, and ask whether it is still the same.
        "content-security-policy": policy,
        "x-content-type-options": "nosniff",
    }
    if is_known(request.headers.get("if-none-match", ""), tag):
        return Response(status_code=304, headers=headers)
    return HTMLResponse(page.html, headers=headers)


def root_path_of(request: Request) -> str:
    """Return the prefix of the application's URLs, without a last slash."""
    root_path: str = request.scope.get("root_path", "")
    return root_path.rstrip("/")
