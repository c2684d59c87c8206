"""Tracebacks that show the program's frames and fold those of libraries."""

from __future__ import annotations

import asyncio
import importlib.util
import io
import json
import re
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

import anyio
import pytest

from pronghorn import FastAPI
from pronghorn.devtools.tracebacks import (
    add_program,
    chain_of,
    format_error,
    frames_of,
    is_program_file,
    package_of,
    wants_colour,
)
from tests.devtools.odd_exceptions import Hides, Proxy

#: The line below a line of source, which Python 3.13 prints more often.
MARKS = re.compile(r"^ +[~^]+\n", re.MULTILINE)
ANSI = re.compile(r"\x1b\[[0-9;]*m")


def caught(function: Callable[[], object]) -> BaseException:
    try:
        function()
    except BaseException as error:  # noqa: BLE001 # Whatever it is, its traceback is shown.
        return error
    raise AssertionError("it raised nothing")


def parse() -> None:
    json.loads("x")


def parse_and_wrap() -> None:
    try:
        parse()
    except ValueError as error:
        raise LookupError("not found") from error


def recover_badly() -> None:
    try:
        parse()
    except ValueError:
        raise LookupError("not found")  # noqa: B904


async def run_two_tasks() -> None:
    async def divide() -> float:
        return 1 / 0

    async with anyio.create_task_group() as group:
        group.start_soon(divide)
        group.start_soon(divide)


def declare_wrongly() -> None:
    @FastAPI().get("/")
    def read(value: object()) -> None:  # type: ignore[valid-type]
        ...


def descend(number: int) -> int:
    return descend(number + 1)


def test_frames_say_whether_they_are_the_programs() -> None:
    first, *others = frames_of(caught(parse))[1:]
    assert (first.file, first.function, first.source) == (__file__, "parse", 'json.loads("x")')
    assert first.line == parse.__code__.co_firstlineno + 1
    assert (first.is_program, first.package) == (True, None)
    assert {(frame.is_program, frame.package) for frame in others} == {(False, "json")}


def test_frames_of_libraries_are_counted() -> None:
    text = MARKS.sub("", format_error(caught(parse)))
    assert '    json.loads("x")\n  … 3 frames of json: --full-traceback shows them\n' in text
    assert f"{Path('json', 'decoder.py')}" not in text
    assert text.endswith("JSONDecodeError: Expecting value: line 1 column 1 (char 0)\n")


@pytest.mark.parametrize("function", [parse_and_wrap, recover_badly])
def test_a_chain_is_folded_in_every_part(function: Callable[[], None]) -> None:
    error = caught(function)
    lines = format_error(error).splitlines()
    assert [line for line in lines if line.startswith("  …")] == ["  … 3 frames of json: " + FULL]
    assert lines[-1] == "LookupError: not found"
    before, last = chain_of(error)
    assert isinstance(before[0], ValueError)
    assert before[1] in lines
    assert last == (error, "")


FULL = "--full-traceback shows them"


def test_an_exception_group_folds_in_every_member() -> None:
    text = format_error(caught(lambda: asyncio.run(run_two_tasks())))
    assert "  | ExceptionGroup: unhandled errors in a TaskGroup (2 sub-exceptions)\n" in text
    assert text.count("    | ZeroDivisionError: division by zero\n") == 2
    assert text.count(", in divide\n") == 2
    assert "anyio/" not in text
    assert re.search(r"^… \d+ frames of .*asyncio.*: --full-traceback", text, re.MULTILINE)


def test_a_setup_error_is_shown_without_what_it_explains() -> None:
    error = caught(declare_wrongly)
    assert error.__cause__ or error.__context__
    text = format_error(error)
    assert text.count("Traceback (most recent call last)") == 1
    assert ", in declare_wrongly\n" in text
    assert "write:    " in text
    assert len(chain_of(error)) == 1
    assert format_error(error, full=True).count("Traceback (most recent call last)") > 1


@pytest.mark.parametrize(
    "function", [parse, parse_and_wrap, recover_badly, declare_wrongly, lambda: descend(0)]
)
def test_the_full_traceback_is_pythons(function: Callable[[], None]) -> None:
    error = caught(function)
    assert format_error(error, full=True) == "".join(traceback.format_exception(error))


def test_repeated_frames_are_repeated_in_words() -> None:
    text = format_error(caught(lambda: descend(0)))
    assert text.count(", in descend\n") == 3
    assert "more times]\n" in text


def test_an_error_without_a_frame_of_the_program_keeps_its_innermost() -> None:
    error = caught(parse)
    error.__traceback__ = error.__traceback__.tb_next.tb_next  # type: ignore[union-attr]
    text = format_error(error)
    assert "in raw_decode\n" in text
    assert "2 frames of json: --full-traceback shows them" in text


def test_colours_change_nothing_but_the_colour() -> None:
    for function in (parse_and_wrap, declare_wrongly, lambda: asyncio.run(run_two_tasks())):
        error = caught(function)
        coloured = format_error(error, colour=True)
        assert coloured != format_error(error)
        assert ANSI.sub("", coloured) == format_error(error)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_colour_is_for_terminals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert wants_colour(Terminal())
    assert not wants_colour(io.StringIO())
    assert not wants_colour(None)
    monkeypatch.setenv("NO_COLOR", "1")
    assert not wants_colour(Terminal())


@pytest.mark.parametrize(
    ("file", "package"),
    [
        (anyio.__file__, "anyio"),
        (json.__file__, "json"),
        (importlib.util.__file__, "importlib"),
        ("<frozen importlib._bootstrap>", "importlib"),
        ("<pronghorn GET /items>", "pronghorn"),
        ("<string>", "generated code"),
        ("/srv/shop/.venv/lib/python3.13/site-packages/six.py", "six"),
        ("/usr/lib/python3/dist-packages/yaml/loader.py", "yaml"),
        (sys.modules["pronghorn.devtools.tracebacks"].__file__, "pronghorn"),
        ("/srv/shop/main.py", None),
        ("/srv/shop/templates/index.html", None),
    ],
)
def test_the_package_of_a_file(file: str, package: str | None) -> None:
    assert package_of(file) == package
    assert is_program_file(file) == (package is None)


def test_an_installed_program_counts_once_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packages = tmp_path / "site-packages"
    (packages / "bigshop").mkdir(parents=True)
    (packages / "bigshop" / "__init__.py").touch()
    monkeypatch.syspath_prepend(packages)
    file = str(packages / "bigshop" / "orders.py")
    assert not is_program_file(file)
    add_program("bigshop.main")
    assert is_program_file(file)
    assert not is_program_file(str(packages / "bigshop_plugins" / "__init__.py"))
    add_program("no_such_module")


@pytest.mark.parametrize("kind", [Proxy, Hides])
@pytest.mark.parametrize("full", [False, True])
def test_an_exception_whose_attributes_raise(kind: type[Exception], full: bool) -> None:
    def fail() -> None:
        raise kind("the text")

    text = format_error(caught(fail), full=full)
    assert 'raise kind("the text")' in text
    # Behind that line, Python 3.14 tells that it could not read the notes of a `Proxy`.
    assert f"{kind.__name__}: " in text


def test_a_stream_that_is_no_terminal() -> None:
    closed = io.StringIO()
    closed.close()
    assert not wants_colour(closed)
    assert not wants_colour(object())  # type: ignore[arg-type] # As programs put in its place.
    assert not wants_colour(None)
