"""Frontends: built files under a path, tried when no other route matches."""

from __future__ import annotations

import inspect
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.routing import Route

from pronghorn import APIRouter, BackgroundTasks, Depends, FastAPI, HTTPException, Request, Response
from pronghorn.exceptions import SetupAssertionError, SetupError
from pronghorn.responses import PlainTextResponse
from pronghorn.routes.frontend_files import FrontendFiles, accepts_page
from pronghorn.testclient import TestClient

PAGE = {"accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"}


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    """What a build leaves behind: a page, a script, and a directory with a page of its own."""
    return build(tmp_path / "dist", "home")


def build(directory: Path, home: str) -> Path:
    for name, text in {
        "index.html": home,
        "assets/app.js": "let counter = 0",
        "about/index.html": "about us",
    }.items():
        file = directory / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return directory


def client_of(app: FastAPI, **options: object) -> TestClient:
    return TestClient(app, follow_redirects=False, **options)  # type: ignore[arg-type]  # its own


def serving(directory: Path, path: str = "/", **options: object) -> TestClient:
    app = FastAPI()
    app.frontend(path, directory=directory, **options)  # type: ignore[arg-type]  # its own
    return client_of(app)


# --- files ----------------------------------------------------------------------------------------


def test_files_are_served_with_their_type_and_validators(dist: Path) -> None:
    client = serving(dist)
    script = client.get("/assets/app.js")
    assert (script.status_code, script.text) == (200, "let counter = 0")
    assert script.headers["content-type"].startswith("text/javascript")
    again = client.get("/assets/app.js", headers={"if-none-match": script.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    since = {"if-modified-since": script.headers["last-modified"]}
    assert client.get("/assets/app.js", headers=since).status_code == 304


def test_part_of_a_file(dist: Path) -> None:
    part = serving(dist).get("/assets/app.js", headers={"range": "bytes=4-10"})
    assert (part.status_code, part.text) == (206, "counter")
    assert part.headers["content-range"] == "bytes 4-10/15"


def test_head_sends_only_headers(dist: Path) -> None:
    head = serving(dist).head("/assets/app.js")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == "15"


def test_a_directory_is_its_index_with_a_slash(dist: Path) -> None:
    client = serving(dist, "/app/")
    assert client.get("/app/about/").text == "about us"
    redirect = client.get("/app/about?lang=de")
    assert redirect.status_code == 307
    assert redirect.headers["location"] == "/app/about/?lang=de"
    assert client.get("/app").headers["location"] == "/app/"


def test_other_methods_are_refused_where_a_file_is(dist: Path) -> None:
    client = serving(dist)
    refused = client.post("/assets/app.js")
    assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD")
    assert client.delete("/about/").status_code == 405
    assert client.post("/nowhere", headers=PAGE).status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/../secret.txt",
        "/%2e%2e/secret.txt",
        "/..%2fsecret.txt",
        "/assets/..%2f..%2fsecret.txt",
        "/..%5csecret.txt",
        "http://testserver//secret.txt",
        "/%2fetc/hostname",
        "/link.txt",
        "/linked/secret.txt",
        "/%00",
        "/" + "x" * 300,
    ],
)
def test_nothing_outside_the_directory_is_served(dist: Path, path: str) -> None:
    (dist.parent / "secret.txt").write_text("secret")
    (dist / "link.txt").symlink_to(dist.parent / "secret.txt")
    (dist / "linked").symlink_to(dist.parent)
    response = serving(dist).get(path)
    assert response.status_code == 404
    assert "secret" not in response.text


def test_a_fallback_that_leads_outside_is_not_served(dist: Path) -> None:
    (dist.parent / "secret.txt").write_text("secret")
    (dist / "404.html").symlink_to(dist.parent / "secret.txt")
    assert "secret" not in serving(dist).get("/nowhere").text


