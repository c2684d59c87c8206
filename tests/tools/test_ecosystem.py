"""The programs on libraries: their list, and their runs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tools.ecosystem import ROOT, check_names, command, programs, read_requirements, suites
from tools.environment import PreparationError


def test_requirements_have_no_comments() -> None:
    requirements = read_requirements()

    assert requirements
    assert not any("#" in line or line != line.strip() for line in requirements)


def test_programs_are_chosen_by_a_part_of_their_name() -> None:
    assert [file.stem for file in programs(["sentry"])] == ["test_sentry"]
    assert len(programs([])) > 20


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(PreparationError, match=r"'nothing'.*sentry.*optimade"):
        check_names(["sentry", "nothing"])


def test_an_application_is_chosen_by_a_part_of_its_name() -> None:
    assert [suite.name for suite in suites(["optim"])] == ["optimade"]
    assert programs(["optim"]) == []


def test_the_alias_is_in_place_unless_fastapi_itself_is_wanted() -> None:
    file = Path("test_sentry.py")

    assert "pronghorn.as_fastapi" in command(Path("python"), file, reference=False)
    assert "pronghorn.as_fastapi" not in command(Path("python"), file, reference=True)


def test_the_page_names_the_versions_that_are_tested() -> None:
    page = (ROOT / "docs/how-to/libraries.md").read_text(encoding="utf-8").lower()
    shown = dict(re.findall(r"pypi\.org/project/([a-z0-9.-]+)/\) \| ([0-9a-z.]+) \|", page))
    tested = {}
    for requirement in read_requirements():
        name, found, version = requirement.partition("==")
        if found:
            tested[name.partition("[")[0].lower()] = version

    assert shown == tested
    assert len(programs([])) == len(tested)
