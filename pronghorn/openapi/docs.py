"""The pages that show an OpenAPI document: Swagger UI, ReDoc and Scalar."""

from __future__ import annotations

from typing import Any

from starlette.responses import HTMLResponse

from pronghorn.core.reexports import find_elsewhere
from pronghorn.openapi.content_policy import find_sources, find_urls, write_policy
from pronghorn.openapi.oauth2_redirect import REDIRECT_PAGE
from pronghorn.openapi.page_markup import FAVICON, Page, redoc_page, scalar_page, swagger_ui_page

__all__ = [
    "get_redoc_html",
    "get_scalar_html",
    "get_swagger_ui_html",
    "get_swagger_ui_oauth2_redirect_html",
    "scalar_default_parameters",
    "swagger_ui_default_parameters",
]

#: Settings that Swagger UI gets unless `swagger_ui_parameters` says otherwise.
swagger_ui_default_parameters: dict[str, Any] = {
    "dom_id": "#swagger-ui",
    "layout": "BaseLayout",
    "deepLinking": True,
    "showExtensions": True,
    "showCommonExtensions": True,
}

#: Settings that Scalar gets unless `scalar_parameters` says otherwise. They switch off what sends
#: the document or its use to the makers of Scalar, or loads something from their site.
scalar_default_parameters: dict[str, Any] = {
    "withDefaultFonts": False,
    "telemetry": False,
    "agent": {"disabled": True},
    "mcp": {"disabled": True},
    "hideClientButton": True,
    "showDeveloperTools": "never",
}

FASTAPI_FAVICON = "https://fastapi.tiangolo.com/img/favicon.png"
SWAGGER_JS = "https://cdn.jsdelivr.net/npm/swagger-ui-dist@5/swagger-ui-bundle.js"
SWAGGER_CSS = "https://cdn.jsdelivr.net/npm/swagger-ui-dist@5/swagger-ui.css"
REDOC_JS = "https://cdn.jsdelivr.net/npm/redoc@2/bundles/redoc.standalone.js"
SCALAR_JS = "https://cdn.jsdelivr.net/npm/@scalar/api-reference@1/dist/browser/standalone.js"
FONTS = "https://fonts.googleapis.com/css?family=Montserrat:300,400,700|Roboto:300,400,700"


def get_swagger_ui_html(
    *,
    openapi_url: str,
    title: str,
    swagger_js_url: str = SWAGGER_JS,
    swagger_css_url: str = SWAGGER_CSS,
    swagger_favicon_url: str = FASTAPI_FAVICON,
    oauth2_redirect_url: str | None = None,
    init_oauth: dict[str, Any] | None = None,
    swagger_ui_parameters: dict[str, Any] | None = None,
    policy_for: dict[str, Any] | None = None,
) -> HTMLResponse:
    """Return the page of Swagger UI, for a route of your own instead of the app's `docs_url`.

    All values are escaped for their place, so a title may contain `<` or `&`.

    Args:
        openapi_url: The URL from which the page loads the document.
        title: Title of the browser's tab.
        swagger_js_url: Swagger UI's script; by default from the jsDelivr network.
        swagger_css_url: Swagger UI's style sheet; by default from the jsDelivr network.
        swagger_favicon_url: The icon of the browser's tab.
        oauth2_redirect_url: Path that returns `get_swagger_ui_oauth2_redirect_html()`; None if no
            OAuth2 login is needed.
        init_oauth: Settings of Swagger UI's OAuth2 login, such as `clientId`.
        swagger_ui_parameters: Settings of Swagger UI, in addition to
            `swagger_ui_default_parameters`.
        policy_for: The document that the page shows, such as `app.openapi()`. The response then
            has a Content-Security-Policy, which allows the URLs given here and the sites that the
            document names. Without it there is none, so that a program may change the page.
    """
    page = swagger_ui_page(
        title=title,
        openapi_url=openapi_url,
        js_url=swagger_js_url,
        css_url=swagger_css_url,
        favicon_url=swagger_favicon_url,
        settings=swagger_ui_default_parameters | (swagger_ui_parameters or {}),
        oauth2_redirect_url=oauth2_redirect_url,
        init_oauth=init_oauth,
    )
    return _respond(page, policy_for, [init_oauth, swagger_ui_parameters])


def get_redoc_html(
    *,
    openapi_url: str,
    title: str,
    redoc_js_url: str = REDOC_JS,
    redoc_favicon_url: str = FASTAPI_FAVICON,
    with_google_fonts: bool = True,
    policy_for: dict[str, Any] | None = None,
) -> HTMLResponse:
    """Return the page of ReDoc, for a route of your own instead of the app's `redoc_url`.

    Args:
        openapi_url: The URL from which the page loads the document.
        title: Title of the browser's tab.
        redoc_js_url: ReDoc's script; by default from the jsDelivr network.
        redoc_favicon_url: The icon of the browser's tab.
        with_google_fonts: Whether the page loads ReDoc's fonts from Google.
        policy_for: The document that the page shows, such as `app.openapi()`. The response then
            has a Content-Security-Policy, which allows the URLs given here and the sites that the
            document names. Without it there is none, so that a program may change the page.
    """
    page = redoc_page(
        title=title,
        openapi_url=openapi_url,
        js_url=redoc_js_url,
        favicon_url=redoc_favicon_url,
        fonts_url=FONTS if with_google_fonts else None,
    )
    return _respond(page, policy_for)


def get_scalar_html(
    *,
    openapi_url: str,
    title: str,
    scalar_js_url: str = SCALAR_JS,
    scalar_favicon_url: str = FAVICON,
    scalar_parameters: dict[str, Any] | None = None,
    policy_for: dict[str, Any] | None = None,
) -> HTMLResponse:
    """Return the page of Scalar, for a route of your own instead of the app's `scalar_url`.

    Args:
        openapi_url: The URL from which the page loads the document.
        title: Title of the browser's tab.
        scalar_js_url: Scalar's script; by default from the jsDelivr network.
        scalar_favicon_url: The icon of the browser's tab.
        scalar_parameters: Settings of Scalar, in addition to `scalar_default_parameters`.
        policy_for: The document that the page shows, such as `app.openapi()`. The response then
            has a Content-Security-Policy, which allows the URLs given here and the sites that the
            document names. Without it there is none, so that a program may change the page.
    """
    page = scalar_page(
        title=title,
        openapi_url=openapi_url,
        js_url=scalar_js_url,
        favicon_url=scalar_favicon_url,
        settings=scalar_default_parameters | (scalar_parameters or {}),
    )
    return _respond(page, policy_for, scalar_parameters)


def get_swagger_ui_oauth2_redirect_html() -> HTMLResponse:
    """Return the page that ends an OAuth2 login of Swagger UI.

    Serve it at the path that `get_swagger_ui_html` receives as `oauth2_redirect_url`.
    """
    return HTMLResponse(REDIRECT_PAGE)


def _respond(page: Page, document: dict[str, Any] | None, settings: Any = None) -> HTMLResponse:
    """Return a page, with its policy if its document is known."""
    if document is None:
        return HTMLResponse(page.html)
    policy = write_policy(page.parts, find_sources(document), find_urls(settings))
    return HTMLResponse(page.html, headers={"content-security-policy": policy})


find_elsewhere(__name__)
