"""The Content-Security-Policy of a page allows what its document names, and nothing else."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from typing import Any

import pytest

from pronghorn import Depends, FastAPI
from pronghorn.openapi.content_policy import (
    PageParts,
    Sources,
    find_sources,
    sources_of,
    write_policy,
)
from pronghorn.openapi.docs import get_redoc_html, get_scalar_html, get_swagger_ui_html
from pronghorn.security import OAuth2AuthorizationCodeBearer
from pronghorn.testclient import TestClient


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("/v1", ()),
        ("v1", ()),
        ("", ()),
        (None, ()),
        ("mailto:me@example.com", ()),
        ("https://api.example.com/v1?x#y", ("https://api.example.com",)),
        ("HTTP://API.example.com:8080", ("http://API.example.com:8080",)),
        ("https://me:secret@api.example.com/", ("https://api.example.com",)),
        ("//api.example.com/v1", ("api.example.com",)),
        ("https://bücher.example", ("https://xn--bcher-kva.example",)),
        ("https://{region}.example.com", ("https:",)),
        ("{scheme}://example.com", ("http:", "https:")),
        ("//{host}/v1", ("http:", "https:")),
        ("https://a.example;script-src", ()),
        ("https://a.example,b", ()),
        ("https://*", ()),
        ("https://[::1]:80/", ()),
        ("javascript://a.example", ()),
        ("https://" + "a" * 300, ()),
    ],
)
def test_sources_of_a_url(url: Any, expected: tuple[str, ...]) -> None:
    assert sources_of(url) == expected


def test_servers_of_the_document_of_a_path_and_of_an_operation() -> None:
    document = {
        "servers": [{"url": "https://one.example"}, {"url": "/local"}, "odd", {"url": 3}],
        "paths": {
            "/items": {
                "servers": [{"url": "https://two.example/v2"}],
                "get": {"servers": [{"url": "http://three.example:81"}]},
            }
        },
        "components": {"schemas": {"Farm": {"properties": {"servers": {"type": "array"}}}}},
    }
    assert find_sources(document).connect == {
        "https://one.example",
        "https://two.example",
        "http://three.example:81",
    }


def test_a_document_that_contains_itself() -> None:
    document: dict[str, Any] = {"servers": [{"url": "https://one.example"}]}
    document["x-again"] = [document]
    assert find_sources(document).connect == {"https://one.example"}


def test_too_many_sources_for_a_header_open_their_schemes() -> None:
    servers = [{"url": f"https://{number}.example"} for number in range(1000)]
    images = " ".join(f"![](http://{number}.example/a.png)" for number in range(1000))
    policy = write_policy(
        PageParts(), find_sources({"servers": servers, "info": {"description": images}})
    )
    assert "connect-src 'self' https:;" in policy
    assert "img-src 'self' data: blob: http: https:;" in policy
    assert len(policy) < 1000


@pytest.mark.timeout(10)
@pytest.mark.parametrize("part", ["![", "<img ", "<\n["])
def test_a_hostile_description_is_searched_once(part: str) -> None:
    assert find_sources({"description": part * 50_000}) == Sources()


def test_urls_of_logins_and_references() -> None:
    flows = {"password": {"tokenUrl": "https://login.example/t", "refreshUrl": "//r.example"}}
    document = {
        "components": {
            "securitySchemes": {
                "a": {"type": "oauth2", "flows": flows},
                "b": {"type": "oauth2", "flows": {"password": {"tokenUrl": "token"}}},
            },
            "schemas": {"X": {"$ref": "https://schemas.example/x.json"}},
        }
    }
    assert find_sources(document).connect == {
        "https://login.example",
        "r.example",
        "https://schemas.example",
    }
    open_id = {"type": "openIdConnect", "openIdConnectUrl": "https://id.example/.well-known"}
    assert find_sources({"c": open_id}).connect == {"https://id.example", "https:"}
    assert find_sources({"c": {**open_id, "openIdConnectUrl": "/well-known"}}).connect == set()


def test_images_of_descriptions_and_the_logo() -> None:
    document = {
        "info": {
            "description": "![a](https://one.example/a.png) [link](https://link.example/)\n"
            "<img alt='' src='//two.example/b.png'> ![c][ref]\n\n[ref]: https://three.example/c.png",
            "x-logo": {"url": "https://four.example/logo.png"},
        },
        "tags": [{"description": "No image: https://five.example"}],
    }
    assert find_sources(document) == Sources(
        frozenset(),
        frozenset(
            {
                "https://one.example",
                "two.example",
                "https://three.example",
                "https://four.example",
            }
        ),
    )


@pytest.mark.parametrize("document", [None, [], "text", 3, {"servers": None}, {1: {2: [3]}}])
def test_an_odd_document_names_nothing(document: Any) -> None:
    assert find_sources(document) == Sources()


def test_the_policy_names_the_hash_of_each_script_and_nothing_foreign() -> None:
    policy = write_policy(PageParts(("let a = 1;",), ("?asset=x.js",)), Sources())
    tag = b64encode(sha256(b"let a = 1;").digest()).decode()
    assert policy == (
        f"default-src 'none'; script-src 'self' 'sha256-{tag}'; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data: blob:; font-src 'self' data:; media-src 'self' data: blob:; "
        "connect-src 'self'; worker-src blob:; base-uri 'none'; form-action 'none'"
    )


def test_a_page_connects_to_what_its_document_names() -> None:
    login = OAuth2AuthorizationCodeBearer("https://id.example/auth", "https://id.example/token")
    app = FastAPI(
        servers=[{"url": "https://api.example/v1"}],
        description="![](https://pictures.example/a.png)",
        swagger_ui_parameters={"urls": [{"url": "https://other.example/o.json", "name": "o"}]},
    )

    @app.get("/me")
    async def read_me(token: str = Depends(login)) -> str:
        return token

    client = TestClient(app)
    policy = client.get("/docs").headers["content-security-policy"]
    expected = "connect-src 'self' https://api.example https://id.example https://other.example; "
    assert expected in policy
    assert "img-src 'self' data: blob: https://pictures.example; " in policy
    before = client.get("/redoc").headers
    app.servers.append({"url": "https://new.example"})
    app.openapi_schema = None
    after = client.get("/redoc").headers
    assert "https://new.example" in after["content-security-policy"]
    assert after["etag"] != before["etag"]


def test_a_page_of_a_route_of_your_own_has_a_policy_if_you_name_its_document() -> None:
    document = {"servers": [{"url": "https://api.example"}]}
    swagger = get_swagger_ui_html(
        openapi_url="/o",
        title="t",
        swagger_js_url="https://cdn.example/a/s.js?v=2",
        swagger_css_url="https://cdn.example/a;b/s.css",
        swagger_favicon_url="https://icons.example/i.png",
        swagger_ui_parameters={"url": "https://docs.example/o.json"},
        policy_for=document,
    )
    policy = swagger.headers["content-security-policy"]
    assert "https://cdn.example/a/s.js;" in policy
    assert "style-src 'self' 'unsafe-inline' https://cdn.example;" in policy
    assert "img-src 'self' data: blob: https://icons.example/i.png;" in policy
    assert "connect-src 'self' https://api.example https://docs.example;" in policy
    redoc = get_redoc_html(openapi_url="/o", title="t", policy_for={})
    policy = redoc.headers["content-security-policy"]
    assert "https://cdn.jsdelivr.net/npm/redoc@2/bundles/redoc.standalone.js;" in policy
    assert "https://fonts.googleapis.com/css;" in policy
    assert "font-src 'self' data: https://fonts.gstatic.com;" in policy
    scalar = get_scalar_html(openapi_url="/o", title="t", policy_for={})
    assert "script-src 'self'" in scalar.headers["content-security-policy"]
    for plain in (get_swagger_ui_html, get_redoc_html, get_scalar_html):
        response = plain(openapi_url="/o", title="t")
        assert "content-security-policy" not in response.headers
