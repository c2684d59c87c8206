"""The figures on the pages are exactly those of the committed results."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from benchmarks.figures import LISTS, MARKS, PAGES, read_results, write_page, write_tool_costs
from benchmarks.record import ROOT
from benchmarks.tables import TABLES
from pronghorn.devtools.tool_costs import FIGURES

#: A figure as benchmarks give them: a number with a unit, or a comparison.
BARE = re.compile(
    r"\d[\d.,]*\s*(?:µs|ms|microseconds?|milliseconds?|nanoseconds?|percent|%)(?!\w)"
    r"|\d[\d.,]* times (?:as|faster|less|more)"
)

#: Results that no run has written yet: their tables may be empty until the first one is committed.
NOT_YET: set[str] = set()


def name_page(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("page", PAGES, ids=name_page)
def test_a_page_says_what_the_results_say(page: Path) -> None:
    """`python -m benchmarks.figures` writes the pages."""
    text = page.read_text("utf-8")
    assert "<!-- end -->" in text or "<!-- figure:" in text
    assert text == write_page(text, read_results())


@pytest.mark.parametrize("page", PAGES, ids=name_page)
def test_a_page_has_no_figure_that_was_written_by_hand(page: Path) -> None:
    text = MARKS.sub("", page.read_text("utf-8"))
    for name in (*TABLES, *LISTS):
        text = re.sub(rf"<!-- {name} -->\n.*?<!-- end -->", "", text, flags=re.DOTALL)
    assert BARE.findall(text) == []


def test_only_a_result_that_is_not_there_yet_leaves_its_table_empty() -> None:
    missing = {
        f"{name}.json"
        for page in PAGES
        for name in (*TABLES, *LISTS)
        if re.search(rf"<!-- {name} -->\s*<!-- end -->", page.read_text("utf-8"))
    }
    assert missing - NOT_YET == set(), "commit these files of benchmarks/results, and `make plots`"
    assert NOT_YET - missing == set(), "their tables are there: take them out of NOT_YET"


def test_the_command_explains_what_the_page_says() -> None:
    assert FIGURES.read_text("utf-8") == write_tool_costs(read_results())


def test_every_mark_is_closed() -> None:
    for page in PAGES:
        text = page.read_text("utf-8")
        assert text.count("<!-- figure:") == text.count("<!-- /figure -->")
        names = [name for name in (*TABLES, *LISTS) if f"<!-- {name} -->" in text]
        assert text.count("<!-- end -->") == len(names)


def test_a_changed_result_changes_every_page_that_mentions_it() -> None:
    results = read_results()
    rows = [dict(row) for row in results["wire"]["rows"]]
    for row in rows:
        if row["name"] == "pronghorn run":
            row["GET"] = {**row["GET"], "ratio": 77.7}
    changed = {**results, "wire": {**results["wire"], "rows": rows}}
    pages = [page for page in PAGES if "77.7" in write_page(page.read_text("utf-8"), changed)]
    assert [name_page(page) for page in pages] == [
        "README.md",
        "docs/index.md",
        "docs/performance.md",
    ]


def test_a_figure_that_nothing_measures_is_an_error() -> None:
    with pytest.raises(KeyError, match="guess"):
        write_page("<!-- figure: guess -->12<!-- /figure -->", read_results())


def test_every_choice_has_its_command() -> None:
    recorded = read_results()["recorded"]
    entries = [*recorded["choices"], *recorded["costs"].values()]
    commands = {entry["command"] for entry in entries}
    assert all(re.match(r"`(make [a-z-]+|python -m benchmarks\.\w+)", one) for one in commands)
