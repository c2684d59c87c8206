"""Costs that do not grow along a straight line are named."""

from __future__ import annotations

import pytest

from benchmarks.straight import describe_bends, fit, misses


def test_the_line_through_points_that_are_on_one() -> None:
    start, slope = fit([(0, 5), (10, 25), (1000, 2005)])
    assert (start, slope) == (pytest.approx(5), pytest.approx(2))
    assert list(misses([(0, 5), (10, 25), (1000, 2005)]).values()) == pytest.approx([0, 0, 0])


def test_small_and_large_sizes_count_alike() -> None:
    missed = misses([(1, 10), (1000, 1000), (1_000_000, 1_000_000)])
    assert missed[1] == pytest.approx(0, abs=0.01)


def test_a_bend_is_named() -> None:
    costs = {"0": 10.0, "1": 11.0, "2": 12.0, "5": 15.0, "10": 60.0}
    found = describe_bends("middleware, pure, pronghorn", costs)
    assert found[-1].startswith("middleware, pure, pronghorn is not straight: at 10 it is ")
    assert found[-1].endswith("above the line")


def test_straight_lines_and_two_points_are_not_named() -> None:
    assert describe_bends("one", {"0": 10.0, "1": 11.1, "2": 12.0, "10": 20.0}) == []
    assert describe_bends("two", {"1": 10.0, "2": 1000.0}) == []
