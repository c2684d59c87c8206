"""Generate whole programs as source: models, dependencies, security schemes, routers, routes."""

from __future__ import annotations

import dataclasses
from typing import Any

from hypothesis import strategies as st

from tests.differential.functions import (
    INJECTED,
    OUTCOMES,
    Function,
    Model,
    Parameter,
    _injected_use,
    chance,
    dependency,
    depends,
    model,
    parameter,
    parameters,
)
from tests.differential.kinds import JSON_ONLY, PRELUDE, SCALARS, SEQUENCES, UNIONS

PLAIN = ["query", "query", "header", "cookie"]
BODIES = ([], [], ["body", "body"], ["body"], ["form", "form"], ["form", "file"])
SECURITY = (
    "fastapi.security.OAuth2PasswordBearer(tokenUrl='token', scopes={'s1': 'one'}, auto_error=%s)",
    "fastapi.security.HTTPBearer(auto_error=%s)",
    "fastapi.security.HTTPBasic(auto_error=%s)",
    "fastapi.security.APIKeyHeader(name='x-key', auto_error=%s)",
    "fastapi.security.APIKeyQuery(name='key', auto_error=%s)",
    "fastapi.security.APIKeyCookie(name='key', auto_error=%s)",
)
RESULTS = (
    *("None", "1", "1.5", "'text'", "True", "[1, 'a', None]", "{'a': 1, 'b': None}", "[]", "{}"),
    *("{1, 2}", "(1, 2)", "float('nan')", "float('inf')", "10 ** 30", "b'abc'", "b'\\xff'"),
    *("Color.red", "decimal.Decimal('1.10')", "datetime.date(2020, 1, 2)", "uuid.UUID(int=1)"),
    *("datetime.timedelta(seconds=90)", "Point(1, 2.5)", "Cat(kind='cat')", "Computed(side=2)"),
    *("[Cat(kind='cat'), Dog(kind='dog', name='b')]", "{'k': Tree(value=1)}", "object()"),
    *("Tree(value=1, children=[Tree(value=2)])", "Names(['a'])", "Box(content=1)", "'\\ud800'"),
    *("{'x': 1, 'y': 2}", "{'kind': 'cat', 'lives': 3, 'more': 4}", "{'value': '1'}", "'é\\x7f'"),
    *("{'low': 3, 'high': 2}", "{'side': 3}", "{1: 'a', None: 'b'}", "{'_sa_x': 1, 'y': 2}"),
    *("{'number': 1}", "{'title': 't', 'other': 1}", "['a', 'b']", "{'content': 1}", "range(3)"),
    *("fastapi.Response(content=b'own', media_type='text/x')", "{'a': {'b': [Point(1)]}}"),
    *("fastapi.responses.JSONResponse({'a': 1}, status_code=207)", "'2020-01-02'"),
    *("fastapi.responses.RedirectResponse('/elsewhere')", "(item for item in [1, 2])"),
    *("fastapi.responses.PlainTextResponse('plain')", "collections.deque([1])", "-0.0", "1e300"),
)
RETURNED = ("fastapi.Response", "fastapi.responses.JSONResponse", "None", "dict", "list[Any]")
ROUTE_OPTIONS = (
    *("status_code=201", "status_code=204", "status_code=202", "status_code=304", "tags=['t1']"),
    *("summary='Sum'", "description='Desc'", "response_description='RD'", "deprecated=True"),
    *("include_in_schema=False", "name='named'", "max_body_size=40"),
    "response_class=fastapi.responses.PlainTextResponse",
    *(
        "response_class=fastapi.responses.HTMLResponse",
        "response_class=fastapi.responses.JSONResponse",
    ),
    *(
        "responses={404: {'description': 'nf', 'model': Cat}}",
        "responses={'4XX': {'model': Point}}",
    ),
    *("openapi_extra={'x-extra': {'a': 1}}", "responses={200: {'headers': {'X': {}}}}"),
    "generate_unique_id_function=lambda route: 'uid_' + route.name",
)
MODEL_OPTIONS = (
    *("response_model_exclude_unset=True", "response_model_exclude_defaults=True"),
    *("response_model_exclude_none=True", "response_model_by_alias=False"),
    *("response_model_include={'x', 'value', 'f0', 'kind'}", "response_model_exclude={'y', 'f1'}"),
)
APP_OPTIONS = (
    *("title='T'", "separate_input_output_schemas=False", "redirect_slashes=False"),
    *("strict_content_type=False", "default_response_class=fastapi.responses.JSONResponse"),
    *("servers=[{'url': '/s'}]", "openapi_tags=[{'name': 't1'}]", "description='D'", "summary='S'"),
    *("responses={500: {'description': 'oops'}}", "root_path_in_servers=False", "debug=False"),
)


