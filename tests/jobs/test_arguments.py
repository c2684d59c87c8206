"""Arguments are JSON with the types of the function at both ends, and never a pickle."""

import asyncio
import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from pydantic import AfterValidator, BaseModel, Field, SecretStr, computed_field
from sqlalchemy.ext.asyncio import AsyncSession
from typing_extensions import TypedDict

from pronghorn import BackgroundTasks, Depends, Request, Response, UploadFile, WebSocket
from pronghorn.exceptions import SetupError
from pronghorn.jobs import Attempt, Job, Jobs
from pronghorn.jobs.arguments import MOST, read_arguments, write_arguments
from pronghorn.jobs.errors import BadJobError
from pronghorn.sql import Database


class Colour(StrEnum):
    RED = "red"


class Address(BaseModel):
    street_name: str = Field(alias="streetName")
    since: date

    @computed_field
    def upper(self) -> str:
        return self.street_name.upper()


@dataclass
class Point:
    x: int
    y: float = 0.5


class Row(TypedDict):
    id: int


class Special(Address):
    more: int = 1


@pytest.fixture
def jobs() -> Jobs:
    return Jobs(Database("sqlite://"))


def back_and_forth(jobs: Jobs, function: Callable[..., Any], *args: Any, **keywords: Any) -> Any:
    task = jobs._tasks.add(function)
    return read_arguments(task, write_arguments(task, args, keywords))


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (int, 7),
        (str, "näh\x00 \ud7ff 𝄞"),
        (float, 0.1),
        (bool, True),
        (bytes, b"abc"),
        (date, date(2027, 1, 2)),
        (datetime, datetime.fromisoformat("2027-01-02T03:04:05.678901+02:00")),
        (timedelta, timedelta(days=1, microseconds=1)),
        (Decimal, Decimal("0.10")),
        (UUID, UUID("12345678-1234-5678-1234-567812345678")),
        (Path, Path("/tmp")),
        (Colour, Colour.RED),
        (Literal["a"], "a"),
        (tuple[int, str], (1, "a")),
        (set[int], {1, 2}),
        (dict[int, date], {1: date(2027, 1, 2)}),
        (int | None, None),
        (list[Point], [Point(1), Point(2, 3.5)]),
        (Address, Address(streetName="Main", since=date(2027, 1, 2))),
        (Row, {"id": 1}),
        (Annotated[int, AfterValidator(abs)], 3),
        (Any, {"a": [1, 2.5, None, True, "x"]}),
    ],
)
def test_a_value_comes_back_as_it_was(jobs: Jobs, kind: Any, value: Any) -> None:
    def work(given) -> None: ...  # type: ignore[no-untyped-def]  # the annotation is set below

    work.__annotations__["given"] = kind
    found = back_and_forth(jobs, work, value)["given"]
    assert found == value
    assert type(found) is type(value)


def test_all_kinds_of_parameters(jobs: Jobs) -> None:
    def work(
        first: int, /, second: int = 2, *rest: int, third: int, fourth: int = 4, **more: date
    ) -> None: ...

    day = date(2027, 1, 2)
    assert back_and_forth(jobs, work, 1, third=3) == {"first": 1, "third": 3}
    found = back_and_forth(jobs, work, 1, 2, 5, 6, third=3, other=day)
    assert found == {"first": 1, "second": 2, "rest": (5, 6), "third": 3, "more": {"other": day}}


def test_values_from_the_worker_are_not_stored(jobs: Jobs) -> None:
    def get() -> int:
        return 1

    def work(
        number: int,
        job: Job,
        attempt: Attempt,
        *,
        a: Annotated[int, Depends(get)],
        b=Depends(get),  # type: ignore[no-untyped-def]
    ) -> None: ...

    assert back_and_forth(jobs, work, 1) == {"number": 1}
    with pytest.raises(SetupError, match="got an unexpected keyword argument 'a'"):
        jobs.call(work, 1, a=2)


def open_file() -> Any:
    return io.StringIO("text")


@pytest.mark.parametrize(
    ("kind", "value", "why"),
    [
        (int, "x", "Input should be a valid integer"),
        (SecretStr, SecretStr("secret"), "it would arrive as SecretStr('**********')"),
        (Address, Special(streetName="Main", since=date(2027, 1, 2)), "it would arrive as Address"),
        (float, float("nan"), "Input should be a valid number"),
        (Callable[[], int], lambda: 1, "Unable to serialize unknown type"),
        (Any, lambda: 1, "Unable to serialize unknown type"),
        (Any, (1, 2), "it would arrive as [1, 2]"),
        (Any, {1: 2}, "it would arrive as {'1': 2}"),
        (Any, date(2027, 1, 2), "it would arrive as '2027-01-02'"),
        (Any, open_file(), "it would arrive as ['text']"),
        (str, "\ud800", "surrogates not allowed"),
    ],
)
def test_a_value_that_would_not_arrive_names_its_parameter(
    jobs: Jobs, kind: Any, value: Any, why: str
) -> None:
    def work(given) -> None: ...  # type: ignore[no-untyped-def]  # the annotation is set below

    work.__annotations__["given"] = kind
    jobs.task(work)
    with pytest.raises(SetupError) as caught:
        jobs.call(work, value)
    assert caught.value.got.startswith("The parameter 'given' of work cannot be stored as ")
    assert why in caught.value.got


@pytest.mark.parametrize(
    "kind", [Request, WebSocket, Response, UploadFile, BackgroundTasks, AsyncSession, io.StringIO]
)
def test_a_type_that_cannot_be_stored_is_found_at_startup(jobs: Jobs, kind: Any) -> None:
    def work(given) -> None: ...  # type: ignore[no-untyped-def]  # the annotation is set below

    work.__annotations__["given"] = kind
    jobs.task(work)

    async def start() -> None:
        async with jobs.lifespan():
            pass

    with pytest.raises(SetupError, match="of work cannot be stored") as caught:
        asyncio.run(start())
    assert "given: " in caught.value.got


def test_a_call_that_does_not_fit_names_the_function(jobs: Jobs) -> None:
    def work(number: int) -> None: ...

    jobs.task(work)
    with pytest.raises(SetupError) as caught:
        jobs.call(work)
    assert caught.value.got == (
        "work(number: int) cannot be called so: missing a required argument: 'number'"
    )


def test_arguments_have_a_limit(jobs: Jobs) -> None:
    def work(text: str) -> None: ...

    jobs.task(work)
    with pytest.raises(SetupError, match="have 1,000,011 characters as JSON"):
        jobs.call(work, "x" * MOST)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "its arguments are no JSON"),
        ("gASVBwAAAAAAAACMA2Zvb5Qu", "its arguments are no JSON"),
        ("[]", "its arguments are no JSON object"),
        ("[" * 100_000, "its arguments are no JSON"),
        (None, "its arguments are no JSON of at most 1,000,000 characters"),
        ('{"number": "%s"}' % ("x" * MOST), "its arguments are no JSON of at most"),
        ('{"number": "x"}', "the parameter 'number' of work cannot be 'x'"),
        ('{"number": {"py/object": "os.system"}}', "the parameter 'number' of work cannot be"),
        ("{}", "the parameter 'number' of work has no value"),
        ('{"number": 1, "more": 2}', "work has no parameter 'more'"),
    ],
)
def test_a_row_with_wrong_arguments_says_why(jobs: Jobs, text: Any, why: str) -> None:
    def work(number: int) -> None: ...

    task = jobs._tasks.add(work, name="work")
    with pytest.raises(BadJobError) as caught:
        read_arguments(task, text)
    assert why in str(caught.value)
