"""The pages that show an OpenAPI document: Swagger UI and ReDoc."""

from __future__ import annotations

import json
from html import escape
from typing import Any

from starlette.responses import HTMLResponse

from pronghorn.core.reexports import find_elsewhere
from pronghorn.encoders import jsonable_encoder

__all__ = [
    "get_redoc_html",
    "get_swagger_ui_html",
    "get_swagger_ui_oauth2_redirect_html",
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

_FAVICON = "https://fastapi.tiangolo.com/img/favicon.png"
_SWAGGER_ASSETS = "https://cdn.jsdelivr.net/npm/swagger-ui-dist@5"
_REDOC_ASSETS = "https://cdn.jsdelivr.net/npm/redoc@2/bundles"
_FONTS = "https://fonts.googleapis.com/css?family=Montserrat:300,400,700|Roboto:300,400,700"

_SWAGGER_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>{title}</title>
  <link rel="stylesheet" href="{css_url}">
  <link rel="icon" href="{favicon_url}">
</head>
<body>
  <div id="swagger-ui"></div>
  <script src="{js_url}"></script>
  <script>
    const ui = SwaggerUIBundle({{
      {settings}
      presets: [
        SwaggerUIBundle.presets.apis,
        SwaggerUIBundle.SwaggerUIStandalonePreset
      ],
    }});{after}
  </script>
</body>
</html>
"""

_REDOC_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>{title}</title>{fonts}
  <link rel="icon" href="{favicon_url}">
  <style>body {{ margin: 0; }}</style>
</head>
<body>
  <noscript>This page is drawn by ReDoc, which needs JavaScript.</noscript>
  <redoc spec-url="{openapi_url}"></redoc>
  <script src="{js_url}"></script>
</body>
</html>
"""

# The page to which an authorization server redirects the browser, in the window that Swagger UI
# opened. It passes the response to the opening page, by the protocol of Swagger UI 5:
# `swaggerUIRedirectOauth2` is the pending request, with `callback` and `errCb`.
_OAUTH2_REDIRECT_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <title>Swagger UI: OAuth2 redirect</title>
</head>
<body>
  <script>
    "use strict";
    const CODE_FLOWS = ["accessCode", "authorizationCode", "authorization_code"];
    const MISSING_CODE = "The authorization server sent no code.";

    function readAnswer() {
      const fragment = window.location.hash.slice(1).replace(/^\\?/, "");
      const source = /code|token|error/.test(fragment) ? fragment : window.location.search.slice(1);
      return Object.fromEntries(new URLSearchParams(source));
    }

    function describeError(answer) {
      if (!answer.error) return MISSING_CODE;
      const details = answer.error_description || MISSING_CODE;
      const link = answer.error_uri ? ` More: ${answer.error_uri}` : "";
      return `[${answer.error}] ${details}${link}`;
    }

    function report(pending, level, message) {
      pending.errCb({ authId: pending.auth.name, source: "auth", level, message });
    }

    function finish() {
      const pending = window.opener.swaggerUIRedirectOauth2;
      const answer = readAnswer();
      const isValid = answer.state === pending.state;
      const { auth, redirectUrl } = pending;
      if (!CODE_FLOWS.includes(auth.schema.get("flow")) || auth.code) {
        pending.callback({ auth, token: answer, isValid, redirectUrl });
      } else {
        if (!isValid) {
          report(pending, "warning", "The state that came back is not the one that was sent.");
        }
        if (answer.code) {
          delete pending.state;
          auth.code = answer.code;
          pending.callback({ auth, redirectUrl });
        } else {
          report(pending, "error", describeError(answer));
        }
      }
      window.close();
    }

    if (document.readyState === "loading") {
      document.addEventListener("DOMContentLoaded", finish);
    } else {
      finish();
    }
  </script>
</body>
</html>
"""


def get_swagger_ui_html(
    *,
    openapi_url: str,
    title: str,
    swagger_js_url: str = f"{_SWAGGER_ASSETS}/swagger-ui-bundle.js",
    swagger_css_url: str = f"{_SWAGGER_ASSETS}/swagger-ui.css",
    swagger_favicon_url: str = _FAVICON,
    oauth2_redirect_url: str | None = None,
    init_oauth: dict[str, Any] | None = None,
    swagger_ui_parameters: dict[str, Any] | None = None,
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
    """
    parameters = swagger_ui_default_parameters | (swagger_ui_parameters or {})
    settings = [f"url: {_script_string(openapi_url)},"]
    settings += [
        f"{_script_json(name)}: {_script_json(value)}," for name, value in parameters.items()
    ]
    if oauth2_redirect_url:
        redirect = _script_string(oauth2_redirect_url)
        settings.append(f"oauth2RedirectUrl: window.location.origin + {redirect},")
    after = f"\n    ui.initOAuth({_script_json(init_oauth)});" if init_oauth else ""
    page = _SWAGGER_PAGE.format(
        title=escape(title),
        css_url=escape(swagger_css_url),
        favicon_url=escape(swagger_favicon_url),
        js_url=escape(swagger_js_url),
        settings="\n      ".join(settings),
        after=after,
    )
    return HTMLResponse(page)


def get_redoc_html(
    *,
    openapi_url: str,
    title: str,
    redoc_js_url: str = f"{_REDOC_ASSETS}/redoc.standalone.js",
    redoc_favicon_url: str = _FAVICON,
    with_google_fonts: bool = True,
) -> HTMLResponse:
    """Return the page of ReDoc, for a route of your own instead of the app's `redoc_url`.

    Args:
        openapi_url: The URL from which the page loads the document.
        title: Title of the browser's tab.
        redoc_js_url: ReDoc's script; by default from the jsDelivr network.
        redoc_favicon_url: The icon of the browser's tab.
        with_google_fonts: Whether the page loads ReDoc's fonts from Google.
    """
    fonts = f'\n  <link rel="stylesheet" href="{_FONTS}">' if with_google_fonts else ""
    page = _REDOC_PAGE.format(
        title=escape(title),
        fonts=fonts,
        favicon_url=escape(redoc_favicon_url),
        openapi_url=escape(openapi_url),
        js_url=escape(redoc_js_url),
    )
    return HTMLResponse(page)


def get_swagger_ui_oauth2_redirect_html() -> HTMLResponse:
    """Return the page that ends an OAuth2 login of Swagger UI.

    Serve it at the path that `get_swagger_ui_html` receives as `oauth2_redirect_url`.
    """
    return HTMLResponse(_OAUTH2_REDIRECT_PAGE)


def _script_json(value: Any) -> str:
    """Return JSON that is safe inside a `script` element: it cannot end or open a tag."""
    text = json.dumps(jsonable_encoder(value))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _script_string(text: str) -> str:
    """Return a string of JavaScript in single quotes."""
    inner = _script_json(text)[1:-1].replace('\\"', '"').replace("'", "\\u0027")
    return f"'{inner}'"


find_elsewhere(__name__)