#: What may stand around the routes.
SURROUNDINGS = (
    """
@app.exception_handler(fastapi.exceptions.RequestValidationError)
async def on_invalid(request, error):
    errors = list(dict.fromkeys(map(repr, error.errors())))
    content = {"errors": errors, "body": seen("invalid", {"body": error.body})}
    return fastapi.responses.JSONResponse(content, status_code=400)
""",
    """
@app.exception_handler(ValueError)
def on_value_error(request, error):
    return fastapi.responses.PlainTextResponse(str(error), status_code=418)
""",
    """
@app.exception_handler(404)
async def on_absent(request, error):
    return fastapi.responses.JSONResponse({"absent": request.url.path}, status_code=404)
""",
    """
@app.exception_handler(Exception)
async def on_anything(request, error):
    return fastapi.responses.PlainTextResponse(name_of(error), status_code=503)
""",
    """
@app.middleware("http")
async def around(request, call_next):
    seen("before", {"path": request.url.path})
    response = await call_next(request)
    response.headers["x-around"] = str(response.status_code)
    return response
""",
    "app.add_middleware(fastapi.middleware.cors.CORSMiddleware, allow_origins=['*'])",
    """
class Noting(fastapi.routing.APIRoute):
    def get_route_handler(self):
        handler = super().get_route_handler()

        async def noting(request):
            seen("route", {"name": self.name})
            return await handler(request)

        return noting


router.route_class = Noting
""",
)
#: How the router becomes a part of the app.
INCLUSIONS = (
    "app.include_router(router, prefix='/pre')",
    "app.include_router(router, prefix='/pre', tags=['inc'], deprecated=True)",
    "app.include_router(router, prefix='/pre', responses={418: {'description': 'tea'}})",
    """
outer = fastapi.APIRouter(prefix='/pre')
outer.include_router(router)
app.include_router(outer)
""",
    """
sub = fastapi.FastAPI()
sub.include_router(router)
app.mount('/pre', sub)
""",
)


@dataclasses.dataclass(frozen=True)
class RouteFacts:
    """What a client needs to know of a route: methods, path, and what it reads."""

    methods: tuple[str, ...]
    path: str
    parameters: tuple[Parameter, ...]


@dataclasses.dataclass(frozen=True)
class Generated:
    """A program and its routes."""

    source: str
    routes: tuple[RouteFacts, ...]

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """How Hypothesis shows a failing example."""
        printer.text(f"the program\n{self.source.removeprefix(PRELUDE)}\n")


@st.composite
def response_kind(draw: st.DrawFn, models: list[Model]) -> str:
    """What an endpoint says about its result."""
    own = [item.kind.annotation for item in models]
    pool = [item.annotation for item in (*JSON_ONLY, *SCALARS, *UNIONS, *SEQUENCES)]
    return draw(st.sampled_from([*RETURNED, *pool, *own, *[f"list[{name}]" for name in own]]))


