"""Large bodies get the values and statuses of small ones, and at most some of their errors."""

import json
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, Field, field_validator

from pronghorn import Body, FastAPI
from pronghorn.fields.many_values import MOST_MEMBERS
from pronghorn.run.input.json import MANY_FROM, has_many
from pronghorn.testclient import TestClient


class Line(BaseModel):
    name: str
    price: float = 0


class Box(BaseModel):
    lines: Annotated[list[Line], Field(min_length=2)] = []
    counts: dict[str, int] = {}
    child: "Box | None" = None


class Checked(BaseModel):
    seen: list[int]

    @field_validator("seen")
    @classmethod
    def count(cls, seen: list[int]) -> list[int]:
        CALLS.append(len(seen))
        return seen


CALLS: list[int] = []
LINE = {"name": "a long enough name"}
MANY = 6000


pytestmark = pytest.mark.usefixtures("served")


def client(mode: str) -> TestClient:
    app = FastAPI()

    @app.post("/box")
    async def take_box(box: Box) -> Box:
        return box

    @app.post("/lines")
    async def take_lines(lines: list[Line]) -> int:
        return len(lines)

    @app.post("/two")
    async def take_two(box: Box, counts: Annotated[dict[str, int], Body()]) -> int:
        return len(box.lines) + len(counts)

    @app.post("/checked")
    async def take_checked(checked: Checked) -> int:
        return len(checked.seen)

    return TestClient(app)


def post(mode: str, path: str, value: Any) -> Any:
    assert len(json.dumps(value)) > MANY_FROM
    answer = client(mode).post(path, json=value)
    return answer.status_code, answer.json()


def test_a_large_valid_body_has_its_value(mode: str) -> None:
    box = {"lines": [LINE] * MANY, "counts": {str(at): at for at in range(MANY)}}
    status, value = post(mode, "/box", box)
    assert (status, len(value["lines"]), value["counts"]["5999"]) == (200, MANY, 5999)
    assert value["lines"][-1] == {**LINE, "price": 0.0}
    assert post(mode, "/lines", [LINE] * MANY) == (200, MANY)
    assert post(mode, "/two", {"box": box, "counts": {"a": 1}}) == (200, MANY + 1)


@pytest.mark.parametrize("path", ["/lines", "/box", "/two"])
def test_only_the_first_errors_of_very_many_are_listed(path: str, mode: str) -> None:
    wrong: Any = [{"name": 1}] * MANY
    sent = {
        "/lines": wrong,
        "/box": {"lines": wrong},
        "/two": {"box": {"lines": wrong}, "counts": {}},
    }[path]
    before = {"/lines": (), "/box": ("lines",), "/two": ("box", "lines")}[path]
    status, answer = post(mode, path, sent)
    assert status == 422
    assert [each["loc"] for each in answer["detail"]] == [
        ["body", *before, at, "name"] for at in range(MOST_MEMBERS)
    ]


def test_an_error_far_behind_is_found(mode: str) -> None:
    status, answer = post(mode, "/lines", [LINE] * MANY + [{}, {}])
    assert status == 422
    assert answer["detail"] == [
        {"type": "missing", "loc": ["body", MANY, "name"], "msg": "Field required", "input": {}}
    ]


def test_what_was_left_out_is_not_called_missing(mode: str) -> None:
    """The keys of the model come behind a thousand others."""
    others = {f"other {at}": "x" * 20 for at in range(MANY)}
    status, value = post(mode, "/box", {**others, "counts": {"a": 1}})
    assert (status, value["counts"]) == (200, {"a": 1})
    status, answer = post(mode, "/lines", [LINE, {**others, "name": 5}])
    assert (status, answer["detail"][0]["loc"]) == (422, ["body", 1, "name"])


def test_a_large_object_may_have_few_errors(mode: str) -> None:
    status, answer = post(
        mode, "/box", {"lines": [LINE], "counts": {str(at): at for at in range(MANY * 2)}}
    )
    assert status == 422
    assert [each["type"] for each in answer["detail"]] == ["too_short"]


def test_code_of_the_program_runs_as_often_as_ever(mode: str) -> None:
    CALLS.clear()
    assert post(mode, "/checked", {"seen": [1000] * 20_000}) == (200, 20_000)
    assert CALLS == [20_000]


def test_very_many_members_are_counted_on_all_levels() -> None:
    assert not has_many([[[1]] * 1000] * 2)
    assert has_many([[[1]] * 1000] * 4)
    assert has_many({str(at): at for at in range(5000)})
    assert not has_many("x" * 10_000)
