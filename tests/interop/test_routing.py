"""Lifespans, route state, scopes and encoders that programs import, compared with FastAPI."""

import asyncio
import re
from contextlib import asynccontextmanager, contextmanager
from types import SimpleNamespace
from typing import Annotated, Any

import pytest
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.responses import JSONResponse, Response

from pronghorn.encoders import ENCODERS_BY_TYPE
from tests.interop.both import Framework, on_both


def test_lifespans_are_merged() -> None:
    async def run(f: Framework) -> Any:
        seen: list[Any] = []

        @asynccontextmanager
        async def outer(app: Any) -> Any:
            seen.append("outer")
            yield {"x": 1, "y": 1}
            seen.append("outer ends")

        @asynccontextmanager
        async def inner(app: Any) -> Any:
            seen.append("inner")
            yield {"x": 2, "z": 2}
            seen.append("inner ends")

        app = f("FastAPI")(lifespan=outer)
        merge = f("routing._merge_lifespan_context")
        app.router.lifespan_context = merge(app.router.lifespan_context, inner)
        async with app.router.lifespan_context(app) as state:
            seen.append(state)
        return seen

    assert on_both(lambda f: asyncio.run(run(f)))[2] == {"x": 1, "y": 1, "z": 2}


def test_the_default_lifespan_is_entered_with_and_without_a_call() -> None:
    async def run(f: Framework) -> Any:
        seen: list[str] = []
        router = f("APIRouter")()
        router.add_event_handler("startup", lambda: seen.append("up"))
        router.add_event_handler("shutdown", lambda: seen.append("down"))
        default = f("routing._DefaultLifespan")
        lifespan = default(router)
        async with lifespan:
            pass
        async with lifespan(None):
            pass
        return seen, isinstance(f("FastAPI")().router.lifespan_context, default)

    assert on_both(lambda f: asyncio.run(run(f))) == (["up", "down"] * 2, True)


def test_blocking_context_managers_are_lifted() -> None:
    async def run(f: Framework) -> Any:
        seen: list[Any] = []

        def lifespan(app: Any) -> Any:
            yield {"app": app}
            seen.append("closed")

        async with f("routing._wrap_gen_lifespan_context")(lifespan)("the app") as state:
            seen.append(state)
        lifted = f("routing._AsyncLiftContextManager")(contextmanager(lifespan)("other"))
        async with lifted as state:
            seen.append(state)
        return seen

    on_both(lambda f: asyncio.run(run(f)))


def test_nothing_in_the_routes_is_an_included_router() -> None:
    f = Framework("pronghorn")
    app, router = f("FastAPI")(), f("APIRouter")()
    router.get("/")(lambda: None)
    app.include_router(router)
    assert not any(isinstance(route, f("routing._IncludedRouter")) for route in app.routes)


def test_an_object_gets_the_state_of_a_route() -> None:
    def run(f: Framework) -> Any:
        def endpoint(item: int, text: str = "") -> list[str]:
            """Says it."""

        route = SimpleNamespace()
        f("routing._populate_api_route_state")(
            route, "/items/{item:int}", endpoint, methods=["put"], tags=["a"], status_code=201
        )
        names = (
            "path path_format endpoint name methods tags status_code description unique_id",
            "response_model responses dependencies body_field is_json_stream summary",
        )
        state = {name: getattr(route, name) for name in " ".join(names).split()}
        assert state.pop("endpoint") is endpoint
        fields = [field.name for field in route.dependant.query_params]
        return state, fields, route.path_regex.pattern, route.response_field.name

    state, fields, _, _ = on_both(run)
    assert (state["methods"], fields) == ({"PUT"}, ["text"])


def test_a_route_class_can_fill_in_its_state_itself() -> None:
    def run(f: Framework) -> Any:
        api_route: Any = f("routing.APIRoute")

        class Late(api_route):  # type: ignore[misc]
            def __init__(self, path: str, endpoint: Any, **options: Any) -> None:
                f("routing._populate_api_route_state")(self, path, endpoint, **options)

        route = Late("/x/{a}", lambda a: a, name="late")
        return route.name, route.path_format, [field.name for field in route.dependant.path_params]

    assert on_both(run) == ("late", "/x/{a}", ["a"])


def test_the_graph_of_an_endpoint_and_its_route() -> None:
    def run(f: Framework) -> Any:
        body, depends = f("Body"), f("Depends")

        def first(a: Annotated[int, body()]) -> None: ...

        def second() -> None: ...

        def endpoint(b: Annotated[int, body()], q: int) -> None: ...

        graph, fields, embed = f("routing._build_dependant_with_parameterless_dependencies")(
            path="/", call=endpoint, dependencies=[depends(first), depends(second)]
        )
        calls = [node.call.__name__ for node in graph.dependencies]
        return calls, sorted(field.name for field in fields), embed

    assert on_both(run) == (["first", "second"], ["a", "b"], True)


