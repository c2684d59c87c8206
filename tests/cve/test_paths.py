"""Vulnerabilities in paths, hosts, methods and files: each named after the first of its class."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from starlette.endpoints import HTTPEndpoint
from starlette.routing import Route

from pronghorn import APIRouter, FastAPI, Request
from pronghorn.middleware.trustedhost import TrustedHostMiddleware
from pronghorn.responses import FileResponse, PlainTextResponse, Response
from pronghorn.staticfiles import StaticFiles
from tests.cve.asking import ask

CONTENT = "public " * 1000
SECRET = "not to be served"

# --- hosts --------------------------------------------------------------------------------------

HOSTS = [
    *("shop.example/public?", "shop.example/public#", "shop.example?x=", "shop.example#", "a/?b="),
    *(
        "public@shop.example/public?",
        "shop.example\\public?",
        "shop.example:80/public?",
        "//x/",
        "",
    ),
    *(
        "[::1",
        "[::1]/public?",
        "shop.example:http",
        "a b",
        "a\tb",
        "\xff\xfe",
        "a,b",
        "%2e%2e/public?",
    ),
]


@pytest.mark.parametrize("host", HOSTS)
def test_cve_2026_48710_the_host_does_not_change_the_path(host: str) -> None:
    """A guard that compares `request.url.path` has to see the path that the route sees."""
    app, router, inner = FastAPI(), APIRouter(prefix="/admin"), FastAPI()

    @app.middleware("http")
    async def guard(request: Request, call_next: Callable[[Request], Any]) -> Response:
        if request.url.path.startswith("/admin"):
            return PlainTextResponse("forbidden", 403)
        passed: Response = await call_next(request)
        return passed

    async def read(request: Request) -> dict[str, str]:
        return {"path": request.url.path, "query": request.url.query}

    router.get("/users")(read)
    app.get("/public")(read)
    inner.get("/users")(read)
    app.include_router(router)
    app.mount("/admin/inner", inner)
    for path in ("/admin/users", "/admin/inner/users"):
        assert ask(app, path, host=host).status in {400, 403}, path
    answer = ask(app, "/public", host=host, query="q=1")
    assert answer.status == 400 or answer.body == b'{"path":"/public","query":"q=1"}'


@pytest.mark.parametrize("path", ["@evil.example", "@evil.example/x", ":80@evil.example/", ".evil"])
def test_cve_2026_54282_a_path_without_slash_does_not_change_the_host(path: str) -> None:
    app = FastAPI()
    seen: list[Any] = []

    @app.middleware("http")
    async def see(request: Request, call_next: Callable[[Request], Any]) -> Response:
        seen.append(request.url.hostname)
        passed: Response = await call_next(request)
        return passed

    answer = ask(app, path)
    assert answer.status in {307, 400, 404}
    assert seen == ["shop.example"]
    location = answer.header("location")
    assert location is None or urlsplit(location).hostname in {None, "shop.example"}


@pytest.mark.parametrize(
    ("host", "status"),
    [
        *(("shop.example", 200), ("SHOP.example:8000", 200), ("a.shops.example", 200)),
        *(("shopXexample", 400), ("shop.example.evil", 400), ("evil-shop.example", 400)),
        *(("xshops.example", 400), ("a.shopsXexample", 400), ("shop.example\n", 400), ("", 400)),
        *(("shop.example@evil", 400), ("evil?.shop.example", 400), ("evil/.shops.example", 400)),
    ],
)
def test_cve_2026_25479_allowed_hosts_are_no_patterns(host: str, status: int) -> None:
    app = FastAPI()
    hosts = ["shop.example", "*.shops.example"]
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=hosts, www_redirect=False)

    @app.get("/")
    async def read() -> None: ...

    assert ask(app, "/", host=host).status == status


REDIRECTED = [
    *(
        "//evil.example/end/",
        "///evil.example/end/",
        "/\\evil.example/end/",
        "//evil.example\\end/",
    ),
    *("//evil.example@x/end/", "/%5cevil.example/end/", "/\tevil.example/end/", "/\r\nX: 1/end/"),
]


@pytest.mark.parametrize("path", REDIRECTED)
def test_cve_2018_14574_the_redirect_for_a_slash_stays_here(path: str) -> None:
    app = FastAPI()

    @app.get("/{rest:path}/end")
    async def read(rest: str) -> None: ...

    answer = ask(app, path)
    assert answer.status in {307, 404}
    location = answer.header("location") or ""
    assert not re.search(r"[\r\n\t]", location)
    # A browser reads a backslash as a slash, and leaves out the name of this host.
    target = urlsplit(location.replace("\\", "/"))
    assert target.hostname in {None, "shop.example"}
    assert not target.path.startswith("//") or target.hostname == "shop.example"


# --- methods ------------------------------------------------------------------------------------

METHODS = [
    *("__class__", "__init__", "__DICT__", "DISPATCH", "dispatch", "METHOD_NOT_ALLOWED", "get"),
    *("SCOPE", "_ALLOWED_METHODS", "HELPER", "helper", "", "G T", "GET\n", "\xff"),
]


@pytest.mark.parametrize("method", METHODS)
def test_cve_2026_48818_a_method_is_no_attribute(method: str) -> None:
    called = []

    class Endpoint(HTTPEndpoint):
        async def get(self, request: Request) -> Response:
            return PlainTextResponse("get")

        async def helper(self, request: Request) -> Response:
            called.append("helper")
            return PlainTextResponse("helper")

    app = FastAPI(routes=[Route("/class", Endpoint)])

    @app.get("/function")
    async def read() -> None: ...

    for path in ("/class", "/function"):
        answer = ask(app, path, method=method)
        assert (answer.status, called) == (405, []), path
        assert "GET" in (answer.header("allow") or "")


# --- files --------------------------------------------------------------------------------------


@pytest.fixture
def files(tmp_path: Path) -> FastAPI:
    """An application that serves a folder in three ways; beside it is what it must not serve."""
    served, twin = tmp_path / "static", tmp_path / "static2"
    for folder in (served / "inner", twin):
        folder.mkdir(parents=True)
        (folder / "page.txt").write_text(CONTENT if folder != twin else SECRET)
    (served / "page.txt").write_text(CONTENT)
    (tmp_path / "secret.txt").write_text(SECRET)
    (served / "link.txt").symlink_to(tmp_path / "secret.txt")
    (served / "folder").symlink_to(tmp_path)
    app, inner = FastAPI(), FastAPI()
    app.mount("/static", StaticFiles(directory=served))
    app.mount("/inner", inner)
    inner.mount("/static", StaticFiles(directory=served))
    app.frontend("/front", directory=served)

    @app.get("/file")
    async def read() -> FileResponse:
        return FileResponse(served / "page.txt")

    return app


STEPS = [
    *("..", "%2e%2e", ".%2e", "%252e%252e", "..%00", "..;", ".. ", "...", "..\\", "..%5c"),
    *("\uff0e\uff0e", "..%c0%af", "..%ef%bc%8f", "inner/..", "inner/../..", "./..", "//.."),
]
TARGETS = ["secret.txt", "static2/page.txt"]
OTHERS = [
    *("link.txt", "folder/secret.txt", "folder/static2/page.txt", "2/page.txt", "//secret.txt"),
    *("page.txt\0", "page.txt\0.html", "\0", "\udcff", "a" * 5000, "//server/share/secret.txt"),
    *("\\\\server\\share\\secret.txt", "C:\\secret.txt", "C:secret.txt", "CON", "NUL.txt", "~"),
    *("page.txt:stream", "file:///etc/passwd", "/etc/passwd", "//etc/passwd", "/proc/self/environ"),
]


@pytest.mark.parametrize("mounted", ["/static", "/inner/static", "/front"])
def test_cve_2023_29159_nothing_beside_the_folder_is_served(files: FastAPI, mounted: str) -> None:
    """Each step up, also as a server decodes it, and decoded once more."""
    walks = [f"{step}/{target}" for step in STEPS for target in TARGETS]
    walks += [f"{step}/{step}/{target}" for step in STEPS for target in TARGETS] + OTHERS
    walks += [f"{'../' * 12}etc/passwd", *(f"{step}2/page.txt" for step in STEPS)]
    for walk in {*walks, *map(unquote, walks)}:
        for path in (f"{mounted}/{walk}", f"{mounted}{walk}"):
            for method in ("GET", "HEAD"):
                answer = ask(files, path, method=method)
                assert answer.status in {307, 404, 405}, path
                assert SECRET.encode() not in answer.body
    assert ask(files, f"{mounted}/inner/page.txt").body == CONTENT.encode()


RANGES = [
    "bytes=" + ",".join(f"{start}-{start}" for start in range(0, 200_000, 2)),
    "bytes=" + "0-," * 50_000,
    "bytes=" + ",".join(["0-6999"] * 50_000),
    "bytes=" + ",".join(f"-{size}" for size in range(1, 20_000)),
    "bytes=" + "-" * 100_000,
    "bytes=" + "9" * 100_000 + "-",
    "bytes=" + " " * 100_000 + "0-1",
    "bytes=" + "0-1" + ", " * 50_000,
    "bytes" + "=" * 100_000,
    "bytes=0-1;" * 10_000,
]


@pytest.mark.parametrize("value", RANGES, ids=lambda value: value[:14])
def test_cve_2025_62727_ranges_cost_no_more_than_the_file(files: FastAPI, value: str) -> None:
    """Merging the ranges took quadratic time; the timeout of a test is less."""
    for path in ("/static/page.txt", "/front/page.txt", "/inner/static/page.txt", "/file"):
        answer = ask(files, path, headers=[("range", value)])
        assert answer.status in {200, 206, 400, 416}, path
        assert len(answer.body) <= 2 * len(CONTENT)


SHORTER = pytest.raises(RuntimeError, match="is shorter than expected")


@pytest.mark.parametrize(
    ("value", "outcome"),
    [
        ("bytes=0-6999", nullcontext()),
        ("bytes=6000-", nullcontext()),
        ("bytes=10-20,5000-6999", SHORTER),
    ],
)
def test_starlette_1_8_0_a_file_that_became_shorter_ends(
    tmp_path: Path, value: str, outcome: AbstractContextManager[Any]
) -> None:
    """Reading the rest of a range looped for ever at the end of the file."""
    file = tmp_path / "page.txt"
    file.write_text(CONTENT)
    before = os.stat(file)
    app = FastAPI()

    @app.get("/file")
    async def read() -> FileResponse:
        return FileResponse(file, stat_result=before)

    file.write_text(CONTENT[:100])
    with outcome:
        answer = ask(app, "/file", headers=[("range", value)])
        assert (answer.status, len(answer.body) <= 100) == (206, True)