@st.composite
def endpoint(
    draw: st.DrawFn,
    number: int,
    known: list[Function],
    security: list[str],
    models: list[Model],
    flat: list[Model],
    bodies: list[str],
) -> tuple[Function, str, list[str]]:
    """An endpoint, its path, and options of its decorator that belong to its result.

    Args:
        bodies: What the body may be, since the dependencies read one already.
    """
    kinds_of_body = [item for item in BODIES if not item or item[0] in bodies]
    locations = PLAIN + draw(st.sampled_from(kinds_of_body)) * 2
    own = draw(parameters(f"a{number}", locations, models, flat))
    path = f"/r{number}"
    for index in range(draw(st.integers(0, 2))):
        item = draw(parameter(f"k{index}", "path", models, flat))
        convertor = draw(st.sampled_from(["", "", "", "", ":int", ":path", ":float", ":uuid"]))
        path += f"/{{k{index}{convertor}}}"
        own.append(item)
    signature = [item.source for item in own]
    everything = list(own)
    for index, other in enumerate(
        draw(st.lists(st.sampled_from(known), max_size=3)) if known else []
    ):
        signature.append(f"d{index}: Annotated[Any, {depends(draw, other)}]")
        everything += other.parameters
    if security and draw(chance(40)):
        signature.append(f"auth: Annotated[Any, fastapi.Security({security[0]})]")
    signature += draw(st.lists(st.sampled_from(INJECTED), max_size=2, unique=True))
    body, returns, options = draw(work(number, signature, models))
    kind = draw(st.sampled_from(["def", "async def"]))
    head = f"{kind} endpoint{number}({'*, ' if signature else ''}{', '.join(signature)}){returns}:"
    doc = ['    """The summary.\n\n    More of it.\n    """'] if draw(chance(10)) else []
    source = "\n".join([head, *doc, *body])
    return Function(f"endpoint{number}", source, tuple(everything)), path, options


@st.composite
def work(
    draw: st.DrawFn, number: int, signature: list[str], models: list[Model]
) -> tuple[list[str], str, list[str]]:
    """The lines of an endpoint, its return annotation, and the options that go with them."""
    lines = [f"    values = seen('endpoint{number}', dict(locals()))"]
    lines += _injected_use(draw, signature)
    if draw(chance(8)):
        return [*lines, f"    {draw(st.sampled_from(OUTCOMES))}"], "", []
    if draw(chance(8)):
        return draw(stream(lines))
    if draw(chance(45)):
        return [*lines, "    return values"], "", []
    annotation = draw(response_kind(models))
    options = draw(st.lists(st.sampled_from(MODEL_OPTIONS), max_size=2, unique=True))
    options = list({option.partition("=")[0]: option for option in options}.values())
    lines.append(f"    return {draw(st.sampled_from(RESULTS))}")
    how = draw(st.integers(0, 3))
    if how == 0:
        return lines, f" -> {annotation}", options
    if how == 1:
        return lines, "", [f"response_model={annotation}", *options]
    if how == 2:
        return lines, f" -> {annotation}", ["response_model=None", *options]
    return lines, "", options


@st.composite
def stream(draw: st.DrawFn, lines: list[str]) -> tuple[list[str], str, list[str]]:
    """An endpoint that yields."""
    items = draw(st.lists(st.sampled_from(RESULTS[:30]), max_size=3))
    lines = [*lines, *[f"    yield {item}" for item in items], "    if False:", "        yield"]
    returns = draw(st.sampled_from(["", " -> typing.Iterable[int]", " -> typing.Iterable[Tree]"]))
    options = draw(st.sampled_from([[], ["response_class=fastapi.sse.EventSourceResponse"]]))
    return lines, returns, options


