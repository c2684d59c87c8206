"""The output of `explain_plan` agrees with the behaviour of the compiled handler."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, field_validator

from pronghorn import Depends, FastAPI, Query, UploadFile, WebSocket
from pronghorn.compile.explain import Explanation, explain_plan
from pronghorn.responses import JSONResponse


class Filters(BaseModel):
    tag: str = "all"


class Item(BaseModel):
    name: str

    @field_validator("name")
    @classmethod
    def upper(cls, value: str) -> str:
        return value.upper()


def session() -> Iterator[int]:
    yield 1


def settings() -> int:
    return 2


class Event(BaseModel):
    when: str | date


class Page:
    def __init__(self, skip: int = 0) -> None:
        self.skip = skip


app = FastAPI()


@app.post("/items/{item_id}", response_class=JSONResponse)
def create(
    item_id: int,
    item: Item,
    filters: Annotated[Filters, Query()],
    opened: Annotated[int, Depends(session)],
    known: Annotated[int, Depends(settings)],
    page: Annotated[Page, Depends()],
) -> dict[str, int]:
    return {"id": item_id}


@app.post("/event")
async def event(event: Event) -> None: ...


@app.post("/straight")
async def straight(page: Filters) -> None: ...


@app.post("/parts")
async def parts(page: Filters, event: Event) -> None: ...


@app.post("/upload")
async def upload(file: UploadFile) -> None: ...


@app.get("/plain")
async def plain(q: str = "") -> dict[str, str]:
    return {"q": q}


@app.websocket("/echo")
async def echo(websocket: WebSocket, room: str = "hall") -> None:
    await websocket.accept()


def explained(path: str) -> Explanation:
    route = next(route for route in app.routes if getattr(route, "path", None) == path)
    return explain_plan(route.plan, path)  # type: ignore[attr-defined]  # these routes have one


def test_a_value_of_the_application_is_read_and_its_origin_is_explained() -> None:
    def get_size() -> int:
        return 3

    def open_pool(size: int = Depends(get_size, scope="app")) -> Iterator[int]:
        yield size

    own = FastAPI()

    @own.get("/")
    def read(pool: int = Depends(open_pool, scope="app")) -> int:
        return pool

    route: Any = own.routes[-1]
    found = explain_plan(route.plan, "GET /")
    assert "d0 = app_open_pool.value" in found.source
    assert "get_size" not in found.source
    assert found.hops == [["read"]]
    text = "\n".join(found.plan)
    assert "value of the application, made once, when the application starts" in text
    assert "closed when it stops" in text
    assert "size = " in text


def test_hops_are_named_and_neighbours_share_one() -> None:
    assert explained("/items/{item_id}").hops == [
        ["session (start)"],
        ["session (end)"],
        ["settings", "Page"],
        ["create"],
    ]
    assert explained("/plain").hops == []


def test_the_plan_names_every_call_and_where_its_values_come_from() -> None:
    text = "\n".join(explained("/items/{item_id}").plan)
    assert "item_id: int from the path, required" in text
    assert "opened = session (" in text
    assert "closed with the request" in text
    assert "skip: int from the query, default 0" in text
    assert "body: json (application/json), one value" in text


def test_reasons_for_leaving_a_fast_way() -> None:
    notes = "\n".join(explained("/items/{item_id}").notes)
    assert "item: validated by code of the program" in notes
    assert f"by the exact way: Item.upper ({__file__}:" in notes
    assert "filters: read together by the exact way (parameter model)" in notes
    assert "explicit response_class JSONResponse" in notes
    assert "explicit response_class" not in "\n".join(explained("/plain").notes)


def test_a_file_is_no_code_of_the_program() -> None:
    (note,) = (note for note in explained("/upload").notes if note.startswith("file: "))
    assert note.startswith("file: read after the dependencies that come first")
    assert "code of" not in note


def test_the_source_is_that_of_the_handler_in_use() -> None:
    source = explained("/plain").source
    assert source.startswith("async def handle(exchange, path):")
    assert "await plain_(q=" in source
    assert "session" not in source


def test_websocket_routes_are_explained_too() -> None:
    found = explained("/echo")
    assert "await echo_(" in found.source
    assert any("room: str from the query" in line for line in found.plan)


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/event", "field `when` of Event: union of str and date"),
        ("/parts", "an object whose members are read one by one"),
        ("/items/{item_id}", "field `name` of Item: code that looks at the value: Item.upper "),
    ],
)
def test_a_body_in_python_mode_is_a_detour_with_its_reason(path: str, reason: str) -> None:
    detours = [note for note in explained(path).detours if note.startswith(f"body: {reason}")]
    assert [note.endswith(": JSON parsed in Python mode") for note in detours] == [True]


def test_a_body_that_is_validated_straight_from_its_json_is_no_detour() -> None:
    assert explained("/straight").detours == []
    assert (
        "body: validated straight from its JSON by Pydantic's core" in explained("/straight").notes
    )
