"""The page on editors gets the tables that the tests have measured."""

from __future__ import annotations

from tools.editors import PAGE, SECTION, with_tables


def test_tables_of_the_page_are_replaced_by_name() -> None:
    page = "A\n<!-- one -->\nold\n<!-- end -->\nB\n<!-- two -->\nkept\n<!-- end -->\n"
    tables = "<!-- one -->\nnew\n<!-- end -->\n\n<!-- three -->\nunused\n<!-- end -->\n"
    assert with_tables(page, tables) == page.replace("old", "new")


def test_the_page_has_both_tables() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert [match["name"] for match in SECTION.finditer(page)] == ["editors", "checkers"]