@st.composite
def decorated(
    draw: st.DrawFn, number: int, known: list[Function], security: list[str],
    models: list[Model], flat: list[Model], bodies: list[str],
) -> tuple[str, RouteFacts]:  # fmt: skip
    """An endpoint with its decorator, on the app or the router."""
    function, path, options = draw(endpoint(number, known, security, models, flat, bodies))
    options += draw(st.lists(st.sampled_from(ROUTE_OPTIONS), max_size=2, unique=True))
    parameters_read = list(function.parameters)
    if known and draw(chance(20)):
        other = draw(st.sampled_from(known))
        options.append(f"dependencies=[{depends(draw, other)}]")
        parameters_read += other.parameters
    options = list({option.partition("=")[0]: option for option in options}.values())
    method = draw(st.sampled_from(["get", "post", "put", "delete", "patch"]))
    target, prefix = draw(st.sampled_from([("app", ""), ("app", ""), ("router", "/pre")]))
    arguments = ", ".join([repr(path), *options])
    source = f"@{target}.{method}({arguments})\n{function.source}"
    return source, RouteFacts((method.upper(),), prefix + path, tuple(parameters_read))


@st.composite
def programs(draw: st.DrawFn) -> Generated:
    """A program with up to three routes."""
    models: list[Model] = []
    flat: list[Model] = []
    for number in range(draw(st.integers(0, 3))):
        is_flat = draw(chance(40))
        (flat if is_flat else models).append(draw(model(number, models, is_flat)))
    security = []
    if draw(chance(30)):
        security = ["scheme"]
    known: list[Function] = []
    body = draw(st.sampled_from([[], [], ["body"], ["form"]]))
    for number in range(draw(st.integers(0, 3))):
        known.append(draw(dependency(number, known, PLAIN + body, models, flat)))
    routes = [
        draw(decorated(number, known, security, models, flat, body or ["body", "form"]))
        for number in range(draw(st.integers(1, 3)))
    ]
    parts = ["from __future__ import annotations"] if draw(chance(8)) else []
    in_order = sorted((*models, *flat), key=lambda item: item.kind.annotation)
    parts += [PRELUDE, *[item.source for item in in_order]]
    if security:
        parts.append(f"scheme = {draw(st.sampled_from(SECURITY)) % draw(st.booleans())}")
    parts += [item.source for item in known]
    parts += _applications(draw, known)
    parts += [source for source, _ in routes]
    parts.append(draw(st.sampled_from(INCLUSIONS)))
    return Generated("\n\n".join(parts), tuple(facts for _, facts in routes))


@st.composite
def readers(draw: st.DrawFn, locations: list[str]) -> Generated:
    """A program with one route that only reads: for many requests, as hostile as can be."""
    models = [draw(model(number, [], False)) for number in range(draw(st.integers(0, 2)))]
    flat = [draw(model(9, [], True))] if draw(chance(30)) else []
    read = [
        draw(parameter(f"a{index}", draw(st.sampled_from(locations)), models, flat))
        for index in range(draw(st.integers(1, 1 if draw(chance(50)) else 5)))
    ]
    signature = ", ".join(["*", *[item.source for item in read]])
    route = f"@app.post('/r')\nasync def endpoint({signature}):\n    return seen('r', locals())"
    sources = [item.source for item in (*models, *flat)]
    source = "\n\n".join([PRELUDE, *sources, "app = fastapi.FastAPI()", route])
    return Generated(source, (RouteFacts(("POST",), "/r", tuple(read)),))


def _applications(draw: st.DrawFn, known: list[Function]) -> list[str]:
    options = draw(st.lists(st.sampled_from(APP_OPTIONS), max_size=2, unique=True))
    router = draw(st.sampled_from(["", "tags=['r']", "route_class=fastapi.routing.APIRoute"]))
    if known and draw(chance(15)):
        options.append(f"dependencies=[{depends(draw, draw(st.sampled_from(known)))}]")
    made = [f"app = fastapi.FastAPI({', '.join(options)})", f"router = fastapi.APIRouter({router})"]
    made += draw(st.lists(st.sampled_from(SURROUNDINGS), max_size=2, unique=True))
    if known and draw(chance(8)):
        other = draw(st.sampled_from(known)).name
        made.append("def other(q: int = 1):\n    return seen('other', locals())")
        made.append(f"app.dependency_overrides[{other}] = other")
    return made