@pytest.mark.parametrize("set_by_dependency", [None, 201])
@pytest.mark.parametrize("declared", [None, 202])
def test_arguments_of_a_response(declared: int | None, set_by_dependency: int | None) -> None:
    def run(f: Framework) -> Any:
        solved = SimpleNamespace(
            background_tasks="tasks", response=SimpleNamespace(status_code=set_by_dependency)
        )
        return f("routing._build_response_args")(status_code=declared, solved_result=solved)

    on_both(run)


def test_small_functions() -> None:
    def run(f: Framework) -> Any:
        context = f("routing._extract_endpoint_context")(run)
        scope: dict[str, Any] = {}
        f("routing._get_fastapi_scope")(scope)["key"] = 1
        data = {"a": [float("nan"), 1.5, float("-inf")], "b": {"c": float("inf")}}
        return context, scope, f("routing._normalize_non_finite_floats")(data)

    context, _, _ = on_both(run)
    assert (context["function"], context["file"]) == ("run", __file__)


def test_the_context_of_an_included_route_is_found_in_the_scope() -> None:
    def run(f: Framework) -> Any:
        find, request = f("routing._get_scope_effective_route_context"), f("Request")
        app, outer, inner = f("FastAPI")(), f("APIRouter")(prefix="/a"), f("APIRouter")(tags=["t"])

        def read(request: request) -> Any:  # type: ignore[valid-type]
            context = find(request.scope)
            if context is None:
                return None
            return [context.path, context.tags, context.original_route is request.scope["route"]][
                :2
            ]

        read.__annotations__["request"] = request
        inner.get("/x/{y}")(read)
        app.get("/z")(read)
        outer.include_router(inner, prefix="/b")
        app.include_router(outer)
        client = f("testclient.TestClient")(app)
        return find({}), client.get("/a/b/x/1").json(), client.get("/z").json()

    assert on_both(run)[1] == ["/a/b/x/{y}", ["t"]]


def test_the_middleware_is_starlettes() -> None:
    assert on_both(lambda f: f("applications.BaseHTTPMiddleware")) is BaseHTTPMiddleware


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        (Response, True),
        (JSONResponse, True),
        (dict[str, Any], False),
        (Response | dict[str, int], True),
        (str | int, False),
        (list[str], False),
        (None, False),
    ],
)
def test_responses_in_a_type(annotation: Any, expected: bool) -> None:
    assert Framework("pronghorn")("routing._contains_response")(annotation) is expected


def test_content_types_of_json() -> None:
    is_json = Framework("pronghorn")("routing._is_json_content_type")
    for content_type in ("application/json", "Application/JSON; charset=x", "application/a+json"):
        assert is_json(content_type)
    for content_type in ("text/plain", "application/jsonl", "application/geo+json-seq", "", None):
        assert not is_json(content_type)


# --- encoders ----------------------------------------------------------------------------------


def test_encoders_by_class() -> None:
    def run(f: Framework) -> Any:
        made = f("encoders.generate_encoders_by_class_tuples")({int: str, float: str, set: list})
        table = f("encoders.encoders_by_class_tuples")
        kinds = {
            kind.__name__ for encoder, kinds in table.items() if encoder is str for kind in kinds
        }
        return dict(made), kinds - {"PyExtraColor", "Color"}, made[bytes]

    on_both(run)


class Celsius:
    def __init__(self, degrees: int) -> None:
        self.degrees = degrees


class Fahrenheit(Celsius):
    """A subclass, which only the table by classes knows."""


@pytest.mark.parametrize("name", ["fastapi", "pronghorn"])
def test_encoders_that_a_program_adds_are_used(name: str) -> None:
    f = Framework(name)
    table = f("encoders.encoders_by_class_tuples")

    def encode(value: Celsius) -> str:
        return f"{value.degrees} °C"

    try:
        table[encode] = (Celsius,)
        assert f("encoders.jsonable_encoder")({"at": [Fahrenheit(3)]}) == {"at": ["3 °C"]}
    finally:
        del table[encode]


def test_a_program_may_put_its_encoder_before_ours() -> None:
    pattern = type(re.compile(""))
    f = Framework("pronghorn")
    table: Any = f("encoders.encoders_by_class_tuples")
    before = dict(table)

    class Stamp(str.__class__("Base", (), {})):  # type: ignore[misc]
        pass

    ENCODERS_BY_TYPE[Stamp] = lambda value: "ours"
    try:
        table.clear()
        table[lambda value: "theirs"] = (Stamp,)
        assert f("encoders.jsonable_encoder")(type("Sub", (Stamp,), {})()) == "theirs"
        assert f("encoders.jsonable_encoder")(Stamp()) == "ours"
        assert f("encoders.jsonable_encoder")(re.compile("a")) == "a", pattern
    finally:
        del ENCODERS_BY_TYPE[Stamp]
        table.clear()
        table.update(before)