def test_files_are_looked_up_in_a_worker_thread(
    dist: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads = []
    original = FrontendFiles.lookup_path

    def lookup_path(files: FrontendFiles, path: str) -> tuple[str, os.stat_result | None]:
        threads.append(threading.get_ident())
        return original(files, path)

    monkeypatch.setattr(FrontendFiles, "lookup_path", lookup_path)
    app = FastAPI()
    app.frontend("/", directory=dist)

    @app.get("/thread")
    async def thread() -> int:
        return threading.get_ident()

    with client_of(app) as client:
        loop = client.get("/thread").json()
        assert client.get("/nowhere", headers=PAGE).status_code == 200
    assert len(threads) == 3
    assert loop not in threads


@pytest.mark.parametrize(
    ("error", "status"), [(PermissionError(), 401), (ValueError(), 404), (OSError(36, "long"), 404)]
)
def test_what_the_file_system_refuses(
    dist: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int
) -> None:
    def lookup_path(files: FrontendFiles, path: str) -> tuple[str, os.stat_result | None]:
        raise error

    monkeypatch.setattr(FrontendFiles, "lookup_path", lookup_path)
    assert serving(dist).get("/assets/app.js").status_code == status


def test_an_error_of_the_file_system_is_not_hidden(
    dist: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lookup_path(files: FrontendFiles, path: str) -> tuple[str, os.stat_result | None]:
        raise OSError(5, "broken disk")

    monkeypatch.setattr(FrontendFiles, "lookup_path", lookup_path)
    with pytest.raises(OSError, match="broken disk"):
        serving(dist).get("/assets/app.js")


# --- fallbacks ------------------------------------------------------------------------------------


def test_a_path_of_the_page_itself_gets_the_page(dist: Path) -> None:
    client = serving(dist, fallback="index.html")
    page = client.get("/cart/3", headers=PAGE)
    assert (page.status_code, page.text, page.headers["vary"]) == (200, "home", "Accept")
    assert client.head("/cart/3", headers=PAGE).headers["content-length"] == "4"
    fresh = client.get("/cart/3", headers={**PAGE, "if-none-match": page.headers["etag"]})
    assert fresh.status_code == 304


def test_a_missing_script_is_missing(dist: Path) -> None:
    missing = serving(dist).get("/assets/old.js", headers={"accept": "*/*"})
    assert missing.status_code == 404
    assert missing.json() == {"detail": "Not Found"}


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("text/html", True),
        ("TEXT/HTML", True),
        ("application/xhtml+xml", True),
        ("image/png, text/html;q=0.1", True),
        ("text/html;charset=utf-8; q=0.8", True),
        ("text/html;q=what", True),
        ("text/html;q=0, application/xhtml+xml", True),
        ("text/html;q=0", False),
        ("text/html; q = 0.000, */*", False),
        ('text/html;q="0"', False),
        ("text/*", False),
        ("*/*", False),
        ("application/json", False),
        ("", False),
    ],
)
def test_who_asks_for_a_page(accept: str, expected: bool) -> None:
    assert accepts_page(accept) is expected


def test_several_accept_headers_are_one_list(dist: Path) -> None:
    headers = [("accept", "application/json"), ("accept", "text/html")]
    assert serving(dist).get("/cart", headers=headers).text == "home"


def test_auto_prefers_the_page_for_missing_pages(dist: Path) -> None:
    (dist / "404.html").write_text("no such page")
    for client in (serving(dist), serving(dist, fallback="404.html")):
        missing = client.get("/cart/3", headers=PAGE)
        assert (missing.status_code, missing.text) == (404, "no such page")
        conditional = client.get("/cart/3", headers={"if-none-match": missing.headers["etag"]})
        assert conditional.status_code == 404
    assert serving(dist, fallback="index.html").get("/cart/3", headers=PAGE).text == "home"


def test_no_fallback(dist: Path) -> None:
    client = serving(dist, fallback=None)
    assert client.get("/cart/3", headers=PAGE).json() == {"detail": "Not Found"}
    assert client.get("/").text == "home"


def test_the_application_may_answer_404_itself(dist: Path) -> None:
    app = FastAPI()
    app.frontend("/", directory=dist, fallback=None)

    @app.exception_handler(404)
    async def not_found(request: Request, error: HTTPException) -> Response:
        return PlainTextResponse("lost", 404)

    assert client_of(app).get("/cart/3").text == "lost"


# --- who answers ----------------------------------------------------------------------------------


def test_every_other_route_comes_first(dist: Path) -> None:
    app = FastAPI()
    app.frontend("/", directory=dist, fallback="index.html")
    (dist / "items").write_text("file")

    @app.get("/items")
    async def items() -> str:
        return "route"

    @app.get("/slash/")
    async def slash() -> str:
        return "slash"

    client = client_of(app)
    assert client.get("/items", headers=PAGE).json() == "route"
    assert client.post("/items", headers=PAGE).status_code == 405
    assert client.get("/slash", headers=PAGE).headers["location"] == "/slash/"
    assert set(client.get("/openapi.json").json()["paths"]) == {"/items", "/slash/"}


