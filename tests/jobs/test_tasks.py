"""How tasks are declared, and which functions run without a declaration."""

import asyncio
import os
import subprocess
import textwrap
from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial, wraps
from pathlib import Path
from typing import Any

import pytest

from pronghorn.exceptions import SetupError
from pronghorn.jobs import BadJobError, Jobs
from pronghorn.sql import Database


@pytest.fixture
def jobs() -> Jobs:
    return Jobs(Database("sqlite://"), retries=5)


async def at_the_top() -> str:
    return "called"


def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    def call() -> Any:
        return function()

    return call


@decorate
def decorated() -> None: ...


class Service:
    @staticmethod
    def static() -> None: ...

    def method(self) -> None: ...


def test_the_function_stays_what_it_was(jobs: Jobs) -> None:
    assert jobs.task(at_the_top) is at_the_top
    assert jobs.task(name="other")(decorated) is decorated
    assert asyncio.run(at_the_top()) == "called"


def test_options(jobs: Jobs) -> None:
    @jobs.task(queue="mail", timeout="30s", retries=3, backoff="1s..1m", concurrency=2, name="x")
    def work() -> None: ...

    @jobs.task()
    async def plain() -> None: ...

    first, second = jobs.tasks
    assert (first.name, first.queue, first.timeout, first.retries) == ("x", "mail", 30, 3)
    assert (first.backoff.first, first.backoff.longest, first.concurrency) == (1, 60, 2)
    assert second.name == "tests.jobs.test_tasks:test_options.<locals>.plain"
    assert (second.queue, second.timeout, second.retries) == ("default", None, 5)
    assert (second.backoff.first, second.backoff.longest) == (2, 3600)
    assert jobs.queues == ["default", "mail"]


@pytest.mark.parametrize(
    ("options", "got"),
    [
        ({"retries": -1}, "The option retries is -1, not a whole number from 0 on"),
        ({"retries": True}, "The option retries is True, not a whole number from 0 on"),
        ({"concurrency": 0}, "The option concurrency is 0, not a whole number from 1 on"),
        ({"timeout": "soon"}, "The option timeout is 'soon', which is no duration"),
        ({"backoff": "1h..2s"}, "backoff='1h..2s' ends before it begins"),
        ({"backoff": "2s..often"}, "The second part of backoff is 'often', which is no duration"),
        ({"queue": "a/b"}, "The name of a queue is 'a/b'"),
        ({"retry": 3}, "A task has no option 'retry'"),
    ],
)
def test_an_option_that_is_wrong_is_an_error(jobs: Jobs, options: Any, got: str) -> None:
    with pytest.raises(SetupError) as caught:
        jobs.task(**options)(at_the_top)
    assert caught.value.got == got


def test_the_backoff_doubles_up_to_the_longest(jobs: Jobs) -> None:
    jobs.task(backoff="1s..5s")(at_the_top)
    backoff = jobs.tasks[0].backoff
    for attempt, longest in [(1, 1), (2, 2), (3, 4), (4, 5), (1000, 5)]:
        assert all(longest * 0.8 <= backoff.after(attempt) <= longest for _ in range(20))


def test_two_tasks_with_one_name_are_an_error(jobs: Jobs) -> None:
    @jobs.task(name="work")
    def first() -> None: ...

    with pytest.raises(SetupError, match="Two tasks have the name 'work'"):

        @jobs.task(name="work")
        def second() -> None: ...


async def yields() -> AsyncIterator[int]:
    yield 1


def yields_too() -> Iterator[int]:
    yield 1


@pytest.mark.parametrize("wrong", [yields, yields_too, Service, None, 3, "tests:work"])
def test_what_is_no_function_is_refused(jobs: Jobs, wrong: Any) -> None:
    with pytest.raises(SetupError):
        jobs.call(wrong)


