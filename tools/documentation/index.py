"""Write the tables of `docs/index.md` from `docs/nav.toml`; each is between two comments.

    python -m tools.documentation.index

`make docs-index` runs it; a test compares.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator

from tools.documentation.nav import DOCS, HOME, Section, read_sections

TABLE = re.compile(r"(<!-- pages: (?P<title>[^>]+?) -->\n).*?(<!-- /pages -->)", re.DOTALL)


def write_tables(text: str) -> str:
    """Return the text of the index with every table as `docs/nav.toml` says.

    Raises:
        KeyError: A comment names a section that does not exist.
    """
    sections = {section.title: section for section in read_sections()}
    return TABLE.sub(
        lambda found: found[1] + "\n".join(_table(sections[found["title"]])) + "\n" + found[3],
        text,
    )


def _table(section: Section) -> Iterator[str]:
    for group in section.groups:
        yield ""
        yield f"| {group.title or 'Page'} | {section.column} |"
        yield "|---|---|"
        for page in group.pages:
            yield f"| [{page.title}]({page.place}) | {page.purpose} |"
    yield ""


def main() -> int:
    """Write `docs/index.md`. Returns the exit status."""
    index = DOCS / HOME
    index.write_text(write_tables(index.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
