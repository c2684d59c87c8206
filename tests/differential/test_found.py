"""Differences that generated programs have found, each with the same result on both engines now."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.differential.compare import differences, document_differences
from tests.differential.engines import CANDIDATES, REFERENCE, Engine, Program
from tests.differential.exchanges import Client, Request

FORM = ((b"content-type", b"application/x-www-form-urlencoded"),)
JSON = ((b"content-type", b"application/json"),)
CAT = """
class Cat(pydantic.BaseModel):
    name: str = "x"
    age: int | None = None

app = fastapi.FastAPI()
"""

#: What it is about: the program, and requests to it.
FOUND: dict[str, tuple[str, list[Request]]] = {
    "without a model there is nothing to exclude from": (
        CAT
        + """
@app.get("/a", response_model_exclude_unset=True)
def a(): return Cat()

@app.get("/b", response_model=None, response_model_exclude_none=True)
def b() -> Cat: return Cat()

@app.get("/c", response_model_include={"age"}, response_class=fastapi.responses.JSONResponse)
def c(): return Cat()
""",
        [Request("GET", path) for path in (b"/a", b"/b", b"/c")],
    ),
    "a generator with a class that is no stream": (
        CAT
        + """
@app.get("/a", response_class=fastapi.responses.JSONResponse)
def a() -> typing.Iterable[int]:
    yield 1

@app.get("/b", response_class=fastapi.responses.JSONResponse)
async def b() -> typing.AsyncIterable[int]:
    yield 1

@app.get("/c", response_class=fastapi.responses.JSONResponse)
def c() -> list[int]:
    yield 1

class Joined(fastapi.Response):
    def render(self, content):
        return b"".join(content)

@app.get("/d", response_class=Joined)
def d():
    yield b"a"
    yield b"b"
""",
        [Request("GET", path) for path in (b"/a", b"/b", b"/c", b"/d")],
    ),
    "a model given by hand says nothing about the items of a stream": (
        CAT
        + """
@app.get("/a", response_model=list[int])
def a() -> typing.Iterable[int]:
    yield 1
    yield "b"

@app.get("/b", response_model=None)
def b() -> typing.Iterable[int]:
    yield "b"
""",
        [Request("GET", path) for path in (b"/a", b"/b")],
    ),
    "a dependency with a lifetime that does not yield": (
        CAT
        + """
def dependency(): return 1

@app.get("/a")
async def a(d: Annotated[int, fastapi.Depends(dependency, scope="function")]): return d
""",
        [Request("GET", b"/a")],
    ),
    "a form model that is used twice is documented twice": (
        CAT
        + """
def first(cat: Annotated[Cat | None, fastapi.Form()] = None, other: int = fastapi.Form(1)): ...
def second(cat: Annotated[Cat | None, fastapi.Form()] = None): ...

@app.post("/a", dependencies=[fastapi.Depends(first), fastapi.Depends(first)])
def a(d: Annotated[Any, fastapi.Depends(second)]): ...
""",
        [Request("POST", b"/a", b"", FORM, (b"name=a",))],
    ),
    "a listed dependency is called once, whatever use_cache says": (
        CAT
        + """
def dependency(): seen("dependency", {})

@app.get("/a", dependencies=[fastapi.Depends(dependency, use_cache=False)] * 2)
def a(): ...

@app.get("/b", dependencies=[fastapi.Depends(dependency)])
def b(d: Annotated[Any, fastapi.Depends(dependency, use_cache=False)]): ...
""",
        [Request("GET", b"/a"), Request("GET", b"/b")],
    ),
    "a response class that fails is seen by dependencies of the function": (
        CAT
        + """
def dependency():
    try:
        yield
    except Exception as error:
        seen("dependency", {"error": name_of(error)})
        raise fastapi.HTTPException(409) from error

@app.get("/a", response_class=fastapi.responses.PlainTextResponse)
def a(d: Annotated[Any, fastapi.Depends(dependency, scope="function")]): return 1
""",
        [Request("GET", b"/a")],
    ),
    "an error in a mounted application says its path once": (
        CAT
        + """
sub = fastapi.FastAPI()

@sub.get("/a")
def a() -> int: return "b"

app.mount("/sub", sub)
""",
        [Request("GET", b"/sub/a")],
    ),
    "an empty text where a list in JSON is expected": (
        CAT
        + """
@app.get("/a")
def a(x: Annotated[pydantic.Json[list[int]], fastapi.Query()] = None):
    return seen("a", locals())

@app.get("/b")
def b(x: Annotated[pydantic.Json[list[int]], fastapi.Cookie()]):
    return seen("b", locals())

@app.get("/c")
def c(x: pydantic.Json[list[int]] = fastapi.Header(None)):
    return seen("c", locals())
""",
        [
            Request("GET", path, b"x=", ((b"x", b""), (b"cookie", b"x=")))
            for path in (b"/a", b"/b", b"/c")
        ],
    ),
    "the same in a parameter model": (
        CAT
        + """
class Lists(pydantic.BaseModel):
    x: pydantic.Json[list[int]]
    y: pydantic.Json[list[int]] = [5]
    z: pydantic.Json[int] = 5

@app.get("/a")
def a(lists: Annotated[Lists, fastapi.Query()]):
    return seen("a", locals())

@app.get("/b")
def b(lists: Annotated[Lists, fastapi.Cookie()]):
    return seen("b", locals())
""",
        [
            Request("GET", path, query, ((b"cookie", query.replace(b"&", b"; ")),))
            for path in (b"/a", b"/b")
            for query in (b"x=", b"x=[1]&y=", b"x=[1]&x=", b"x=[1]&z=", b"x=&x=[2]")
        ],
    ),
    "a whole body of several names has the title of its parameter": (
        CAT
        + """
@app.post("/a")
def a(a_b: list[int] = fastapi.Body(validation_alias=pydantic.AliasChoices("c", "d"))):
    return a_b
""",
        [Request("POST", b"/a", b"", JSON, (b"[1]",))],
    ),
}


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    client = Client()
    yield client
    client.close()


@pytest.mark.parametrize("engine", CANDIDATES, ids=lambda engine: engine.name)
@pytest.mark.parametrize("case", FOUND)
def test_found(client: Client, case: str, engine: Engine) -> None:
    source, requests = FOUND[case]
    reference, candidate = Program(source, REFERENCE), Program(source, engine)
    assert document_differences(reference, candidate) == []
    for request in requests:
        answer = client.ask(reference, request)
        assert differences(request, answer, client.ask(candidate, request)) == []
