"""Requests and their responses."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

import pytest

MEGABYTES = bytes(range(256)) * 4096 * 3


OF_THE_BODY = ("content-length", "content-type")


def digest_of(body: bytes) -> dict[str, Any]:
    return {"length": len(body), "sha256": hashlib.sha256(body).hexdigest()}


def in_pieces(body: bytes) -> Iterator[bytes]:
    """A generator as the body makes httpx send chunks without a length."""
    for start in range(0, len(body), 50_000):
        yield body[start : start + 50_000]


# --- parameters ---------------------------------------------------------------------------------


def test_path_and_query(client: Any) -> None:
    response = client.get("/items/42", params={"q": "hello wörld & more", "limit": 3})
    assert response.status_code == 200
    assert response.json() == {"item_id": 42, "q": "hello wörld & more", "limit": 3}
    assert response.headers["content-type"] == "application/json"
    assert response.headers["content-length"] == str(len(response.content))


def test_endpoint_in_a_thread(client: Any) -> None:
    assert client.get("/in-thread/7").json() == {"item_id": 7}


def test_headers_cookies_and_lists(client: Any) -> None:
    headers = [
        ("X-Token", "secret"),
        ("X-Many", "1"),
        ("X-Many", "2"),
        ("Cookie", "session=abc; theme=dark"),
    ]
    response = client.get("/received?tag=a&tag=b", headers=headers)
    assert response.json() == {
        "token": "secret",
        "session": "abc",
        "theme": "dark",
        "many": ["1", "2"],
        "tags": ["a", "b"],
    }


def test_path_with_escapes(client: Any) -> None:
    body = client.get("/scope/a%20b/%C3%A9?x=%20y").json()
    assert body["rest"] == "a b/é"
    assert body["path"] == "/scope/a b/é"
    assert body["query_string"] == "x=%20y"


def test_scope(client: Any) -> None:
    response = client.get("/scope/x")
    assert response.json() == {
        "type": "http",
        "method": "GET",
        "path": "/scope/x",
        "query_string": "",
        "root_path": "",
        "scheme": "http",
        "http_version": response.http_version.removeprefix("HTTP/"),
        "state": "yes",
        "app": True,
        "handlers": [
            "HTTPException",
            "RequestValidationError",
            "WebSocketException",
            "WebSocketRequestValidationError",
        ],
        "route": "/scope/{rest:path}",
        "endpoint": True,
        "path_params": {"rest": "x"},
        "url_path": "/scope/x",
        "client": True,
        "rest": "x",
    }


# --- bodies -------------------------------------------------------------------------------------


def test_json_body(client: Any) -> None:
    response = client.post("/items", json={"name": "pen", "tags": ["blue"]})
    assert response.status_code == 201
    assert response.json() == {"name": "pen", "price": 1.5, "tags": ["blue"]}


def test_json_body_in_chunks(client: Any) -> None:
    pieces = iter([b'{"na', b'me": "p', b'en"}'])
    response = client.post("/items", content=pieces, headers={"content-type": "application/json"})
    assert response.json()["name"] == "pen"


@pytest.mark.parametrize("path", ["/digest", "/parts"])
@pytest.mark.parametrize("body", [b"", b"small", MEGABYTES], ids=["empty", "small", "large"])
@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
def test_body_of_any_size(client: Any, path: str, body: bytes, chunked: bool) -> None:
    response = client.post(path, content=in_pieces(body) if chunked else body)
    assert (
        response.json()
        == {
            "/digest": digest_of(body),
            "/parts": {"length": len(body)},
        }[path]
    )


def test_large_body_that_nobody_reads(client: Any) -> None:
    """Whether the connection can be used again is up to the server."""
    headers = {"connection": "close"}
    response = client.post("/ignored-body", content=b"x" * 60_000, headers=headers)
    assert response.json() == {"body": "not read"}


def test_form(client: Any) -> None:
    response = client.post("/form", data={"name": "Ann", "age": "33"})
    assert response.json() == {"name": "Ann", "age": 33}


def test_upload(client: Any) -> None:
    files = {"file": ("data.bin", MEGABYTES, "application/octet-stream")}
    response = client.post("/upload", files=files, data={"note": "n"})
    assert response.json() == {"name": "data.bin", "note": "n", **digest_of(MEGABYTES)}
    assert client.post("/upload-bytes", files={"file": b"12345"}).json() == 5


# --- responses ----------------------------------------------------------------------------------


def test_head(client: Any) -> None:
    response = client.head("/both")
    assert response.status_code == 200
    assert response.headers["content-length"] == str(len(b'{"method":"either"}'))
    assert response.content == b""
    assert client.get("/both").json() == {"method": "either"}


def test_head_of_a_file(client: Any) -> None:
    response = client.head("/static/digits.txt")
    assert (response.status_code, response.content) == (200, b"")
    assert response.headers["content-length"] == "200000"


def test_injected_response(client: Any) -> None:
    response = client.get("/injected")
    assert (response.status_code, response.json()) == (202, {"ok": True})
    assert response.headers["x-kind"] == "injected"
    assert dict(response.cookies) == {"first": "1", "second": "2"}


def test_no_content(client: Any) -> None:
    response = client.get("/empty")
    assert (response.status_code, response.content) == (204, b"")
    assert "content-length" not in response.headers
    assert "transfer-encoding" not in response.headers


def test_redirects(client: Any) -> None:
    response = client.get("/redirect")
    assert (response.status_code, response.headers["location"]) == (307, "/text")
    response = client.get("/with-slash?a=1")
    assert response.status_code == 307
    assert response.headers["location"].endswith("/with-slash/?a=1")


def test_stream(client: Any) -> None:
    response = client.get("/stream")
    assert response.text == "chunk 0\nchunk 1\nchunk 2\n"
    assert response.headers["content-type"] == "text/plain; charset=utf-8"
    assert "content-length" not in response.headers


def test_empty_stream(client: Any) -> None:
    assert client.get("/stream?count=0").content == b""


def test_json_lines(client: Any) -> None:
    response = client.get("/lines")
    assert response.headers["content-type"] == "application/jsonl"
    assert [json.loads(line)["name"] for line in response.text.splitlines()] == ["a", "b"]


def test_server_sent_events(client: Any) -> None:
    response = client.get("/events")
    assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert response.headers["cache-control"] == "no-cache"
    first, second, rest = response.text.split("\n\n")
    assert set(first.splitlines()) == {"id: 1", 'data: {"number": 1}'}
    assert set(second.splitlines()) == {"event: second", 'data: {"number": 2}'}
    assert rest == ""


def test_file_and_range(client: Any) -> None:
    response = client.get("/file")
    assert response.content == b"0123456789" * 20_000
    assert "digits.txt" in response.headers["content-disposition"]
    part = client.get("/file", headers={"range": "bytes=5-14"})
    assert (part.status_code, part.content) == (206, b"5678901234")


def test_static_file_and_its_validation(client: Any) -> None:
    response = client.get("/static/digits.txt")
    assert len(response.content) == 200_000
    again = client.get("/static/digits.txt", headers={"if-none-match": response.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert client.get("/static/missing.txt").status_code == 404
    assert client.get("/static/long.txt").content == b"0123456789" * 60_000


def test_mounts(client: Any) -> None:
    response = client.get("/mounted/items/5")
    assert response.json() == {"item_id": 5, "root_path": "/mounted"}
    assert client.get("/mounted/items/x").status_code == 422
    assert client.post("/starlette/plain", content=b"abc").text == "POST /starlette/plain 3"


def test_documentation(client: Any) -> None:
    assert client.get("/openapi.json").json()["info"]["title"] == "FastAPI"
    assert "swagger" in client.get("/docs").text


# --- errors -------------------------------------------------------------------------------------


def test_not_found_and_wrong_method(client: Any) -> None:
    response = client.get("/nowhere")
    assert (response.status_code, response.json()) == (404, {"detail": "Not Found"})
    response = client.delete("/items/1")
    assert (response.status_code, response.json()) == (405, {"detail": "Method Not Allowed"})
    assert response.headers["allow"] == "GET, HEAD"


@pytest.mark.parametrize("path", ["/nowhere", "/nowhere/at/all/", "/text/more"])
def test_a_handler_for_404_sees_the_request(client_of_handler: Any, path: str) -> None:
    response = client_of_handler.get(f"{path}?a=b")
    assert response.status_code == 404
    assert response.json() == {
        "detail": "Not Found",
        "path": path,
        "query": "a=b",
        "text": "/text",
        "route": False,
        "path_params": {},
        "app": True,
        "router": True,
    }


def test_invalid_values(client: Any) -> None:
    response = client.get("/items/many?limit=x")
    assert response.status_code == 422
    assert [error["loc"] for error in response.json()["detail"]] == [
        ["path", "item_id"],
        ["query", "limit"],
    ]


def test_body_that_is_no_json(client: Any) -> None:
    headers = {"content-type": "application/json"}
    response = client.post("/items", content=b'{"name": ', headers=headers)
    assert response.status_code == 422
    assert response.json()["detail"][0]["type"] == "json_invalid"


def test_http_exception(client: Any) -> None:
    response = client.get("/http-error")
    assert (response.status_code, response.json()) == (403, {"detail": "not you"})
    assert response.headers["x-reason"] == "test"
    # As in a response that was made with these headers.
    order = [name for name in response.headers if name in {"x-reason", *OF_THE_BODY}]
    assert order == ["x-reason", *OF_THE_BODY]


def test_unhandled_exception(client: Any) -> None:
    response = client.get("/crash", headers={"connection": "close"})
    assert (response.status_code, response.text) == (500, "Internal Server Error")
    assert client.get("/text").text == "plain text"


# --- middleware ---------------------------------------------------------------------------------


def test_sessions_behind_middleware(client_of_middleware: Any) -> None:
    client = client_of_middleware
    client.cookies.clear()
    assert client.get("/visits").json() == {"visits": 1}
    second = client.get("/visits", headers={"origin": "https://shop.example"})
    assert second.json() == {"visits": 2}
    assert second.headers["vary"] == "Cookie, Origin"
    assert second.headers["x-middleware"] == "hello"
    client.cookies.clear()


def test_with_middleware(client_of_middleware: Any) -> None:
    client = client_of_middleware
    response = client.get("/items/1", headers={"origin": "https://shop.example"})
    assert response.json()["item_id"] == 1
    assert response.headers["x-middleware"] == "hello"
    assert response.headers["access-control-allow-origin"] == "https://shop.example"
    assert client.get("/stream").text == "chunk 0\nchunk 1\nchunk 2\n"
    assert client.post("/digest", content=MEGABYTES).json() == digest_of(MEGABYTES)
    assert client.get("/crash").status_code == 500


def test_an_unhandled_error_has_the_headers_of_cors_and_the_request_id(
    client_of_middleware: Any,
) -> None:
    headers = {"Origin": "https://shop.example", "X-Request-ID": "4f2a", "Connection": "close"}
    response = client_of_middleware.get("/crash", headers=headers)
    assert (response.status_code, response.text) == (500, "Internal Server Error")
    assert response.headers["access-control-allow-origin"] == "https://shop.example"
    assert response.headers["vary"] == "Origin"
    assert response.headers["x-request-id"] == "4f2a"
    headers["Origin"] = "https://other.example"
    elsewhere = client_of_middleware.get("/crash", headers=headers)
    assert elsewhere.status_code == 500
    assert "access-control-allow-origin" not in elsewhere.headers


def test_an_unhandled_error_without_middleware_has_the_request_id(client: Any) -> None:
    response = client.get("/crash", headers={"X-Request-ID": "4f2a", "Connection": "close"})
    assert response.status_code == 500
    assert response.headers["x-request-id"] == "4f2a"
