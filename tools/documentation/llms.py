"""Write `llms.txt`, `llms-full.txt` and the Markdown of each page into the site, for programs.

The format is that of https://llmstxt.org: a title, a summary, and for each section a list of
links to Markdown with a sentence about each.
"""

from __future__ import annotations

import re
from pathlib import Path

from tools.documentation.directives import DIRECTIVE, MEMBER
from tools.documentation.included import markdown_of
from tools.documentation.links import places, rewrite
from tools.documentation.nav import COMMENT, Page, all_pages, first_sentence, read_sections

SUMMARY = (
    "pronghorn is a Python framework for HTTP APIs. It runs programs written for FastAPI 0.165 "
    "with one changed import line, or unchanged, and answers more requests per second."
)
NOTES = (
    "A program imports from `pronghorn` what it would import from `fastapi`; both have the same "
    "modules and names. pronghorn is not on PyPI: install it from a checkout."
)


def write(site: Path) -> None:
    """Write the files into the folder of the site."""
    known = places()
    texts = {page.place: text_of(page, known) for page in all_pages()}
    for place, text in texts.items():
        target = site / place
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    (site / "llms.txt").write_text(overview(), encoding="utf-8")
    full = "\n\n---\n\n".join(text.strip() for text in texts.values())
    (site / "llms-full.txt").write_text(full + "\n", encoding="utf-8")


def overview() -> str:
    """Return the text of `llms.txt`."""
    lines = ["# pronghorn", "", f"> {SUMMARY}", "", NOTES]
    for section in read_sections():
        title = "Optional" if section.title == "Project" else section.title
        lines += ["", f"## {title}", ""]
        for page in section.pages:
            name = page.title.replace("`", "")
            lines.append(f"- [{name}]({page.place}): {_describe_page(page)}")
    return "\n".join(lines) + "\n"


def _describe_page(page: Page) -> str:
    """Return the purpose of a page and its first sentence."""
    purpose = page.purpose if page.purpose.endswith("?") else page.purpose and f"{page.purpose}."
    return f"{purpose} {first_sentence(page)}".strip()


def text_of(page: Page, known: dict[str, str]) -> str:
    """Return a page as Markdown that needs no other file: without comments, with its reference."""
    text, _ = rewrite(page.source, markdown_of(page), known)
    text = COMMENT.sub("", text)
    return DIRECTIVE.sub(_describe, text)


def _describe(found: re.Match[str]) -> str:
    # It needs griffe, and `overview` does not.
    from tools.documentation.described import describe

    return describe(found["name"], MEMBER.findall(found["options"]))
