"""Read `docs/nav.toml`: the sections, the pages of each, and the files that the site includes."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).parents[2]
DOCS = PROJECT / "docs"
NAV = DOCS / "nav.toml"
HOME = "index.md"

FENCED = re.compile(r"^(?P<fence> *(?:`{3,}|~{3,})).*?^(?P=fence)[ ]*$", re.DOTALL | re.MULTILINE)
COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
LINK = re.compile(r"(!?)\[([^\]]*)\]\([^)]*\)")


@dataclass(frozen=True)
class Page:
    """One page of the site.

    Attributes:
        source: Its file, from the root of the project, such as `docs/tutorial/errors.md`.
        place: Its path below `docs`, or that which an included file gets on the site.
        purpose: The question that it answers, or what it is for; empty for an included file.
    """

    source: str
    place: str
    purpose: str = ""

    @property
    def file(self) -> Path:
        """The file of the page."""
        return PROJECT / self.source

    @property
    def title(self) -> str:
        """Its first heading, or the name of a file that has none."""
        if self.file.suffix != ".md":
            return self.file.name
        heading = re.search(r"^# (.+)$", self.file.read_text(encoding="utf-8"), re.MULTILINE)
        return heading[1].strip() if heading else self.file.stem


@dataclass(frozen=True)
class Group:
    """Some pages of a section under a title of their own; the title may be empty."""

    title: str
    pages: tuple[Page, ...]


@dataclass(frozen=True)
class Section:
    """One part of the menu.

    Attributes:
        title: The name of the section.
        column: What the second column of its table in `docs/index.md` is called; empty if
            the index has no table of the section.
        groups: The pages, in order; a section without groups has one without a title.
    """

    title: str
    column: str
    groups: tuple[Group, ...]

    @property
    def pages(self) -> tuple[Page, ...]:
        """All pages of the section, in order."""
        return tuple(page for group in self.groups for page in group.pages)


def read_sections() -> tuple[Section, ...]:
    """Return the sections with the pages that exist."""
    tables = tomllib.loads(NAV.read_text(encoding="utf-8"))["section"]
    return tuple(
        Section(table["title"], table.get("column", ""), tuple(_groups(table))) for table in tables
    )


def _groups(section: dict[str, Any]) -> Iterator[Group]:
    for table in [section, *section.get("group", ())]:
        named = [Page(f"docs/{place}", place, why) for place, why in table.get("pages", {}).items()]
        named += [Page(source, place) for source, place in table.get("included", {}).items()]
        pages = tuple(page for page in named if page.file.is_file())
        if pages:
            yield Group("" if table is section else table["title"], pages)


def all_pages() -> tuple[Page, ...]:
    """Return every page of the site in the order of its menu, the home first."""
    others = [page for section in read_sections() for page in section.pages]
    return (Page(f"docs/{HOME}", HOME), *others)


def first_sentence(page: Page) -> str:
    """Return the first sentence of a page below its title, as text without links."""
    source = page.file.read_text(encoding="utf-8")
    if page.file.suffix == ".py":
        source = ast.get_docstring(ast.parse(source)) or ""
    text = COMMENT.sub("", FENCED.sub("", source))
    for paragraph in re.split(r"\n\s*\n", text):
        plain = " ".join(LINK.sub(r"\2", paragraph).split())
        if plain and not plain.startswith(("#", "|", "- ", "* ", ":::", "![", "<")):
            return re.split(r"(?<=[.!?])\s+(?=[A-Z`\"])", plain)[0].rstrip(":")
    return ""
