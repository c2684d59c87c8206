"""Every page has one place in the menu, a table that names it, an end, and links to what exists."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from pathlib import Path

import pytest

from tools.documentation import llms
from tools.documentation.index import write_tables
from tools.documentation.links import (
    EXTERNAL,
    TARGET,
    anchors_of,
    find_targets,
    places,
    resolve,
    rewrite,
    site_link,
)
from tools.documentation.nav import (
    DOCS,
    FENCED,
    HOME,
    NAV,
    PROJECT,
    all_pages,
    first_sentence,
    read_sections,
)

PAGES = sorted(path.relative_to(PROJECT).as_posix() for path in DOCS.rglob("*.md"))
INCLUDED = [page.source for page in all_pages() if page.source.endswith(".md")]
PLACES = places()
#: The last section of a page.
ENDING = re.compile(r"^## (?:Next|What to read next)\n\n(.*)\Z", re.DOTALL | re.MULTILINE)
#: A list, or a fence, that is indented by less than four spaces is one on GitHub only.
TOO_LITTLE = re.compile(r"^ {1,3}(?:[-*+] |\d+\. |```)", re.MULTILINE)


def read(source: str) -> str:
    return (PROJECT / source).read_text(encoding="utf-8")


def named_places() -> list[str]:
    """Return every path that `docs/nav.toml` names, whether it exists or not."""
    tables = tomllib.loads(NAV.read_text(encoding="utf-8"))["section"]
    parts = [part for table in tables for part in [table, *table.get("group", ())]]
    return [place for part in parts for place in part.get("pages", {})]


@pytest.mark.parametrize("page", PAGES)
def test_a_page_has_one_place_in_the_menu(page: str) -> None:
    place = page.removeprefix("docs/")
    assert [HOME, *named_places()].count(place) == 1, f"docs/nav.toml does not have {place} once"


def test_the_menu_names_no_page_twice_and_says_what_each_is_for() -> None:
    assert [place for place, count in Counter(named_places()).items() if count > 1] == []
    assert [p.place for s in read_sections() if s.column for p in s.pages if not p.purpose] == []


def test_the_tables_of_the_index_are_those_of_the_menu() -> None:
    text = read(f"docs/{HOME}")
    assert write_tables(text) == text, "run `make docs-index`"


def test_the_index_has_a_table_for_each_section_with_a_column() -> None:
    tables = re.findall(r"<!-- pages: (.+?) -->", read(f"docs/{HOME}"))
    assert tables == [section.title for section in read_sections() if section.column]


@pytest.mark.parametrize("page", [page for page in PAGES if page != f"docs/{HOME}"])
def test_the_index_links_a_page(page: str) -> None:
    assert page.removeprefix("docs/") in set(find_targets(read(f"docs/{HOME}")))


@pytest.mark.parametrize("page", PAGES)
def test_a_page_ends_with_what_to_read_next(page: str) -> None:
    ending = ENDING.search(read(page))
    assert ending is not None, f"{page} does not end with a section '## Next'"
    assert "\n#" not in ending[1], f"{page} has a section behind '## Next'"
    targets = list(find_targets(ending[1]))
    assert 2 <= len(targets) <= 6
    assert [target for target in targets if not (PROJECT / resolve(page, target)).is_file()] == []


@pytest.mark.parametrize("page", PAGES)
def test_a_page_begins_with_its_only_title(page: str) -> None:
    titles = re.findall(r"^# .+$", FENCED.sub("", read(page)), re.MULTILINE)
    assert len(titles) == 1
    assert read(page).startswith(titles[0])


@pytest.mark.parametrize("page", [*INCLUDED, "README.md"])
def test_links_lead_to_files(page: str) -> None:
    missing = [
        target
        for target in find_targets(read(page))
        if not (PROJECT / resolve(page, target)).is_file()
    ]
    assert missing == []


@pytest.mark.parametrize("page", INCLUDED)
def test_the_site_has_what_its_pages_link(page: str) -> None:
    _, missing = rewrite(page, read(page), PLACES)
    assert missing == [], "name the file under `included` in docs/nav.toml"


@pytest.mark.parametrize("page", [*INCLUDED, "README.md"])
def test_links_lead_to_headings(page: str) -> None:
    missing = []
    for found in TARGET.finditer(FENCED.sub("", read(page))):
        target, anchor = found["target"], found["rest"].split()[0] if found["rest"] else ""
        if EXTERNAL.match(target) or not anchor.startswith("#") or anchor.startswith("#pronghorn."):
            continue
        file = resolve(page, target) if target else page
        if file.endswith(".md") and anchor[1:] not in anchors_of(read(file)):
            missing.append(target + anchor)
    assert missing == []


@pytest.mark.parametrize("page", INCLUDED)
def test_lists_and_code_inside_a_list_are_indented_by_four_spaces(page: str) -> None:
    text = FENCED.sub(lambda found: found[0].partition("\n")[0], read(page))
    assert TOO_LITTLE.findall(text) == []


def test_llms_txt_names_every_page_and_says_something_of_each() -> None:
    listed = re.findall(r"^- \[[^\]]+\]\(([^)]+)\): (.+)$", llms.overview(), re.MULTILINE)
    assert [place for place, _ in listed] == [page.place for page in all_pages()[1:]]
    assert llms.overview().startswith("# pronghorn\n\n> ")


def test_a_first_sentence_is_text_without_code_and_links() -> None:
    page = next(page for page in all_pages() if page.place == "how-to/deploy.md")
    assert first_sentence(page) == "`pronghorn run` serves in production."


@pytest.mark.parametrize(
    ("source", "target", "expected"),
    [
        ("docs/tutorial/errors.md", "../how-to/deploy.md", "../how-to/deploy.md"),
        ("docs/tutorial/websockets.md", "../../examples/chat.py", "../examples/chat.md"),
        ("docs/index.md", "../examples/shop", "examples/shop.md"),
        ("CHANGELOG.md", "docs/how-to/deploy.md", "how-to/deploy.md"),
        ("examples/README.md", "crud.py", "crud.md"),
        ("docs/performance.md", "performance/bench.svg", "performance/bench.svg"),
        ("docs/index.md", "../pyproject.toml", None),
        ("docs/index.md", "nowhere.md", None),
    ],
)
def test_a_link_becomes_that_of_the_site(source: str, target: str, expected: str | None) -> None:
    assert site_link(source, target, PLACES) == expected


def test_links_in_code_stay_as_they_are() -> None:
    text = "[a](../examples/crud.py#x)\n\n```text\n[a](../examples/crud.py)\n```\n"
    assert rewrite("docs/index.md", text, PLACES) == (
        "[a](examples/crud.md#x)\n\n```text\n[a](../examples/crud.py)\n```\n",
        [],
    )


def test_every_page_of_the_site_is_a_file_of_the_project() -> None:
    assert [page.source for page in all_pages() if not Path(PROJECT, page.source).is_file()] == []
