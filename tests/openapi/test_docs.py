"""The pages that a program gets for routes of its own: Swagger UI, ReDoc and Scalar."""

from __future__ import annotations

import json
from datetime import date

from starlette.responses import HTMLResponse

from pronghorn.openapi.docs import (
    get_redoc_html,
    get_scalar_html,
    get_swagger_ui_html,
    get_swagger_ui_oauth2_redirect_html,
    swagger_ui_default_parameters,
)


def text_of(response: HTMLResponse) -> str:
    return bytes(response.body).decode()


def test_swagger_ui_loads_the_document_with_the_default_settings() -> None:
    response = get_swagger_ui_html(openapi_url="/openapi.json", title="Shop")
    page = text_of(response)
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert "<title>Shop</title>" in page
    assert "url: '/openapi.json'," in page
    assert "https://cdn.jsdelivr.net/npm/swagger-ui-dist@5/swagger-ui-bundle.js" in page
    assert "https://cdn.jsdelivr.net/npm/swagger-ui-dist@5/swagger-ui.css" in page
    assert '"deepLinking": true,' in page
    assert "oauth2RedirectUrl" not in page
    assert "initOAuth" not in page


def test_settings_replace_the_defaults_one_by_one() -> None:
    page = text_of(
        get_swagger_ui_html(
            openapi_url="/o",
            title="t",
            swagger_ui_parameters={"deepLinking": False, "since": date(2024, 1, 2)},
        )
    )
    assert '"deepLinking": false,' in page
    assert '"dom_id": "#swagger-ui",' in page
    assert '"since": "2024-01-02",' in page
    assert swagger_ui_default_parameters["deepLinking"] is True


def test_the_oauth2_login_is_configured() -> None:
    page = text_of(
        get_swagger_ui_html(
            openapi_url="/o",
            title="t",
            oauth2_redirect_url="/docs/back",
            init_oauth={"clientId": "me"},
        )
    )
    assert "oauth2RedirectUrl: window.location.origin + '/docs/back'," in page
    assert 'ui.initOAuth({"clientId": "me"});' in page


def test_nothing_escapes_from_the_place_where_it_stands() -> None:
    page = text_of(
        get_swagger_ui_html(
            openapi_url="/o'</script>",
            title="<script>",
            swagger_js_url='"><script>',
            init_oauth={"appName": "</script>"},
            swagger_ui_parameters={"<!--": "&"},
        )
    )
    assert page.count("<script") == 2
    assert page.count("</script>") == 2
    assert "<!--" not in page
    assert "url: '/o\\u0027\\u003c/script\\u003e'," in page


def test_redoc_loads_the_document() -> None:
    page = text_of(get_redoc_html(openapi_url="/o?a=1&b=2", title="Shop"))
    assert '<redoc spec-url="/o?a=1&amp;b=2">' in page
    assert "https://cdn.jsdelivr.net/npm/redoc@2/bundles/redoc.standalone.js" in page
    assert "fonts.googleapis.com" in page


def test_redoc_assets_can_be_your_own() -> None:
    page = text_of(
        get_redoc_html(
            openapi_url="/o",
            title="t",
            redoc_js_url="/static/redoc.js",
            redoc_favicon_url="/icon.png",
            with_google_fonts=False,
        )
    )
    assert "/static/redoc.js" in page
    assert "/icon.png" in page
    assert "http" not in page


def test_scalar_loads_the_document_and_sends_nothing_to_its_makers() -> None:
    page = text_of(get_scalar_html(openapi_url="/o", title="t", scalar_parameters={"theme": "a"}))
    assert "https://cdn.jsdelivr.net/npm/@scalar/api-reference@1/" in page
    settings = page.partition('createApiReference("#scalar", ')[2].partition(");")[0]
    assert json.loads(settings) == {
        "url": "/o",
        "withDefaultFonts": False,
        "telemetry": False,
        "agent": {"disabled": True},
        "mcp": {"disabled": True},
        "hideClientButton": True,
        "showDeveloperTools": "never",
        "theme": "a",
    }


def test_each_page_has_a_line_for_a_script_that_does_not_load() -> None:
    for get_html, program in (
        (get_swagger_ui_html, "Swagger UI"),
        (get_redoc_html, "ReDoc"),
        (get_scalar_html, "Scalar"),
    ):
        page = text_of(get_html(openapi_url="/o?a&b", title="t"))
        assert f"<noscript><p>{program} needs JavaScript" in page
        line = page.partition('<p id="problem" role="alert" hidden')[2].partition("</p>")[0]
        assert f"{program} did not load from https://cdn.jsdelivr.net/npm/" in line
        assert '<a href="/o?a&amp;b">/o?a&amp;b</a>' in line


def test_the_redirect_page_answers_the_window_that_opened_it() -> None:
    page = text_of(get_swagger_ui_oauth2_redirect_html())
    assert "window.opener.swaggerUIRedirectOauth2" in page
    assert "{{" not in page