def test_a_function_needs_no_declaration(jobs: Jobs) -> None:
    assert jobs.call(at_the_top).task.name == "tests.jobs.test_tasks:at_the_top"
    assert jobs.call(decorated).task.function is decorated
    assert jobs.call(Service.static).task.name == "tests.jobs.test_tasks:Service.static"
    other = Jobs(Database("sqlite://"))
    assert other.find_task("tests.jobs.test_tasks:at_the_top").function is at_the_top


def test_a_function_that_nobody_can_import_is_refused(jobs: Jobs) -> None:
    def inside() -> None: ...

    for function in (inside, lambda: None, Service().method, partial(at_the_top), print):
        with pytest.raises(SetupError):
            jobs.call(function)
    with pytest.raises(SetupError) as caught:
        jobs.call(inside)
    assert caught.value.got.startswith(
        "test_a_function_that_nobody_can_import_is_refused.<locals>.inside cannot run in another "
        "process: there is no function"
    )


@pytest.mark.parametrize(
    "name",
    [
        "",
        "work",
        ":work",
        "os:",
        "os:system",
        "subprocess:run",
        "builtins:eval",
        "shutil:rmtree",
        "pytest:main",
        "sqlalchemy:create_engine",
        "no_such_module:work",
        "tests.jobs.no_such_module:work",
        "tests.jobs.test_tasks:nothing",
        "tests.jobs.test_tasks:Service",
        "tests.jobs.test_tasks:os.system",
        "tests.jobs.test_tasks:subprocess.run",
        "tests.jobs.test_tasks:at_the_top.__globals__",
        "..:work",
        "tests/jobs:work",
    ],
)
def test_the_name_in_a_row_cannot_call_anything(jobs: Jobs, name: str) -> None:
    assert os.system
    assert subprocess.run
    with pytest.raises(BadJobError):
        jobs.find_task(name)


def test_a_module_may_declare_its_tasks_when_it_is_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = """
        from pronghorn.jobs import Jobs
        from pronghorn.sql import Database

        jobs = Jobs(Database("sqlite://"))

        @jobs.task(queue="mail")
        async def late() -> None: ...
    """
    (tmp_path / "late_tasks.py").write_text(textwrap.dedent(source))
    monkeypatch.syspath_prepend(tmp_path)
    from late_tasks import jobs, late  # type: ignore[import-not-found]  # written above

    assert jobs.find_task("late_tasks:late").queue == "mail"
    assert jobs.call(late).task.queue == "mail"


def test_options_of_two_decorators_are_an_error(jobs: Jobs) -> None:
    async def report() -> None: ...

    with pytest.raises(SetupError, match=r"and gets \{'queue': 'slow'\}"):
        jobs.cron("@daily", queue="slow")(jobs.task(queue="mail")(report))
    with pytest.raises(SetupError, match=r"and gets \{'queue': 'slow'\}"):
        jobs.task(queue="slow")(report)


def test_options_above_the_decorator_with_options_are_an_error(jobs: Jobs) -> None:
    async def report() -> None: ...

    with pytest.raises(SetupError, match=r"has the options {'queue': 'slow'}, and gets {'retr"):
        jobs.task(retries=1)(jobs.cron("@daily", queue="slow")(report))


def test_a_name_above_a_cron_is_an_error(jobs: Jobs) -> None:
    async def report() -> None: ...

    with pytest.raises(SetupError, match=r"has the options none, and gets \{'name': 'daily'\}"):
        jobs.task(name="daily")(jobs.cron("@daily")(report))


def test_options_of_one_of_two_decorators_hold(jobs: Jobs) -> None:
    async def first() -> None: ...
    async def second() -> None: ...
    async def third() -> None: ...
    async def fourth() -> None: ...

    jobs.task(queue="a")(jobs.cron("@daily")(first))
    jobs.cron("@daily")(jobs.task(queue="b", name="second")(second))
    jobs.task(jobs.cron("@daily", queue="c")(third))
    jobs.cron("@daily", queue="d")(jobs.task(fourth))
    assert [task.queue for task in jobs.tasks] == ["a", "b", "c", "d"]
    assert jobs.crons.tasks == [task.name for task in jobs.tasks]
