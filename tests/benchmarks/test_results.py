"""The benchmark computes medians, ratios and means from its rounds, and compares responses."""

from __future__ import annotations

import json
from typing import Any

import pytest

from benchmarks.results import Measurement, Result, document, row, slower_than_noise, summary
from benchmarks.run import difference

FACTS = {"loop": "uvloop", "versions": {"pydantic": "2.14"}, "scenarios": []}


def measured(name: str, ratio: float, *, is_routing: bool = False) -> Measurement:
    """Return a measurement with a ratio."""
    rounds = {"fastapi": [10 * ratio] * 3, "pronghorn": [10.0] * 3}
    return Measurement(name, is_routing, rounds)


def test_a_scenario_is_its_median_round() -> None:
    measurement = Measurement(
        "form", False, {"fastapi": [90, 100, 500], "pronghorn": [9.0, 10.0, 50.0]}
    )

    assert measurement.ratio == 10
    assert row(measurement) == f"{'form':40} {'100.0':>10} {'10.0':>10} {'10.0':>7}   10.0 to 10.0"


def test_one_side_alone_has_no_ratio() -> None:
    measurement = Measurement("form", False, {"fastapi": [90, 100, 500]})

    assert measurement.ratio is None
    assert row(measurement) == f"{'form':40} {'100.0':>10} {'-':>10} {'-':>7}"


def test_a_problem_stands_in_its_row() -> None:
    assert row(Measurement("form", False, {}, "not the same body")).endswith("not the same body")


def test_the_means_are_geometric_and_one_leaves_routing_out() -> None:
    result = Result(
        FACTS, [measured("a", 2), measured("b", 8), measured("c", 256, is_routing=True)]
    )

    assert result.mean(with_routing=True) == pytest.approx(16)
    assert result.mean(with_routing=False) == pytest.approx(4)
    assert "16.00" in summary(result)
    assert "4.00" in summary(result)


def test_the_document_says_what_was_measured_on_what() -> None:
    content = json.loads(document(Result(FACTS, [measured("a", 2)])))

    assert content["geometric_mean"] == 2
    assert content["versions"] == {"pydantic": "2.14"}
    assert content["scenarios"] == [
        {
            "name": "a",
            "fastapi_microseconds": 20,
            "pronghorn_microseconds": 10,
            "ratio": 2,
            "ratio_quartiles": [2, 2],
            "is_routing": False,
        }
    ]


def test_a_ratio_that_fell_by_more_than_noise_is_named() -> None:
    committed = json.loads(document(Result(FACTS, [measured("a", 10), measured("b", 10)])))
    now = Result(FACTS, [measured("a", 9), measured("b", 5), measured("new", 1)])

    assert slower_than_noise(now, committed) == ["slower: b: ratio 5.0, committed 10.0"]


def answer(**changes: Any) -> dict[str, Any]:
    """Return what a worker says about the response to a scenario."""
    return {"status": 200, "expected_status": 200, "headers": [], "body": "", **changes}


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (answer(), answer(), ""),
        (answer(), answer(body="eA=="), "not the same body"),
        (answer(), answer(headers=[["a", "b"]], body="x"), "not the same body and headers"),
        (answer(status=500), answer(status=500), "fastapi: status 500, not 200"),
        (answer(), {"error": "Traceback\nKeyError: 'x'\n"}, "pronghorn: KeyError: 'x'"),
    ],
)
def test_responses_must_agree_before_anything_is_timed(
    first: dict[str, Any], second: dict[str, Any], expected: str
) -> None:
    assert difference([first, second]) == expected
