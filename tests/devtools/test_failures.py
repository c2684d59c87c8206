"""Descriptions of exceptions: complete, bounded, and without anything that could act."""

from __future__ import annotations

import gc
import json
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pronghorn.devtools.failure_views import failure_data, failure_text, show_failure
from pronghorn.devtools.failures import Failure, describe_error, describe_text
from pronghorn.devtools.markup import Markup, tag
from tests.devtools.odd_exceptions import Hides, Proxy
from tests.devtools.pages import Page

EVIL = "</pre><script>alert(1)</script>"
LARGEST = 300_000


def described(function: Callable[[], object]) -> Failure:
    try:
        function()
    except BaseException as error:  # noqa: BLE001 # Whatever it is, it is described.
        return describe_error(error)
    raise AssertionError("it raised nothing")


def shown(failure: Failure) -> Page:
    """The failure as a page, which is parsed strictly, after a look at its other forms."""
    assert len(json.dumps(failure_data(failure))) < LARGEST
    assert len(failure_text(failure)) < LARGEST
    html = "<!doctype html>\n" + tag("html", tag("body", show_failure(failure)))
    assert len(html) < LARGEST
    return Page(Markup(html).replace("<html>", '<html lang="en">'))


def run_file(file: Path) -> None:
    exec(compile(file.read_bytes(), str(file), "exec"), {"__name__": "program"})


def divide() -> float:
    return 1 / 0


def wrap() -> None:
    try:
        divide()
    except ZeroDivisionError as error:
        raise LookupError("no such item") from error


def test_the_innermost_frame_of_the_program_comes_first() -> None:
    failure = described(lambda: json.loads("x"))
    assert failure.kind == "json.decoder.JSONDecodeError"
    first = failure.of_program[0]
    assert (first.file, first.is_program) == (__file__, True)
    assert [line.text for line in first.lines if line.number == first.line] == [
        '    failure = described(lambda: json.loads("x"))'
    ]
    assert {frame.package for frame in failure.frames} == {None, "json"}
    text = shown(failure).text
    assert text.index("test_failures.py") < text.index("json/decoder.py")
    assert f"All {len(failure.frames)} frames, 3 of json" in text


def test_an_exception_without_a_frame_of_the_program_shows_its_innermost() -> None:
    failure = describe_error(ValueError("alone"))
    assert failure.of_program == []
    assert "alone" in shown(failure).text


def test_earlier_exceptions_follow() -> None:
    failure = described(wrap)
    assert failure.headline == "LookupError: no such item"
    ((sentence, earlier),) = failure.earlier
    assert sentence.startswith("The above exception was the direct cause")
    assert earlier.headline == "ZeroDivisionError: division by zero"
    text = failure_text(failure)
    assert text.index("LookupError") < text.index("return 1 / 0")


def test_a_long_chain_is_cut() -> None:
    def chain() -> None:
        error: Exception = ValueError("first")
        for number in range(2000):
            following = ValueError(f"number {number}")
            following.__cause__ = error
            error = following
        raise error

    failure = described(chain)
    assert len(failure.earlier) == 5
    assert failure.more_earlier == 1995
    assert "1,995 earlier exceptions left out" in shown(failure).text


def test_a_chain_in_a_circle_ends() -> None:
    first, second = ValueError("first"), ValueError("second")
    first.__cause__, second.__cause__ = second, first
    assert [one.message for _, one in describe_error(first).earlier] == ["second"]


def test_groups_show_their_members_up_to_a_limit() -> None:
    def fail() -> None:
        members: list[Exception] = [ValueError(f"member {number}") for number in range(50)]
        raise ExceptionGroup("many", [*members[:1], ExceptionGroup("inner", members), *members])

    failure = described(fail)
    assert failure.kind == "ExceptionGroup"
    assert (len(failure.members), failure.more_members) == (5, 47)
    assert failure.members[1].more_members == 45
    page = shown(failure)
    assert "member 0" in page.text
    assert "47 more members left out" in page.text
    assert "member 0" in failure_text(failure)


def test_a_deep_group_ends() -> None:
    group: Exception = ValueError("deepest")
    for number in range(200):
        group = ExceptionGroup(f"level {number}", [group] * 6)
    assert "level 199" in shown(describe_error(group)).text


