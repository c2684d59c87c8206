"""The documentation pages of an application, with and without the files of the wheel."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from starlette.responses import HTMLResponse

from pronghorn import FastAPI, Request, applications
from pronghorn.middleware.gzip import GZipMiddleware
from pronghorn.openapi import asset_files, docs
from pronghorn.testclient import TestClient
from tests.openapi.asset_folder import CONTENTS, content_of, write_folder

PAGES = {
    "/docs": ("swagger_js", "swagger_css"),
    "/redoc": ("redoc_js",),
    "/scalar": ("scalar_js",),
}


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The wheel contains the files of the pages."""
    write_folder(tmp_path)
    monkeypatch.setattr(asset_files, "FOLDER", tmp_path)
    asset_files.find_assets.cache_clear()
    yield
    asset_files.find_assets.cache_clear()


@pytest.fixture
def absent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The wheel was built without a network."""
    monkeypatch.setattr(asset_files, "FOLDER", tmp_path / "absent")
    asset_files.find_assets.cache_clear()
    yield
    asset_files.find_assets.cache_clear()


def make_app(**options: Any) -> FastAPI:
    app = FastAPI(title="Shop", scalar_url="/scalar", **options)

    @app.get("/items")
    async def read_items() -> list[str]:
        return []

    return app


def rules_of(policy: str) -> dict[str, list[str]]:
    """Return the sources of each rule of a policy."""
    rules = [rule.split() for rule in policy.split("; ")]
    return {rule[0]: rule[1:] for rule in rules}


def urls_of(page: str) -> list[str]:
    """Return the URLs that a page loads; data URLs are left out."""
    found = re.findall(r'<(?:script|link)[^>]* (?:src|href)="([^"]*)"', page)
    return [unescape(url) for url in found if not url.startswith("data:")]


# --- with the files -------------------------------------------------------------------------------


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize("path", PAGES)
def test_a_page_loads_its_files_from_its_own_route(path: str) -> None:
    client = TestClient(make_app())
    page = client.get(path)
    assert page.status_code == 200
    assert not re.search(r"https?://(?!www\.w3\.org)", unescape(page.text))
    urls = sorted(urls_of(page.text), key=lambda url: url.endswith(".js"))
    assert len(urls) == len(PAGES[path])
    contents = set()
    for url in urls:
        assert url.startswith("?asset=")
        file = client.get(path + url)
        assert file.status_code == 200
        assert file.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert file.headers["x-content-type-options"] == "nosniff"
        contents.add(file.content)
    assert contents == {content_of(role) for role in PAGES[path]}


@pytest.mark.usefixtures("installed")
def test_the_routes_are_those_of_fastapi() -> None:
    paths = [route.path for route in FastAPI().routes]  # type: ignore[attr-defined]
    assert paths == ["/openapi.json", "/docs", "/docs/oauth2-redirect", "/redoc"]
    assert TestClient(FastAPI()).get("/scalar").status_code == 404


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(
    "name",
    [
        "",
        "../manifest.json",
        "manifest.json",
        "swagger_js.gz",
        "/etc/passwd",
        "swagger-ui-dist@5.0.0/../swagger-ui-dist@5.0.0/swagger-ui.css",
        "https://example.com/x.js",
        CONTENTS["redoc_js"][0],
    ],
)
def test_only_files_of_the_page_are_served(name: str) -> None:
    response = TestClient(make_app()).get("/docs", params={"asset": name})
    assert (response.status_code, response.text) == (404, "This page has no such file.")


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize("path", PAGES)
def test_pages_and_files_answer_conditional_requests_and_head(path: str) -> None:
    client = TestClient(make_app())
    for url in (path, path + urls_of(client.get(path).text)[0]):
        first = client.get(url)
        known = {"if-none-match": first.headers["etag"]}
        again = client.get(url, headers=known)
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == first.headers["etag"]
        head = client.head(url)
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["content-length"] == first.headers["content-length"]
        assert client.get(url, headers={"if-none-match": '"x"'}).status_code == 200
        assert client.post(url).status_code == 405


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip, deflate, br", "gzip"),
        ("br;q=1, *;q=0.5", "gzip"),
        ("GZip", "gzip"),
        ("gzip;q=0.0, *", None),
        ("identity", None),
        ("br", None),
        ("", None),
    ],
)
@pytest.mark.parametrize("is_compressed_again", [False, True])
def test_a_file_is_sent_compressed_to_clients_that_read_gzip(
    accepted: str, coding: str | None, is_compressed_again: bool
) -> None:
    app = make_app()
    if is_compressed_again:
        app.add_middleware(GZipMiddleware, minimum_size=10_000)
    client = TestClient(app)
    url = "/redoc" + urls_of(client.get("/redoc").text)[0]
    file = client.get(url, headers={"accept-encoding": accepted})
    assert file.headers.get("content-encoding") == coding
    assert file.headers["vary"] == "Accept-Encoding"
    assert file.content == content_of("redoc_js")


@pytest.mark.usefixtures("installed")
def test_mounted_behind_a_proxy_and_at_the_root() -> None:
    inner, outer = FastAPI(docs_url="/"), FastAPI(docs_url=None)
    outer.mount("/inner", inner)
    client = TestClient(outer, root_path="/api")
    page = client.get("/api/inner/").text
    assert "url: '/api/inner/openapi.json'," in page
    assert client.get("/api/inner/" + urls_of(page)[0]).content == content_of("swagger_css")
    assert client.get("/docs").status_code == 404


@pytest.mark.usefixtures("installed")
def test_what_guards_the_page_guards_its_files() -> None:
    app = make_app()

    @app.middleware("http")
    async def guard(request: Request, call_next: Callable[..., Any]) -> Any:
        if request.headers.get("x-key") != "k":
            return HTMLResponse("who?", 401)
        return await call_next(request)

    client = TestClient(app)
    url = "/redoc?asset=" + CONTENTS["redoc_js"][0]
    assert client.get(url).status_code == 401
    assert client.get(url, headers={"x-key": "k"}).content == content_of("redoc_js")


# --- without the files ----------------------------------------------------------------------------


@pytest.mark.usefixtures("absent")
@pytest.mark.parametrize("path", PAGES)
def test_without_files_a_page_loads_them_from_the_network_and_its_policy_allows_them(
    path: str,
) -> None:
    client = TestClient(make_app())
    page = client.get(path)
    urls = urls_of(page.text)
    assert len(urls) >= 1
    assert all(url.startswith("https://") for url in urls)
    rules = rules_of(page.headers["content-security-policy"])
    allowed = rules["script-src"] + rules["style-src"]
    assert [url for url in urls if url.partition("?")[0] not in allowed] == []
    assert "tiangolo" not in page.text
    assert 'role="alert" hidden' in page.text
    assert "did not load from https://cdn.jsdelivr.net/npm/" in page.text
    assert client.get(path, params={"asset": CONTENTS["redoc_js"][0]}).status_code == 404


@pytest.mark.usefixtures("installed")
def test_a_damaged_installation_uses_the_network(tmp_path: Path) -> None:
    (tmp_path / "redoc_js.gz").unlink()
    client = TestClient(make_app())
    assert "https://cdn.jsdelivr.net/npm/redoc@2" in client.get("/redoc").text
    missing = client.get("/redoc", params={"asset": CONTENTS["redoc_js"][0]})
    assert missing.status_code == 404


# --- the program's own choices --------------------------------------------------------------------


@pytest.mark.usefixtures("installed")
def test_a_program_may_set_the_url_of_a_script(monkeypatch: pytest.MonkeyPatch) -> None:
    keywords = docs.get_swagger_ui_html.__kwdefaults__
    monkeypatch.setitem(keywords, "swagger_js_url", "https://mirror.example/s.js?v=1")
    monkeypatch.setitem(keywords, "swagger_favicon_url", "/icon.png")
    page = TestClient(make_app()).get("/docs")
    assert 'src="https://mirror.example/s.js?v=1"' in page.text
    assert 'href="/icon.png"' in page.text
    rules = rules_of(page.headers["content-security-policy"])
    assert "https://mirror.example/s.js" in rules["script-src"]
    assert len(rules["script-src"]) == 3


@pytest.mark.usefixtures("absent")
def test_a_program_may_switch_off_the_fonts(monkeypatch: pytest.MonkeyPatch) -> None:
    client = TestClient(make_app())
    assert "fonts.googleapis.com" in client.get("/redoc").text
    monkeypatch.setitem(docs.get_redoc_html.__kwdefaults__, "with_google_fonts", False)
    page = client.get("/redoc")
    assert "fonts.g" not in page.text + page.headers["content-security-policy"]


@pytest.mark.usefixtures("installed")
def test_a_function_that_a_program_assigns_is_called_as_on_fastapi(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls = []

    def answer(**keywords: Any) -> HTMLResponse:
        calls.append(keywords)
        return HTMLResponse("own")

    for name in ("swagger_ui", "redoc", "swagger_ui_oauth2_redirect"):
        monkeypatch.setattr(applications, f"get_{name}_html", answer)
    app = make_app(swagger_ui_init_oauth={"a": 1}, swagger_ui_parameters={"b": 2})
    client = TestClient(app, root_path="/r")
    for path in ("/docs", "/redoc", "/docs/oauth2-redirect"):
        response = client.get(path)
        assert response.text == "own"
        assert "content-security-policy" not in response.headers
    assert calls == [
        {
            "openapi_url": "/r/openapi.json",
            "title": "Shop - Swagger UI",
            "oauth2_redirect_url": "/r/docs/oauth2-redirect",
            "init_oauth": {"a": 1},
            "swagger_ui_parameters": {"b": 2},
        },
        {"openapi_url": "/r/openapi.json", "title": "Shop - ReDoc"},
        {},
    ]


@pytest.mark.usefixtures("installed")
def test_a_document_that_fails_leaves_the_page_alone() -> None:
    app = make_app()

    def fail() -> dict[str, Any]:
        raise RuntimeError("no document")

    app.openapi = fail  # type: ignore[method-assign]  # as FastAPI's documentation shows
    page = TestClient(app).get("/docs")
    assert page.status_code == 200
    assert rules_of(page.headers["content-security-policy"])["connect-src"] == ["'self'"]


@pytest.mark.usefixtures("installed")
def test_a_document_that_a_program_changes_in_place_has_its_policy() -> None:
    app = make_app()
    document: dict[str, Any] = {"openapi": "3.1.0", "servers": []}

    def openapi() -> dict[str, Any]:
        document["servers"].append({"url": f"https://s{len(document['servers'])}.example"})
        return document

    app.openapi = openapi  # type: ignore[method-assign]  # as FastAPI's documentation shows
    client = TestClient(app)
    policies = [client.get("/docs").headers["content-security-policy"] for _ in range(2)]
    assert "connect-src 'self' https://s0.example;" in policies[0]
    assert "connect-src 'self' https://s0.example https://s1.example;" in policies[1]


@pytest.mark.usefixtures("installed")
def test_the_settings_of_scalar() -> None:
    page = TestClient(make_app(scalar_parameters={"theme": "</script>", "telemetry": True})).get(
        "/scalar"
    )
    assert '"theme": "\\u003c/script\\u003e"' in page.text
    assert '"telemetry": true' in page.text
    assert '"withDefaultFonts": false' in page.text


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize("path", PAGES)
def test_nothing_of_the_program_becomes_markup_or_a_rule(path: str) -> None:
    evil = "'\"></title></script><script>alert(1)</script>\u2028\n; script-src *"
    app = make_app(
        openapi_url="/o'\"><script>.json",
        swagger_ui_init_oauth={evil: evil},
        swagger_ui_parameters={evil: [evil], "url": f"https://{evil}"},
        scalar_parameters={evil: evil},
        servers=[{"url": f"https://{evil}"}, {"url": "https://ok.example;script-src/x"}],
    )
    app.title = evil
    response = TestClient(app).get(path)
    assert response.text.count("<script") == 2
    assert response.text.count("</script>") == 2
    assert response.text.count("</title>") == 1
    rules = rules_of(response.headers["content-security-policy"])
    assert "*" not in rules["script-src"]
    assert len(rules) == 10
    assert rules["connect-src"] == ["'self'"]
