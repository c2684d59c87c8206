"""The scenarios, in the order of the table. Only workers import it: it imports `fastapi`."""

from __future__ import annotations

from benchmarks.apps import dependencies, layers, plain, routing
from benchmarks.scenario import Scenario

JSON = (b"content-type", b"application/json")
URL_ENCODED = (b"content-type", b"application/x-www-form-urlencoded")
ITEM = b'{"name":"A lamp","price":12.5,"quantity":3,"tags":["light","home"],"description":null}'

SCENARIOS = [
    Scenario("constant dict", plain.constant, "/"),
    Scenario(
        "path and query to a model",
        plain.path_and_query,
        "/items/42",
        query=b"q=hello&limit=10",
    ),
    Scenario(
        "body model",
        plain.body_model,
        "/items",
        method="POST",
        headers=(JSON,),
        body=ITEM,
        status=201,
    ),
    Scenario("50 nested models out", plain.many_models, "/orders"),
    Scenario(
        "dependency graph (5 shared nodes)",
        dependencies.graph,
        "/orders",
        query=b"skip=20&limit=10",
        headers=((b"x-user", b"ada"),),
    ),
    Scenario("`yield` dependency", dependencies.yield_dependency, "/items/42"),
    Scenario("`def` endpoint", plain.thread_endpoint, "/items/42", query=b"q=hello"),
    Scenario(
        "`def` with a class dependency",
        dependencies.thread_class,
        "/items",
        query=b"skip=20&limit=10",
    ),
    Scenario(
        "header + cookie + list query",
        plain.header_cookie_list,
        "/items",
        query=b"tag=1&tag=2&tag=3",
        headers=((b"x-trace", b"4bf92f3577b34da6"), (b"cookie", b"theme=dark; session=abc123")),
    ),
    Scenario(
        "form",
        plain.form,
        "/login",
        method="POST",
        headers=(URL_ENCODED,),
        body=b"username=ada&password=correct+horse&remember=true",
    ),
    Scenario(
        "bearer + background + response headers",
        dependencies.bearer,
        "/me",
        headers=((b"authorization", b"Bearer abc.def.ghi"),),
    ),
    Scenario("HTTPException", plain.http_exception, "/items/42", status=404),
    Scenario("422", plain.path_and_query, "/items/abc", query=b"limit=0", status=422),
    Scenario(
        "last of 300 routers",
        routing.many_routers,
        f"/resource{routing.ROUTERS - 1}/42",
        is_routing=True,
    ),
    Scenario(
        "404 past 300 routers",
        routing.many_routers,
        "/nowhere/42",
        status=404,
        is_routing=True,
    ),
    Scenario(
        "CORS",
        routing.cors,
        "/items/42",
        headers=((b"origin", b"https://shop.example"),),
    ),
    Scenario(
        'CORS with @app.middleware("http")',
        routing.cors_and_middleware,
        "/items/42",
        headers=((b"origin", b"https://shop.example"),),
    ),
    Scenario("middleware: CORS, no origin", layers.cors, "/items/42"),
    Scenario("middleware: GZip, a short response", layers.gzip, "/items/42"),
    Scenario("middleware: trusted hosts", layers.accept_hosts, "/items/42"),
    Scenario("middleware: sessions, no cookie", layers.sessions, "/items/42"),
    Scenario("middleware: CORS, GZip", layers.cors_and_gzip, "/items/42"),
    Scenario('middleware: CORS, GZip, @app.middleware("http")', layers.with_function, "/items/42"),
]
