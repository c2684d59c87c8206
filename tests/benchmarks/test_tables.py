"""The tables of docs/performance.md are made from the committed results, and the page has them."""

from __future__ import annotations

import pytest

from benchmarks.figures import name_figures, read_results
from benchmarks.record import ROOT, read, table
from benchmarks.tables import CHANGED, TABLES, WIRE_RATIO, cell, precede, with_tables
from benchmarks.watched.goals import find_failures

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


def test_the_parts_of_the_start_are_shares_of_the_rows_of_the_table() -> None:
    results = read_results()
    start = results["growth"]["start"]["pronghorn"]
    figures = dict(name_figures(results))
    rows = [row.split(" | ") for row in TABLES["growth"](results["growth"]).splitlines()]
    found = {row[0].removeprefix("| "): row[2] for row in rows if len(row) > 2}
    whole = found["1,000 routes and 300 models: import to first answer, ms"]
    part = found["of that, the import after `asyncio` and others, ms"]
    assert (whole, part) == (cell(start["cpu_milliseconds"]), cell(start["import_milliseconds"]))
    assert figures["start_import_share"] == f"{float(part) / float(whole):.0%}"


def test_the_page_says_below_the_table_how_ratios_over_a_socket_are_made() -> None:
    assert f"\n\n{WIRE_RATIO} Measured on" in TABLES["wire"](read("wire"))


def test_the_table_of_stacks_warns_of_a_busy_machine() -> None:
    figures = dict.fromkeys(("base_requests_per_second", "base_cpu_microseconds"), 100.0)
    figures |= {"requests_per_second": 700.0, "cpu_microseconds": 12.5, "ratio": 7.0}
    row = {"name": "CORS", "GET": {**figures, "cpu_ratio": 8.0}, "POST": {**figures, "ratio": 6.5}}
    about = {"processor": "any", "cores": 2, "system": "Linux"}
    result = {"date": "2026-11-29", "machine": about, "python": "3.11", "loop": "uvloop"}
    result |= {"versions": {}, "load": {"client": "wrk", "cores": "one core each"}, "rows": [row]}
    quiet = TABLES["stack"]({**result, "load_average": [0.5, 1.5]})
    assert "| CORS | 100 | 700 | **7.00** | **6.50** | 100 | 12.5 | **8.00** |" in quiet
    assert "busy" not in quiet
    assert "The machine was busy" in TABLES["stack"]({**result, "load_average": [2.5, 1.5]})


@pytest.mark.parametrize("name", TABLES)
def test_every_committed_result_makes_its_table(name: str) -> None:
    assert f"<!-- {name} -->" in PAGE.read_text(encoding="utf-8")
    result = read(name)
    assert not result or TABLES[name](result).startswith("| ")


def test_columns_are_aligned() -> None:
    assert table([("a", "b"), ("long", 2.0)]) == "a        b\nlong  2.00"


def test_a_table_that_is_older_than_the_code_says_so() -> None:
    sentence = "These figures precede the compiled middleware."
    for name, key in (("latest", "date"), ("wire", "measured")):
        result = read(name)
        assert (sentence in TABLES[name]({**result, key: "2026-11-28"})) is True
        assert (sentence in TABLES[name]({**result, key: CHANGED})) is False
    assert precede("shapes", "2026-11-28").endswith("WebSockets, files and uploads.")


def test_tools_that_add_more_than_their_goal_are_named() -> None:
    def row(title: str, adds: float, share: float | None) -> dict[str, object]:
        return {"title": title, "adds": {"pronghorn": adds}, "share": share}

    tools = {
        "bare": row("nothing", 0.0, None),
        "sentry": row("Sentry", 115.0, 0.9),
        "built-in": row("telemetry", 80.6, 0.7),
        "ddtrace": row("ddtrace", 200.0, 0.91),
    }
    assert find_failures(tools) == ["ddtrace (0.91)", "telemetry (81 µs)"]