def test_a_404_of_an_operation_stays_one(dist: Path) -> None:
    app = FastAPI()
    app.frontend("/", directory=dist, fallback="index.html")

    @app.get("/items")
    async def items() -> None:
        raise HTTPException(404, "no items")

    assert client_of(app).get("/items", headers=PAGE).json() == {"detail": "no items"}


def test_the_longest_path_wins_in_all_routers(dist: Path, tmp_path: Path) -> None:
    site, admin = APIRouter(), APIRouter()
    site.frontend("/", directory=dist, fallback="index.html")
    admin.frontend("/", directory=build(tmp_path / "admin", "admin"), fallback="index.html")
    app = FastAPI()
    app.include_router(site)
    app.include_router(admin, prefix="/admin")
    client = client_of(app)
    assert client.get("/admin/users", headers=PAGE).text == "admin"
    assert client.get("/administrator", headers=PAGE).text == "home"
    assert client.post("/admin/assets/none.js").status_code == 404


def test_of_two_at_one_path_the_outer_and_earlier_answers(dist: Path, tmp_path: Path) -> None:
    inner = APIRouter()
    inner.frontend("/", directory=build(tmp_path / "inner", "inner"))
    app = FastAPI()
    app.include_router(inner)
    app.frontend("/", directory=dist)
    app.frontend("/", directory=build(tmp_path / "later", "later"))
    assert client_of(app).get("/").text == "home"


def test_prefixes_add_up_and_inclusions_stay_live(dist: Path) -> None:
    child = APIRouter(prefix="/child")
    parent = APIRouter()
    parent.include_router(child, prefix="/parent")
    app = FastAPI()
    app.include_router(parent, prefix="/app")
    client = client_of(app)
    assert client.get("/app/parent/child/ui/").status_code == 404
    child.frontend("/ui", directory=dist)
    assert client.get("/app/parent/child/ui/").text == "home"


def test_mounted_and_behind_a_proxy(dist: Path) -> None:
    inner = FastAPI()
    inner.frontend("/ui", directory=dist)
    app = FastAPI()
    app.mount("/sub", inner)
    client = client_of(app, root_path="/proxy")
    assert client.get("/proxy/sub/ui/about/").text == "about us"
    assert client.get("/proxy/sub/ui").headers["location"] == "/proxy/sub/ui/"


def test_plain_routes_of_low_priority_come_before_frontends(dist: Path) -> None:
    async def low(request: Request) -> Response:
        return PlainTextResponse("low")

    app = FastAPI()
    app.frontend("/about", directory=dist)
    app.router._low_priority_routes.append(Route("/about/", low))
    app.router._mark_routes_changed()
    assert client_of(app).get("/about/").text == "low"


def test_the_group_answers_outside_of_a_router(dist: Path) -> None:
    router = APIRouter()
    router.frontend("/", directory=dist)
    client = TestClient(router._frontend_routes.handle)
    assert client.get("/about/").text == "about us"
    alone = APIRouter()
    alone.frontend("/ui", directory=dist)
    with pytest.raises(Exception, match="404"):
        TestClient(alone._frontend_routes.handle).get("/about/")


# --- dependencies ---------------------------------------------------------------------------------


def test_dependencies_of_all_levels_run_in_order(dist: Path) -> None:
    calls: list[str] = []

    def noting(name: str) -> list[object]:
        return [Depends(lambda: calls.append(name))]

    child = APIRouter(dependencies=noting("child"))
    child.frontend("/", directory=dist)
    child.dependencies.extend(noting("too late"))
    app = FastAPI(dependencies=noting("app"))
    app.include_router(child, prefix="/a", dependencies=noting("include"))
    app.include_router(child, prefix="/b")
    client = client_of(app)
    client.get("/a/")
    client.get("/b/")
    assert calls == ["app", "include", "child", "app", "child"]


def test_only_the_dependencies_of_what_answers_run(dist: Path) -> None:
    def never() -> None:
        raise AssertionError

    guarded = APIRouter(dependencies=[Depends(never)])
    guarded.frontend("/", directory=dist)
    app = FastAPI()
    app.frontend("/open", directory=dist)
    app.include_router(guarded)

    @app.get("/items")
    async def items() -> str:
        return "route"

    client = client_of(app)
    assert client.get("/items").json() == "route"
    assert client.get("/open/").text == "home"


def test_a_dependency_protects_every_method(dist: Path) -> None:
    async def login(request: Request) -> None:
        if "session" not in request.cookies:
            raise HTTPException(401)

    app = FastAPI(dependencies=[Depends(login)])
    app.frontend("/", directory=dist)
    client = client_of(app)
    for path in ("/", "/assets/app.js", "/nowhere"):
        for method in ("GET", "HEAD", "POST"):
            # Not even whether a file exists is told.
            assert client.request(method, path).status_code == 401
    client.cookies["session"] = "anna"
    assert client.get("/").text == "home"
    assert client.post("/").status_code == 405


