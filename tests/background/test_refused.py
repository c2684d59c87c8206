"""An error at the line of `add_task` names what cannot be kept, and says what to write."""

import asyncio
import functools
import io
import shutil
import traceback
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import anyio
import pytest
from pydantic import BaseModel

from pronghorn import BackgroundTasks, Depends, FastAPI, Request, UploadFile
from pronghorn.exceptions import SetupError
from pronghorn.testclient import TestClient
from tests.background.shop import DONE, Order, Shop, note


class Receipt(BaseModel):
    """An argument with fields."""

    number: int
    day: date


class Mailer:
    """Something that sends."""

    def send(self, text: str) -> None:
        """Send a text."""

    @staticmethod
    def post(text: str) -> None:
        """Post a text."""
        DONE.append([text])


def take(value: Any) -> None:
    """Take anything."""


def take_untyped(value, *more, **named):  # type: ignore[no-untyped-def]  # as in many programs
    """Take anything, and say nothing about it."""
    DONE.append([value, more, named])


def take_number(number: int, *, factor: float = 1.0) -> None:
    """Take numbers."""


def take_request(request: Request) -> None:
    """Take what belongs to a request."""


def take_upload(file: UploadFile, title: str) -> None:
    """Take what belongs to a request."""


def take_typed(
    receipt: Receipt, at: datetime, price: Decimal, id: UUID, days: set[date], raw: bytes
) -> None:
    """Take what JSON does not have."""
    DONE.append([receipt.number, receipt.day, at, price, id, days, raw])


def get_value() -> str:
    """Return what the worker has."""
    return "value of the worker"


async def take_dependency(number: int, value: Annotated[str, Depends(get_value)]) -> None:
    """Take what the worker has."""
    DONE.append([number, value])


def refuse(shop: Shop, add: Callable[[BackgroundTasks, Request, UploadFile, Any], None]) -> str:
    """Return the error that a request ends with."""
    app = shop.make_app()

    @app.post("/")
    async def create(
        request: Request, file: UploadFile, tasks: BackgroundTasks, session: shop.db.Session
    ) -> None:
        session.add(Order(item="lamp"))
        add(tasks, request, file, session)  # the line

    with TestClient(app) as client, pytest.raises(SetupError) as caught:
        client.post("/", files={"file": b"text"})
    places = traceback.extract_tb(caught.value.__traceback__)
    assert any("# the line" in (place.line or "") for place in places)
    assert "tasks.add_local(" in str(caught.value)
    assert shop.read() == ([], [])
    return str(caught.value)


def open_file() -> io.IOBase:
    return io.BytesIO(b"text")


OF_FUNCTIONS: dict[str, tuple[Callable[..., Any], str]] = {
    "lambda": (lambda: None, "<lambda>"),
    "method": (Mailer().send, "Mailer.send"),
    "bound method of Python": ([].append, "append"),
    "partial": (functools.partial(note, "a"), "partial"),
    "object": (Mailer, "Mailer"),
    "function of Python": (shutil.rmtree, "rmtree"),
    "function of a library": (anyio.sleep, "sleep"),
}


@pytest.mark.parametrize("name", OF_FUNCTIONS)
def test_functions_that_no_other_process_finds(small_shop: Shop, name: str) -> None:
    function, named = OF_FUNCTIONS[name]
    text = refuse(small_shop, lambda tasks, *_: tasks.add_task(function))
    assert named in text


def test_a_function_inside_of_another_one(small_shop: Shop) -> None:
    def send() -> None: ...

    text = refuse(small_shop, lambda tasks, *_: tasks.add_task(send))
    assert "send" in text
    assert "a function of a module" in text


OF_ARGUMENTS: dict[str, Callable[[Any, Any, Any, Any], Any]] = {
    "request": lambda tasks, request, file, session: tasks.add_task(take, request),
    "request by name": lambda tasks, request, file, session: tasks.add_task(take, value=request),
    "upload": lambda tasks, request, file, session: tasks.add_task(take_untyped, file),
    "file": lambda tasks, *_: tasks.add_task(take_untyped, open_file()),
    "session": lambda tasks, request, file, session: tasks.add_task(take, session),
    "row": lambda tasks, *_: tasks.add_task(take, Order(item="lamp")),
    "function": lambda tasks, *_: tasks.add_task(take, lambda: None),
    "model without its type": lambda tasks, *_: tasks.add_task(
        take_untyped, Receipt(number=1, day=date(2026, 1, 1))
    ),
    "bytes without their type": lambda tasks, *_: tasks.add_task(take, b"raw"),
    "path without its type": lambda tasks, *_: tasks.add_task(take, Path("a")),
    "tasks": lambda tasks, *_: tasks.add_task(take, tasks),
}


