"""The tables of docs/performance.md are made from the committed results, and the page has them."""

from __future__ import annotations

import pytest

from benchmarks.record import ROOT, read, table
from benchmarks.tables import TABLES, cell, with_tables

PAGE = ROOT / "docs" / "performance.md"


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, ""), ("-", "-"), (1234.5, "1,234"), (99.96, "100.0"), (12.34, "12.3"), (1.234, "1.23")],
)
def test_numbers_have_the_digits_that_say_something(value: object, text: str) -> None:
    assert cell(value) == text


def test_only_tables_with_a_result_are_made_again() -> None:
    page = "a\n<!-- wire -->\nold\n<!-- end -->\nb\n<!-- shapes -->\nkept\n<!-- end -->\n"
    row = {"name": "one", "GET": {"requests_per_second": 1000.0, "ratio": 2.0}}
    machine = {"python": "3.11", "system": "Linux", "cores": "two", "load": "wrk"}
    result = {"measured": "2026-11-22T10:46:50", "machine": machine, "rows": [row]}
    made = with_tables(page, {"wire": result, "shapes": {}})
    assert "| one | 1,000 | 2.00 |  |  |" in made
    assert "old" not in made
    assert "kept" in made


@pytest.mark.parametrize("name", TABLES)
def test_every_committed_result_makes_its_table(name: str) -> None:
    assert f"<!-- {name} -->" in PAGE.read_text(encoding="utf-8")
    result = read(name)
    assert not result or TABLES[name](result).startswith("| ")


def test_columns_are_aligned() -> None:
    assert table([("a", "b"), ("long", 2.0)]) == "a        b\nlong  2.00"