class Bad(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no text")


class Exits(Exception):
    def __str__(self) -> str:
        raise SystemExit(3)


def test_a_class_whose_text_cannot_be_made() -> None:
    text = shown(describe_error(Bad())).text
    assert "its text is unknown: __str__ raised RuntimeError" in text
    assert "__str__ raised SystemExit" in shown(describe_error(Exits())).text
    error = ValueError("x")
    error.add_note("a note")
    error.__notes__ += [Bad(), EVIL]
    assert "a note" in shown(describe_error(error)).text
    error.__notes__ = 3  # type: ignore[assignment]
    assert "x" in shown(describe_error(error)).text


def test_large_texts_are_cut() -> None:
    failure = describe_error(ValueError("x" * 10_000_000))
    assert failure.message.endswith("x… (10,000,000 characters)")
    assert len(failure.message) < 5000
    kind = type("N" * 10_000, (Exception,), {"__module__": "m" * 10_000})
    assert len(describe_error(kind()).kind) < 300
    shown(describe_text("reason", "y" * 10_000_000))


def test_control_characters_and_markup_are_only_text() -> None:
    name = f"a{EVIL}\x1b[31m\x00\ud800b"
    failure = describe_error(type(EVIL, (Exception,), {})(name))
    page = shown(failure)
    assert EVIL in page.text
    for text in (page.text, failure_text(failure), json.dumps(failure_data(failure))):
        assert "\x1b" not in text
        assert "\x00" not in text
        text.encode()


def test_a_recursion_without_an_end() -> None:
    def descend(number: int) -> int:
        return descend(number + 1)

    def ping(number: int) -> int:
        return pong(number)

    def pong(number: int) -> int:
        return ping(number)

    failure = described(lambda: descend(0))
    assert failure.kind == "RecursionError"
    assert max(frame.times for frame in failure.frames) > 500
    assert len(failure.frames) < 100
    assert " times" in shown(failure).text
    failure = described(lambda: ping(0))
    assert len(failure.frames) <= 61
    assert " frames …" in shown(failure).text


def test_an_error_of_syntax_has_its_place(tmp_path: Path) -> None:
    file = tmp_path / "shop.py"
    file.write_text("first = 1\nsecond = (1, 2\nthird = 3 +\n")
    failure = described(lambda: run_file(file))
    place = failure.of_program[0]
    assert (failure.kind, failure.message) == ("SyntaxError", "'(' was never closed")
    assert (place.file, place.line, place.mark) == (str(file), 2, (9, 10))
    assert "shop.py:2" in shown(failure).text
    assert ">    2  second = (1, 2" in failure_text(failure)


@pytest.mark.parametrize(
    "source",
    [
        b"name = '\xff\xfe'\n",
        b"\x00\x01\x02binary\x00\n" * 50,
        b"# coding: nonsense\nx = 1\n",
        b"\xef\xbb\xbfif 1:\nx\n",
        "text = '\u202e'; 1 +\n".encode(),
        b"x = 1 +" + b" " * 5_000_000,
        b"(" * 5000,
        b"",
    ],
    ids=["latin-1", "binary", "unknown coding", "mark", "right to left", "long", "deep", "empty"],
)
def test_files_that_are_no_python(tmp_path: Path, source: bytes) -> None:
    file = tmp_path / "program.py"
    file.write_bytes(source)

    def load() -> None:
        import importlib.util

        spec = importlib.util.spec_from_file_location("program", file)
        assert spec is not None
        assert spec.loader is not None
        spec.loader.exec_module(importlib.util.module_from_spec(spec))
        raise LookupError("it could be loaded")

    assert shown(described(load)).text


def test_a_file_that_is_gone_or_has_other_lines_now(tmp_path: Path) -> None:
    file = tmp_path / "program.py"
    source = "def fail():\n    raise ValueError('gone')\n\nfail()\n"
    file.write_text(source)
    code = compile(source, str(file), "exec")
    file.unlink()
    failure = described(lambda: exec(code))
    assert "The source is not available." in shown(failure).text
    assert "program.py:2" in shown(failure).text
    file.write_text("# one line\n")
    assert shown(described(lambda: exec(code))).text


@pytest.mark.parametrize("name", ["/dev/zero", "/proc/self/environ", "a" * 5000, "\x00", EVIL, ""])
def test_names_of_files_that_are_no_files(name: str) -> None:
    error = SyntaxError("bad", (name, 1, 1, "text\n", 1, 2))
    page = shown(describe_error(error))
    assert "bad" in page.text
    assert "PATH=" not in page.text


@pytest.mark.parametrize(
    "details",
    [
        ("p.py", None, None, None),
        ("p.py", 0, 0, ""),
        ("p.py", 10**9, -5, "x"),
        ("p.py", 1, 10**9, "x", 1, 10**9),
        (None, 3, 3, "x"),
    ],
)
def test_places_of_syntax_that_cannot_be(details: Any) -> None:
    assert "odd" in shown(describe_error(SyntaxError("odd", details))).text


def test_nothing_of_the_exception_is_kept() -> None:
    class Held:
        pass

    def fail() -> weakref.ref[Held]:
        held = Held()
        watched.append(weakref.ref(held))
        raise ValueError(held)

    watched: list[weakref.ref[Held]] = []
    failure = described(fail)
    gc.collect()
    assert watched[0]() is None
    assert "Held" in failure.message


def test_no_variable_is_shown() -> None:
    def fail(password: str) -> None:
        raise ValueError("refused")

    password = "1" * 8
    failure = described(lambda: fail(password))
    assert password not in shown(failure).text + failure_text(failure)


@pytest.mark.parametrize("kind", [Proxy, Hides])
def test_an_exception_whose_attributes_raise(kind: type[Exception]) -> None:
    def fail() -> None:
        raise kind("the text")

    failure = described(fail)
    assert failure.kind.endswith(kind.__name__)
    assert failure.of_program[0].function == "fail"