@pytest.mark.parametrize("name", OF_ARGUMENTS)
def test_arguments_that_no_other_process_can_have(small_shop: Shop, name: str) -> None:
    text = refuse(small_shop, OF_ARGUMENTS[name])
    assert "The parameter 'value' of take" in text


def test_the_parameter_is_named(small_shop: Shop) -> None:
    def add(tasks: BackgroundTasks, request: Request, *_: Any) -> None:
        tasks.add_task(take_number, "three")  # type: ignore[arg-type]  # the mistake

    assert "The parameter 'number' of take_number" in refuse(small_shop, add)

    def add_named(tasks: BackgroundTasks, request: Request, *_: Any) -> None:
        tasks.add_task(take_number, 3, factor=request)  # type: ignore[arg-type]  # the mistake

    assert "The parameter 'factor' of take_number" in refuse(small_shop, add_named)

    def add_more(tasks: BackgroundTasks, request: Request, *_: Any) -> None:
        tasks.add_task(take_untyped, 1, 2, request)

    assert "The parameter 'more' of take_untyped" in refuse(small_shop, add_more)

    def add_too_many(tasks: BackgroundTasks, *_: Any) -> None:
        tasks.add_task(take_number, 1, 2)  # type: ignore[call-arg]  # the mistake

    assert "take_number(number: int, *, factor: float = 1.0) cannot be called so" in refuse(
        small_shop, add_too_many
    )


@pytest.mark.parametrize("function", [take_request, take_upload])
def test_a_function_for_objects_of_a_request(small_shop: Shop, function: Any) -> None:
    text = refuse(small_shop, lambda tasks, request, file, session: tasks.add_task(function, file))
    assert f"of {function.__name__} cannot be stored" in text
    assert "it belongs to a request" in text


def test_what_can_be_kept(small_shop: Shop) -> None:
    app = small_shop.make_app()
    local: list[str] = []
    receipt = Receipt(number=1, day=date(2026, 1, 1))
    at = datetime(2026, 1, 1, 12, tzinfo=UTC)

    @app.post("/")
    async def create(request: Request, tasks: BackgroundTasks) -> None:
        tasks.add_task(take_typed, receipt, at, Decimal("1.10"), UUID(int=1), {date.min}, raw=b"a")
        tasks.add_task(take_untyped, {"a": [1, None]}, "b", named=1.5)
        tasks.add_task(take_dependency, number=3)
        tasks.add_task(Mailer.post, "text")
        tasks.add_local(lambda given: local.append(given.url.path), request)

    async def run_all() -> list[str]:
        async with small_shop.db.lifespan(), small_shop.jobs.worker(app):
            while True:
                found = await small_shop.jobs.list()
                if all(job.ended_at is not None for job in found):
                    return [job.state for job in found]
                await asyncio.sleep(0.01)

    with TestClient(app) as client:
        assert client.post("/").status_code == 200
    assert local == ["/"]
    assert asyncio.run(run_all()) == ["done"] * 4
    assert sorted(DONE, key=repr) == [
        ["text"],
        [1, date(2026, 1, 1), at, Decimal("1.10"), UUID(int=1), {date.min}, b"a"],
        [3, "value of the worker"],
        [{"a": [1, None]}, ("b",), {"named": 1.5}],
    ]


def test_an_option_that_cannot_work(small_shop: Shop) -> None:
    with pytest.raises(SetupError, match="needs jobs"):
        FastAPI(background_tasks="durable")
    with pytest.raises(SetupError, match="must be 'process' or 'durable'"):
        small_shop.make_app(background_tasks="durabel")
    with pytest.raises(SetupError, match="jobs must be an object of"):
        FastAPI(jobs=type(small_shop.jobs))
    with pytest.raises(SetupError, match="jobs must be an object of"):
        FastAPI(jobs=small_shop.db)
