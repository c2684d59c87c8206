"""Durations as programs write them."""

from datetime import timedelta
from typing import Any

import pytest

from pronghorn.core.durations import seconds
from pronghorn.exceptions import SetupError


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("30s", 30),
        ("1h30m", 5400),
        ("1h 30m", 5400),
        (" 2d ", 172800),
        ("1w", 604800),
        ("250ms", 0.25),
        ("1s500ms", 1.5),
        ("1.5h", 5400),
        ("0s", 0),
        (5, 5),
        (0.5, 0.5),
        (0, 0),
        (timedelta(minutes=2), 120),
    ],
)
def test_a_duration_is_a_number_of_seconds(value: Any, expected: float) -> None:
    assert seconds(value) == pytest.approx(expected)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "30",
        "s",
        "-5s",
        "30 parsecs",
        "1h,30m",
        "1e3s",
        "1.s",
        "30S",
        "nan",
        -1,
        True,
        float("inf"),
        float("nan"),
        None,
        b"30s",
        [30],
        timedelta(seconds=-1),
        "9" * 400 + "s",
        10**400,
        1e300,
        timedelta.max,
    ],
)
def test_anything_else_is_a_mistake_of_the_program(value: Any) -> None:
    with pytest.raises(SetupError) as caught:
        seconds(value, name="The option ttl")
    assert isinstance(caught.value, ValueError)
    assert str(caught.value).startswith(f"The option ttl is {value!r}, which is no duration\n")
    assert '"1h30m"' in str(caught.value)


@pytest.mark.parametrize(
    ("value", "guess"), [("30", 'seconds are meant: "30s"'), ("5M", 'small letters: "5m"')]
)
def test_the_error_says_what_was_probably_meant(value: str, guess: str) -> None:
    with pytest.raises(SetupError, match=guess):
        seconds(value)


def test_a_duration_that_is_too_long_says_so() -> None:
    assert seconds("36525d") == 100 * 365.25 * 86400
    with pytest.raises(SetupError, match="probably: it is longer than 100 years"):
        seconds("36526d")
    with pytest.raises(SetupError, match="is a number of thousands of digits, which is no"):
        seconds(10**9999)
