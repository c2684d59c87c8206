"""Relative links of the pages: what they lead to in a checkout, and where that is on the site.

On GitHub a page may link any file of the repository, such as `../examples/crud.py`. The site has
a page for each included file; a link to any other file outside of `docs` is a mistake.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from tools.documentation.nav import FENCED, PROJECT, all_pages

#: The target and the anchor of a link or of an image, with the title that may follow.
TARGET = re.compile(r"(?<=\]\()(?P<target>[^)#\s]*)(?P<rest>(?:#[^)\s]*)?(?:\s[^)]*)?)(?=\))")
HEADING = re.compile(r"^#{1,6} (.+?)\s*$", re.MULTILINE)
#: A scheme, such as `https:` or `mailto:`.
EXTERNAL = re.compile(r"[a-z][a-z0-9+.-]*:|//", re.IGNORECASE)


def places() -> dict[str, str]:
    """Return the path on the site of each file of the project that is a page there."""
    return {page.source: page.place for page in all_pages()}


def find_targets(text: str) -> Iterator[str]:
    """Yield the target of each relative link of a page, without its anchor."""
    for found in TARGET.finditer(FENCED.sub("", text)):
        if found["target"] and not EXTERNAL.match(found["target"]):
            yield found["target"]


def anchors_of(text: str) -> set[str]:
    """Return the anchors that GitHub and the site give to the headings of a page."""
    found: set[str] = set()
    for heading in HEADING.findall(FENCED.sub("", text)):
        slug = re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")
        found.add(slug)
    return found


def resolve(source: str, target: str) -> str:
    """Return the file that a link leads to, from the root of the project.

    Args:
        source: The file of the page, from the root of the project.
        target: The target, relative to the page. A folder means its `README.md`.
    """
    folder = PurePosixPath(source).parent
    found = os.path.normpath(folder / target)
    return f"{found}/README.md" if (PROJECT / found).is_dir() else found


def site_link(source: str, target: str, known: Mapping[str, str]) -> str | None:
    """Return the target of a link as the site needs it.

    Args:
        source: The file of the page, from the root of the project.
        target: The target in that file.
        known: The result of `places`.

    Returns:
        The target relative to the place of the page; None if the site does not have that file.
    """
    file = resolve(source, target)
    place = known.get(file)
    if place is None and file.startswith("docs/") and (PROJECT / file).is_file():
        place = file.removeprefix("docs/")  # A picture.
    if place is None:
        return None
    return os.path.relpath(place, PurePosixPath(known[source]).parent)


def rewrite(source: str, text: str, known: Mapping[str, str]) -> tuple[str, list[str]]:
    """Return a page with the links that the site needs, and the links that lead nowhere.

    Args:
        source: The file of the page, from the root of the project.
        text: Its Markdown.
        known: The result of `places`.
    """
    missing: list[str] = []

    def replace(found: re.Match[str]) -> str:
        target = found["target"]
        if not target or EXTERNAL.match(target):
            return found[0]
        link = site_link(source, target, known)
        if link is None:
            missing.append(target)
        return (link or target) + found["rest"]

    parts, end = [], 0
    for fence in FENCED.finditer(text):
        parts += [TARGET.sub(replace, text[end : fence.start()]), fence[0]]
        end = fence.end()
    parts.append(TARGET.sub(replace, text[end:]))
    return "".join(parts), missing
