"""The tree of routes finds the route that a search of the list from its start would find."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.responses import PlainTextResponse
from starlette.routing import BaseRoute, Match, Mount, Route, WebSocketRoute

from pronghorn import APIRouter, FastAPI
from pronghorn.compile.route_table import Entry, RouteTable
from pronghorn.testclient import TestClient
from tests.bad_input.asking import ask_all, scope_of
from tests.bad_input.attacks import Attack

SEGMENTS = (
    *("a", "b", "items", "items", "{x}", "{y}", "{x:int}", "{x:float}", "{x:uuid}", "{x:path}"),
    *("{x}.json", "v{x:int}", "{x}-{y}", "a.json", "", "{rest:path}", "a{x:path}"),
)
WORDS = (
    *("a", "b", "items", "items", "1", "12", "1.5", "v2", "a.json", "1.json", "a-b", "", "ab"),
    *("6fa459ea-ee8a-4ca4-894e-db77e160355e", "\u00e9", " ", "a\nb", "items\n", "a\n", "\n"),
)
METHODS = (["GET"], ["POST"], ["GET", "POST"], ["DELETE"], None)


def linear(routes: list[BaseRoute], scope: dict[str, Any]) -> tuple[Match, BaseRoute | None]:
    """The rule: the first full match wins, else the first partial one."""
    partial = None
    for route in routes:
        match, _ = route.matches(scope)
        if match is Match.FULL:
            return match, route
        if match is Match.PARTIAL and partial is None:
            partial = route
    return (Match.PARTIAL, partial) if partial else (Match.NONE, None)


async def answer(request: Any) -> PlainTextResponse:
    return PlainTextResponse("ok")


def random_path(chosen: random.Random, segments: tuple[str, ...]) -> str:
    path = "".join(f"/{chosen.choice(segments)}" for _ in range(chosen.randint(1, 4)))
    names = [part for part in ("{x", "{y", "{rest") if path.count(part) > 1]
    return random_path(chosen, segments) if names else path


def random_route(chosen: random.Random) -> BaseRoute:
    path = random_path(chosen, SEGMENTS)
    kind = chosen.random()
    if kind < 0.1:
        inner = [Route(random_path(chosen, SEGMENTS), answer) for _ in range(2)]
        mounted = path.rstrip("/").replace("{x:path}", "m").replace("{rest:path}", "m")
        return Mount(mounted, routes=inner)
    if kind < 0.2:
        return WebSocketRoute(path, answer)
    return Route(path, answer, methods=chosen.choice(METHODS))


@pytest.mark.parametrize("seed", range(60))
def test_the_tree_finds_what_a_list_finds(seed: int) -> None:
    chosen = random.Random(seed)
    routes = [random_route(chosen) for _ in range(chosen.randint(1, 25))]
    table = RouteTable([Entry(route) for route in routes])
    for _ in range(100):
        path = random_path(chosen, WORDS) + chosen.choice(["", "", "", "/"])
        scope = scope_of(Attack("", path, chosen.choice(["GET", "POST", "HEAD", "PUT"])))
        if chosen.random() < 0.1:
            scope |= {"type": "websocket", "subprotocols": []}
        match, entry, _ = table.search(dict(scope), path)
        found = entry.route if entry else None
        assert (match, found) == linear(routes, scope), (path, [str(route) for route in routes])


@pytest.mark.parametrize("seed", range(20))
def test_parameters_are_those_that_the_route_itself_finds(seed: int) -> None:
    chosen = random.Random(1000 + seed)
    routes = [random_route(chosen) for _ in range(12)]
    routes = [route for route in routes if not isinstance(route, Mount)]
    table = RouteTable([Entry(route) for route in routes])
    for _ in range(60):
        scope = scope_of(Attack("", random_path(chosen, WORDS)))
        _, entry, params = table.search(dict(scope), scope["path"])
        if entry is not None:
            _, child = entry.route.matches(scope)
            assert params == child["path_params"]


@pytest.mark.parametrize("seed", range(20))
def test_fixed_paths_are_answered_as_the_list_says(seed: int) -> None:
    chosen = random.Random(2000 + seed)
    segments = ("a", "b", "items", "", "{x}", "{x:int}", "a.json")
    routes: list[BaseRoute] = [
        Route(random_path(chosen, segments), answer, methods=chosen.choice(METHODS))
        for _ in range(20)
    ]
    table = RouteTable([Entry(route) for route in routes])
    assert table.fixed
    for path, by_method in table.fixed.items():
        for method in ("GET", "POST", "HEAD", "DELETE"):
            match, route = linear(routes, scope_of(Attack("", path, method)))
            if method in by_method:
                assert (match, route) == (Match.FULL, by_method[method][0].route)


def test_the_first_look_says_nothing_but_what_the_list_says() -> None:
    hits = 0
    for seed in range(60):
        chosen = random.Random(3000 + seed)
        segments = chosen.choice([SEGMENTS, ("a", "b", "items", "{x}", "{x}.json")])
        routes = [
            WebSocketRoute(random_path(chosen, segments), answer)
            if chosen.random() < 0.1
            else Route(random_path(chosen, segments), answer, methods=chosen.choice(METHODS))
            for _ in range(chosen.randint(3, 8))
        ]
        hits += hits_of_first_looks(routes, [random_path(chosen, WORDS) for _ in range(300)])
    assert hits > 500


@pytest.mark.parametrize(
    ("declared", "path"),
    [
        (["/{x}/{y}", "/a/{z}"], "/a/1"),
        (["/{x}/{y}"], "/{x}/1"),
        (["/a/{x}", "/a/{y}/b"], "/a/1"),
        (["/{x}", "/a"], "/a"),
    ],
)
def test_the_first_look_where_two_ways_lead_down(declared: list[str], path: str) -> None:
    routes: list[BaseRoute] = [Route(one, answer, methods=["GET"]) for one in declared]
    hits_of_first_looks(routes, ["/b/2", path, path])


def test_where_the_way_down_ends_the_list_has_nothing() -> None:
    ends = 0
    for seed in range(60):
        chosen = random.Random(4000 + seed)
        routes = [random_route(chosen) for _ in range(chosen.randint(1, 8))]
        table = RouteTable([Entry(route) for route in routes])
        for _ in range(100):
            path = random_path(chosen, WORDS) + chosen.choice(["", "", "/", "//"])
            if table.is_beyond(path):
                ends += 1
                for spelling in (path, path + "/", path.rstrip("/")):
                    scope = scope_of(Attack("", spelling))
                    assert linear(routes, scope) == (Match.NONE, None), (spelling, routes)
    assert ends > 500


def hits_of_first_looks(routes: list[BaseRoute], paths: list[str]) -> int:
    """Compare first looks into one table with the list; tell how many found something."""
    table = RouteTable([Entry(route) for route in routes])
    hits = 0
    for path in paths:
        for method in ("GET", "POST"):
            found = table.quick(method, path)
            if found is not None:
                scope = scope_of(Attack("", path, method))
                match, route = linear(routes, scope)
                assert (match, route) == (Match.FULL, found[0].route), (path, routes)
                assert found[1] == found[0].route.matches(scope)[1]["path_params"]
                hits += 1
    return hits


def test_parameters_of_a_fixed_path_belong_to_each_request_alone() -> None:
    app = FastAPI()

    async def change(request: Any) -> PlainTextResponse:
        request.path_params["seen"] = True
        return PlainTextResponse(str(len(request.path_params)))

    app.add_route("/change", change)
    answers = ask_all(app, [Attack("", "/change")] * 3)
    assert [answer.body for answer in answers] == [b"1"] * 3


# --- through an application -----------------------------------------------------------------------


@pytest.fixture
def client() -> Iterator[TestClient]:
    app = FastAPI()

    def add(path: str, name: str, **options: Any) -> None:
        async def endpoint() -> str:
            return name

        app.add_api_route(path, endpoint, **options)

    add("/users/{name}", "dynamic")
    add("/users/me", "static after dynamic")
    add("/teams/me", "static before dynamic")
    add("/teams/{name}", "dynamic")
    add("/files/{path:path}", "path")
    add("/numbers/{n:int}", "int")
    add("/numbers/{n}", "text")
    add("/reports/{name}.json", "json")
    add("/reports/{name}", "any")
    add("/slash/", "slash")
    add("/plain", "plain")
    add("/methods", "get", methods=["GET"])
    add("/methods", "post", methods=["POST"])
    add("/put/{x}", "put", methods=["PUT", "PATCH"])
    router = APIRouter(prefix="/deep")

    @router.get("/{a}/{b}")
    async def read_deep(a: str, b: str) -> str:
        return f"{a} {b}"

    app.include_router(router, prefix="/very")
    with TestClient(app) as client:
        yield client


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/users/me", "dynamic"),
        ("/teams/me", "static before dynamic"),
        ("/teams/you", "dynamic"),
        ("/files/", "path"),
        ("/files/a/b/c", "path"),
        ("/numbers/12", "int"),
        ("/numbers/x", "text"),
        ("/reports/a.json", "json"),
        ("/reports/.json", "any"),
        ("/reports/a.xml", "any"),
        ("/very/deep/1/2", "1 2"),
    ],
)
def test_the_first_route_that_matches_answers(client: TestClient, path: str, found: str) -> None:
    response = client.get(path)
    assert (response.status_code, response.json()) == (200, found)


@pytest.mark.parametrize(
    ("path", "other"), [("/slash", "/slash/"), ("/plain/", "/plain"), ("/users/me/", "/users/me")]
)
def test_the_other_spelling_with_a_slash_is_redirected_to(
    client: TestClient, path: str, other: str
) -> None:
    response = client.get(path, params={"q": "1"}, follow_redirects=False)
    assert response.status_code == 307
    assert response.headers["location"].endswith(f"{other}?q=1")
    assert client.get(path).status_code == 200


def test_without_redirects_the_other_spelling_is_not_found() -> None:
    app = FastAPI(redirect_slashes=False)
    app.get("/plain")(answer)
    assert TestClient(app).get("/plain/").status_code == 404


@pytest.mark.parametrize("path", ["/", "/nothing", "/users", "/users/a/b", "/very/deep/1"])
def test_what_matches_nothing_is_not_found(client: TestClient, path: str) -> None:
    response = client.get(path)
    assert (response.status_code, response.json()) == (404, {"detail": "Not Found"})


def test_the_program_answers_where_no_route_does() -> None:
    app = FastAPI()
    app.router.default = PlainTextResponse("nothing here")
    assert TestClient(app).get("/no/such/path").text == "nothing here"


def test_a_path_with_other_methods_says_which(client: TestClient) -> None:
    response = client.delete("/put/1")
    assert (response.status_code, response.json()) == (405, {"detail": "Method Not Allowed"})
    assert set(response.headers["allow"].split(", ")) == {"PUT", "PATCH"}
    assert client.post("/methods").json() == "post"
    assert client.put("/methods").status_code == 405


# --- mounts ---------------------------------------------------------------------------------------


def test_a_mount_answers_below_its_path_in_the_order_of_declaration() -> None:
    inner = FastAPI()

    @inner.get("/{word}")
    async def read_inner(word: str) -> str:
        return f"inner {word}"

    app = FastAPI()

    @app.get("/inner/first")
    async def read_first() -> str:
        return "first"

    app.mount("/inner", inner)

    @app.get("/inner/last")
    async def read_last() -> str:
        return "never"

    client = TestClient(app)
    assert client.get("/inner/first").json() == "first"
    assert client.get("/inner/last").json() == "inner last"
    assert client.get("/inner/a/b").status_code == 404
    assert client.get("/inne").status_code == 404


def test_a_mount_with_a_parameter_hands_it_on() -> None:
    inner = FastAPI()

    @inner.get("/{word}")
    async def read(tenant: str, word: str) -> str:
        return f"{tenant} {word}"

    app = FastAPI()
    app.mount("/{tenant}/api", inner)
    assert TestClient(app).get("/blue/api/x", params={"tenant": "query"}).json() == "query x"
