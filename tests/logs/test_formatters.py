"""The lines of `JSONFormatter` and `ConsoleFormatter`."""

from __future__ import annotations

import io
import json
import logging
import re
import sys
from typing import Any

import pytest

from pronghorn.logs import ConsoleFormatter, JSONFormatter, RequestIDFilter
from pronghorn.logs.formatters import wants_colour
from tests.logs.test_clean import Unwritable


def record(message: Any, *arguments: Any, failed: Any = None, **extra: Any) -> logging.LogRecord:
    """A record as a logger of a program makes it."""
    return logging.getLogger("shop").makeRecord(
        "shop", logging.INFO, "shop.py", 7, message, arguments, failed, extra=extra
    )


def fields(*arguments: Any, **extra: Any) -> dict[str, Any]:
    line = JSONFormatter().format(record(*arguments, **extra))
    assert "\n" not in line
    assert line.isascii()
    found: dict[str, Any] = json.loads(line)
    return found


def console(*arguments: Any, **extra: Any) -> str:
    return ConsoleFormatter(colour=False).format(record(*arguments, **extra))


def failure() -> Any:
    try:
        raise LookupError("password=hunter2\nINFO forged")
    except LookupError:
        return sys.exc_info()


def test_the_fields_of_a_line() -> None:
    found = fields("Order %d", 7, items=3)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", found.pop("time"))
    assert found == {"level": "INFO", "logger": "shop", "message": "Order 7", "items": 3}


def test_the_name_of_a_level_may_have_any_characters() -> None:
    coloured = '\x1b[32m"INFO"\x1b[0m'
    logging.addLevelName(logging.INFO, coloured)
    try:
        assert fields("text")["level"] == coloured
        known = {"method": "GET", "path": "/", "status": 200}
        line = JSONFormatter().format_request(1.0, "shop", coloured, known)
        assert json.loads(line)["level"] == coloured
    finally:
        logging.addLevelName(logging.INFO, "INFO")


def test_a_field_does_not_replace_one_of_ours() -> None:
    found = fields("text", level="high", time=1, logger="mine", error="E")
    assert (found["level"], found["level_"], found["time_"]) == ("INFO", "high", 1)
    assert (found["logger_"], found["error_"]) == ("mine", "E")


def test_the_program_may_give_an_id_itself() -> None:
    assert fields("text", request_id="own")["request_id"] == "own"
    assert "request_id" not in fields("text")


@pytest.mark.parametrize(
    "forged",
    ["a\nINFO forged", "a\r\nb", "a\u2028b\u2029", "\x1b[31mred", "\u202eevil", "\ud800", "a\x00b"],
)
def test_no_value_forges_a_line(forged: str) -> None:
    found = fields(forged, field=forged, **{forged: 1})
    safe = forged.replace("\ud800", "\ufffd")
    assert (found["message"], found["field"]) == (safe, safe)
    line = console(forged, field=forged, **{forged: 1})
    assert line.isprintable()


def test_what_cannot_be_written_does_not_fail() -> None:
    assert fields("%d items", "many")["message"] == "%d items (with arguments ['many'])"
    assert fields(Unwritable())["message"].startswith("<Unwritable that raises LookupError>")
    assert fields("x", field=Unwritable())["field"] == "<Unwritable that raises LookupError>"
    assert fields("%s", 2**20_000)["message"] == "%s (with arguments ['<int of 20001 bits>'])"


def test_giant_values_are_shortened() -> None:
    line = JSONFormatter().format(record("m" * 1_000_000, field="f" * 1_000_000))
    assert len(line) < 20_000


def test_an_exception() -> None:
    found = fields("failed", failed=failure())
    assert found["error"] == "LookupError"
    assert found["exception"].startswith("Traceback (most recent call last):\n")
    assert "hunter2" not in found["exception"]
    lines = console("failed", failed=failure()).split("\n")
    assert lines[0].endswith("shop: failed")
    assert all(line.startswith("  | ") for line in lines[1:])
    assert lines[-1] == "  | INFO forged"


def test_an_exception_that_cannot_be_written() -> None:
    class Odd(Exception):
        def __str__(self) -> str:
            raise ValueError("no text")

    try:
        raise Odd
    except Odd:
        found = fields("failed", failed=sys.exc_info())
    assert found["error"].endswith("Odd")
    assert "Odd" in found["exception"]


def test_a_record_that_no_logger_makes() -> None:
    odd = record("text")
    odd.exc_info = "no such thing"  # type: ignore[assignment]  # as a library may do
    odd.created = "now"  # type: ignore[assignment]
    assert json.loads(JSONFormatter().format(odd))["message"] == "text"
    assert "text" in ConsoleFormatter(colour=False).format(odd)


def test_a_traceback_inside_a_message() -> None:
    found = fields("It failed\nTraceback (most recent call last):\n  File x")
    assert found["message"] == "It failed"
    assert found["exception"].startswith("Traceback")


def test_a_line_for_people() -> None:
    line = console("Order %d", 7, items=3, title="two words", password="x")
    assert re.fullmatch(
        r'\d\d:\d\d:\d\d\.\d{3} INFO     shop: Order 7 items=3 title="two words" password=\*\*\*',
        line,
    )


def test_colours_only_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.delenv("NO_COLOR", raising=False)
    assert wants_colour(Terminal())
    assert not wants_colour(io.StringIO())
    monkeypatch.setenv("NO_COLOR", "1")
    assert not wants_colour(Terminal())
    assert "\x1b[32mINFO" in ConsoleFormatter(colour=True).format(record("text"))
    assert "\x1b" not in console("text")


def test_the_filter_keeps_an_id_of_the_program() -> None:
    with_own, without = record("text", request_id="own"), record("text")
    assert RequestIDFilter().filter(with_own) is RequestIDFilter().filter(without) is True
    assert vars(with_own)["request_id"] == "own"
    assert vars(without)["request_id"] is None
