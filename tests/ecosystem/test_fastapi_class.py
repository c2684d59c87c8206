"""fastapi-class: a view for each path, whose methods are called like those of HTTP."""

from __future__ import annotations

from typing import ClassVar

import pytest
from fastapi import APIRouter, FastAPI, HTTPException
from fastapi.responses import PlainTextResponse
from fastapi.testclient import TestClient
from fastapi_class import View, endpoint
from pydantic import BaseModel


class Length(BaseModel):
    number: int
    unit: str = "cm"


router = APIRouter(prefix="/lengths", tags=["lengths"])


@View(router, path="")
class LengthsView:
    EXCEPTIONS: ClassVar = {"common": [HTTPException(409, "taken")]}
    response_model: ClassVar = {"post": Length}
    response_class: ClassVar = {"get": PlainTextResponse}

    async def get(self, factor: int = 1) -> str:
        return f"{2 * factor} cm"

    async def post(self, length: Length) -> dict[str, object]:
        if length.number == 0:
            raise HTTPException(409, "taken")
        return {**length.model_dump(), "secret": True}

    @endpoint(("PUT", "PATCH"), path="/change/{number}", status_code=202, name="Change one")
    async def change(self, number: int) -> int:
        return number


@pytest.fixture(params=["", "/v1", "/v1/nested"])
def prefix(request) -> str:
    return request.param


@pytest.fixture
def app(prefix: str) -> FastAPI:
    app = FastAPI()
    outer, _, inner = prefix.partition("/nested")
    middle = APIRouter()
    middle.include_router(router, prefix="/nested" if prefix.endswith("/nested") else inner)
    app.include_router(middle, prefix=outer)

    @View(app, path="/own")
    class OwnView:
        async def delete(self) -> str:
            return "deleted"

    return app


def test_methods_answer_under_all_prefixes(app: FastAPI, prefix: str) -> None:
    client = TestClient(app)
    found = client.get(f"{prefix}/lengths", params={"factor": 2})
    assert (found.text, found.headers["content-type"]) == ("4 cm", "text/plain; charset=utf-8")
    created = client.post(f"{prefix}/lengths", json={"number": 3})
    assert created.json() == {"number": 3, "unit": "cm"}
    assert client.post(f"{prefix}/lengths", json={"number": 0}).status_code == 409
    for method in ("PUT", "PATCH"):
        changed = client.request(method, f"{prefix}/lengths/change/5")
        assert (changed.status_code, changed.json()) == (202, 5)
    assert client.get(f"{prefix}/lengths/change/5").status_code == 405
    assert client.delete("/own").json() == "deleted"


def test_the_document(app: FastAPI, prefix: str) -> None:
    paths = app.openapi()["paths"]
    assert set(paths) == {f"{prefix}/lengths", f"{prefix}/lengths/change/{{number}}", "/own"}
    posted = paths[f"{prefix}/lengths"]["post"]
    assert set(posted["responses"]) == {"200", "409", "422"}
    assert posted["tags"] == ["lengths"]
    assert paths[f"{prefix}/lengths/change/{{number}}"]["put"]["summary"] == "Change One"
