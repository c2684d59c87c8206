"""The body of an urlencoded form can be read after the form; on FastAPI it is consumed."""

from typing import Annotated, Any

import fastapi
import fastapi.testclient
import pytest

import pronghorn
from pronghorn.testclient import TestClient


def build(module: Any) -> Any:
    app = module.FastAPI()

    async def body_of(request: module.Request) -> str:
        try:
            return str((await request.body()).decode())
        except RuntimeError as error:
            return str(error)

    async def parts_of(request: module.Request) -> str:
        try:
            return "".join([part.decode() async for part in request.stream()])
        except RuntimeError as error:
            return str(error)

    async def with_body(a: Annotated[str, module.Form()], body: str = module.Depends(body_of)):  # type: ignore[no-untyped-def]
        return body

    async def with_parts(a: Annotated[str, module.Form()], body: str = module.Depends(parts_of)):  # type: ignore[no-untyped-def]
        return body

    app.post("/body")(with_body)
    app.post("/stream")(with_parts)
    return app


@pytest.mark.parametrize("path", ["/body", "/stream"])
def test_the_body_of_a_form_is_still_there(mode: str, path: str) -> None:
    assert TestClient(build(pronghorn)).post(path, data={"a": "1"}).json() == "a=1"
    client = fastapi.testclient.TestClient(build(fastapi))
    assert client.post(path, data={"a": "1"}).json() == "Stream consumed"


def test_the_same_behind_middleware_that_has_a_request(mode: str) -> None:
    app = build(pronghorn)

    @app.middleware("http")  # type: ignore[untyped-decorator]  # `build` knows two engines
    async def look(request: pronghorn.Request, call_next: Any) -> Any:
        assert request.headers["content-length"] == "3"
        return await call_next(request)

    assert TestClient(app).post("/body", data={"a": "1"}).json() == "a=1"


def test_a_large_form_is_consumed_as_it_is_parsed(mode: str) -> None:
    for module, client in ((pronghorn, TestClient), (fastapi, fastapi.testclient.TestClient)):
        answer = client(build(module)).post("/body", data={"a": "x" * 70_000})
        assert answer.json() == "Stream consumed"


def test_a_multipart_form_is_consumed_as_it_is_parsed() -> None:
    for module, client in ((pronghorn, TestClient), (fastapi, fastapi.testclient.TestClient)):
        answer = client(build(module)).post("/body", files={"a": ("", b"1")})
        assert answer.json() == "Stream consumed"