def test_dependencies_add_headers_and_tasks(dist: Path) -> None:
    done = []

    async def dependency(response: Response, tasks: BackgroundTasks) -> None:
        response.headers["cache-control"] = "no-store"
        response.set_cookie("seen", "1")
        tasks.add_task(done.append, "task")

    app = FastAPI(dependencies=[Depends(dependency)])
    app.frontend("/", directory=dist)
    response = client_of(app).get("/")
    assert response.headers["cache-control"] == "no-store"
    assert response.cookies["seen"] == "1"
    assert done == ["task"]


def test_dependencies_are_validated_overridden_and_closed(dist: Path) -> None:
    events: list[object] = []

    def token(token: int) -> Iterator[None]:
        events.append(token)
        yield
        events.append("closed")

    app = FastAPI(dependencies=[Depends(token)])
    app.frontend("/", directory=dist)
    client = client_of(app)
    refused = client.get("/", params={"token": "x"})
    assert refused.status_code == 422
    assert refused.json()["detail"][0]["loc"] == ["query", "token"]
    assert client.get("/", params={"token": "1"}).text == "home"
    assert events == [1, "closed"]
    app.dependency_overrides[token] = lambda: events.append("override")
    assert client.get("/").text == "home"
    assert events == [1, "closed", "override"]


def test_body_limits_of_each_inclusion(dist: Path) -> None:
    router = APIRouter()
    router.frontend("/", directory=dist)
    app = FastAPI()
    app.include_router(router, prefix="/none", max_body_size=0)
    app.include_router(router, prefix="/some", max_body_size=10)
    client = client_of(app)
    assert client.request("GET", "/none/", content=b"x").status_code == 413
    assert client.request("GET", "/some/", content=b"x").text == "home"


# --- mistakes -------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["", "//", "app"])
def test_a_path_that_cannot_work(dist: Path, path: str) -> None:
    with pytest.raises(SetupAssertionError, match="A frontend path") as caught:
        FastAPI().frontend(path, directory=dist)
    assert __file__ in str(caught.value)


def test_a_fallback_that_does_not_exist(dist: Path) -> None:
    with pytest.raises(SetupAssertionError, match=r"fallback must be 'auto', 'index.html'"):
        FastAPI().frontend("/", directory=dist, fallback="home.html")  # type: ignore[arg-type]  # that is the point
    with pytest.raises(SetupError, match=r"'404.html' does not exist in directory"):
        FastAPI().frontend("/", directory=dist, fallback="404.html")


def test_a_directory_that_does_not_exist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FASTAPI_ENV", raising=False)
    with pytest.raises(RuntimeError, match="'missing' does not exist") as caught:
        APIRouter().frontend("/", directory="missing")
    assert str(tmp_path / "missing") in str(caught.value)
    assert __file__ in str(caught.value)


def test_development_begins_before_the_first_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FASTAPI_ENV", "development")
    app = FastAPI()
    with pytest.warns(UserWarning, match="does not exist") as warnings:
        app.frontend("/", directory=tmp_path / "dist", fallback="index.html")
    assert warnings[0].filename == __file__
    with pytest.raises(SetupError, match="does not exist"):
        FastAPI().frontend("/", directory=tmp_path / "dist", check_dir=True)
    with pytest.raises(SetupError, match="does not exist"):
        client_of(app).get("/")
    build(tmp_path / "dist", "built")
    assert client_of(app).get("/").text == "built"


def test_a_fallback_that_is_gone_is_an_error_of_the_server(dist: Path) -> None:
    client = serving(dist, fallback="index.html")
    (dist / "index.html").unlink()
    assert client.get("/cart", headers={"accept": "*/*"}).status_code == 404
    with pytest.raises(SetupError, match=r"'index.html' does not exist"):
        client.get("/cart", headers=PAGE)


@pytest.mark.parametrize("owner", [FastAPI, APIRouter])
def test_signature(owner: type) -> None:
    parameters = inspect.signature(owner.frontend).parameters  # type: ignore[attr-defined]  # both
    assert list(parameters) == ["self", "path", "directory", "fallback", "check_dir"]
    assert parameters["directory"].kind is inspect.Parameter.KEYWORD_ONLY
    assert (parameters["fallback"].default, parameters["check_dir"].default) == ("auto", "auto")
