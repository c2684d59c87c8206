"""Parse the page more strictly than a browser: every tag is closed, no element can act."""

from __future__ import annotations

from html.parser import HTMLParser

from pronghorn.devtools.scripts import FILTER_SCRIPT, RELOAD_SCRIPT

EMPTY = {"input", "meta"}
KNOWN = {
    *("html", "head", "title", "style", "body", "header", "h1", "h2", "p", "a", "div", "span"),
    *("table", "thead", "tbody", "tr", "th", "td", "ul", "li", "pre", "code", "meta"),
    *("nav", "details", "summary", "section", "h3", "mark", "kbd", "input", "noscript", "script"),
    *("form", "button"),
}
ATTRIBUTES = {
    *("href", "class", "id", "lang", "charset", "name", "content", "http-equiv", "rel", "role"),
    *("open", "hidden", "type", "placeholder", "aria-label", "autocomplete", "spellcheck"),
    *("data-find", "data-count", "data-total", "data-text", "data-address", "data-id"),
    *("data-again", "method", "value"),
}
SCRIPTS = {FILTER_SCRIPT, RELOAD_SCRIPT}


class Page(HTMLParser):
    """A parsed page.

    Attributes:
        tables: The rows of each table by its id, each a list of the texts of its cells.
        links: The text and the address of each link.
        text: Everything that is shown.
    """

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: dict[str, list[list[str]]] = {}
        self.links: list[tuple[str, str]] = []
        self.text = ""
        self.refresh: str | None = None
        self._open: list[str] = []
        self._rows: list[list[str]] = []
        assert source.startswith("<!doctype html>\n<html ")
        self.feed(source)
        self.close()
        assert not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in KNOWN, tag
        given = {name: value or "" for name, value in attrs}
        assert given.keys() <= ATTRIBUTES, given
        if tag == "meta" and given.get("http-equiv") == "refresh":
            self.refresh = given["content"]
        if tag not in EMPTY:
            self._open.append(tag)
        if tag == "table":
            self._rows = self.tables[given["id"]] = []
        elif tag == "tr":
            self._rows.append([])
        elif tag in {"td", "th"}:
            self._rows[-1].append("")
        elif tag == "a":
            self.links.append(("", given["href"]))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "script" in self._open:
            assert data in SCRIPTS
        if {"style", "script"} & set(self._open):
            return
        self.text += data
        if self._open and {"td", "th"} & set(self._open):
            self._rows[-1][-1] += data
        if self._open and self._open[-1] == "a":
            text, address = self.links[-1]
            self.links[-1] = (text + data, address)

    def link(self, text: str) -> str:
        """The address behind a text, the first if there are several."""
        return next(address for shown, address in self.links if shown == text)

    def rows(self, table: str) -> list[dict[str, str]]:
        """The rows of a table below its head, each by the names of the columns."""
        head, *rows = self.tables[table]
        return [dict(zip(head, row, strict=True)) for row in rows]
