"""The HTML of the documentation pages: Swagger UI, ReDoc and Scalar.

Each value is escaped for its place, so a title, a URL or a setting cannot end a tag or a string.
"""

from __future__ import annotations

import json
from html import escape
from typing import Any, NamedTuple
from urllib.parse import quote

from pronghorn.encoders import jsonable_encoder
from pronghorn.openapi.content_policy import PageParts

_ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">'
    '<rect width="32" height="32" rx="7" fill="#7a4419"/>'
    '<path d="M11 15C7 12 7 7 10 4c0 4 1 6 4 8M21 15c4-3 4-8 1-11 0 4-1 6-4 8" fill="none"'
    ' stroke="#fff" stroke-width="2.4" stroke-linecap="round" stroke-linejoin="round"/>'
    '<path d="M11 14h10l-2 9-3 5-3-5z" fill="#fff"/></svg>'
)

#: The icon of the browser's tab. It is part of the page, so nothing is loaded for it.
FAVICON = f"data:image/svg+xml,{quote(_ICON)}"

_HEAD = """<!DOCTYPE html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>{title}</title>
  <link rel="icon" href="{favicon_url}">
  <style>body {{ margin: 0; }}</style>
"""

_SWAGGER_PAGE = (
    _HEAD
    + """  <link rel="stylesheet" href="{css_url}">
</head>
<body>
  {problem}
  <div id="swagger-ui"></div>
  <script src="{js_url}"></script>
  <script>{script}</script>
</body>
</html>
"""
)

_SWAGGER_SCRIPT = """
    {show_problem}
    const ui = SwaggerUIBundle({{
      {settings}
      presets: [
        SwaggerUIBundle.presets.apis,
        SwaggerUIBundle.SwaggerUIStandalonePreset
      ],
    }});{after}
  """

_REDOC_PAGE = (
    _HEAD
    + """{fonts}</head>
<body>
  {problem}
  <redoc spec-url="{openapi_url}"></redoc>
  <script src="{js_url}"></script>
  <script>{script}</script>
</body>
</html>
"""
)

_SCALAR_PAGE = (
    _HEAD
    + """</head>
<body>
  {problem}
  <div id="scalar"></div>
  <script src="{js_url}"></script>
  <script>{script}</script>
</body>
</html>
"""
)

# The `noscript` stands first: without scripts, the second line stays hidden.
_PROBLEM = """<noscript><p>{program} needs JavaScript, which is off.</p></noscript>
  <p id="problem" role="alert" hidden
    style="margin: 2rem; font: 1rem/1.6 sans-serif; overflow-wrap: anywhere">
    {program} did not load from {source}, so this page cannot show the API. \
{advice}The document itself is at <a href="{openapi_url}">{openapi_url}</a>.
  </p>"""
_SHOW_PROBLEM = 'document.getElementById("problem").hidden = typeof {name} !== "undefined";'
_ADVICE = "Is there a network? "


class Page(NamedTuple):
    """A page, and what its policy has to know of it."""

    html: str
    parts: PageParts


def swagger_ui_page(
    *,
    title: str,
    openapi_url: str,
    js_url: str,
    css_url: str,
    favicon_url: str,
    settings: dict[str, Any],
    oauth2_redirect_url: str | None,
    init_oauth: dict[str, Any] | None,
) -> Page:
    """Return the page of Swagger UI. `settings` are those of `SwaggerUIBundle`."""
    lines = [f"url: {script_string(openapi_url)},"]
    lines += [f"{script_json(name)}: {script_json(value)}," for name, value in settings.items()]
    if oauth2_redirect_url:
        redirect = script_string(oauth2_redirect_url)
        lines.append(f"oauth2RedirectUrl: window.location.origin + {redirect},")
    script = _SWAGGER_SCRIPT.format(
        show_problem=_SHOW_PROBLEM.format(name="SwaggerUIBundle"),
        settings="\n      ".join(lines),
        after=f"\n    ui.initOAuth({script_json(init_oauth)});" if init_oauth else "",
    )
    html = _SWAGGER_PAGE.format(
        title=escape(title),
        favicon_url=escape(favicon_url),
        css_url=escape(css_url),
        js_url=escape(js_url),
        problem=_describe_problem("Swagger UI", js_url, openapi_url),
        script=script,
    )
    return Page(html, PageParts((script,), (js_url,), (css_url,), (favicon_url,)))


def redoc_page(
    *, title: str, openapi_url: str, js_url: str, favicon_url: str, fonts_url: str | None
) -> Page:
    """Return the page of ReDoc. `fonts_url` is a style sheet that loads fonts from its site."""
    script = f"\n    {_SHOW_PROBLEM.format(name='Redoc')}\n  "
    fonts = f'  <link rel="stylesheet" href="{escape(fonts_url)}">\n' if fonts_url else ""
    html = _REDOC_PAGE.format(
        title=escape(title),
        favicon_url=escape(favicon_url),
        fonts=fonts,
        openapi_url=escape(openapi_url),
        js_url=escape(js_url),
        problem=_describe_problem("ReDoc", js_url, openapi_url),
        script=script,
    )
    styles = (fonts_url,) if fonts_url else ()
    files = ("https://fonts.gstatic.com",) if fonts_url else ()
    return Page(html, PageParts((script,), (js_url,), styles, (favicon_url,), files))


def scalar_page(
    *, title: str, openapi_url: str, js_url: str, favicon_url: str, settings: dict[str, Any]
) -> Page:
    """Return the page of Scalar. `settings` are those of `Scalar.createApiReference`."""
    chosen = script_json({"url": openapi_url, **settings})
    script = (
        f"\n    {_SHOW_PROBLEM.format(name='Scalar')}\n"
        f'    Scalar.createApiReference("#scalar", {chosen});\n  '
    )
    html = _SCALAR_PAGE.format(
        title=escape(title),
        favicon_url=escape(favicon_url),
        js_url=escape(js_url),
        problem=_describe_problem("Scalar", js_url, openapi_url),
        script=script,
    )
    return Page(html, PageParts((script,), (js_url,), (), (favicon_url,)))


def _describe_problem(program: str, js_url: str, openapi_url: str) -> str:
    """Return the lines that a page shows if its script does not run."""
    is_foreign = "//" in js_url
    source = js_url if is_foreign else "this server"
    return _PROBLEM.format(
        program=program,
        source=escape(source),
        advice=_ADVICE if is_foreign else "",
        openapi_url=escape(openapi_url),
    )


def script_json(value: Any) -> str:
    """Return JSON that is safe inside a `script` element: it cannot end or open a tag."""
    text = json.dumps(jsonable_encoder(value))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def script_string(text: str) -> str:
    """Return a string of JavaScript in single quotes."""
    inner = script_json(text)[1:-1].replace('\\"', '"').replace("'", "\\u0027")
    return f"'{inner}'"
