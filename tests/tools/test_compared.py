"""A release of a library that nobody has compared is said clearly."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools import compared
from tools.ecosystem import read_requirements


def test_the_pinned_releases_are_compared() -> None:
    pinned = dict(line.split("==") for line in read_requirements() if "==" in line)
    for name, (releases, _) in compared.KNOWN.items():
        assert pinned[name].startswith(tuple(releases)), name


def test_a_new_release_is_named_with_the_file_to_change(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(compared.KNOWN, "sentry-sdk", (("2.75.",), "known.py"))
    monkeypatch.setattr(compared, "ask_newest", lambda python, name: "2.76.1")

    (sentence,) = compared.find_uncompared(Path("python"), "test_sentry")
    assert sentence == (
        "sentry-sdk 2.76.1 is released, and known.py knows only 2.75.x: programs with it take the "
        "slower way. Read its changes, then follow CONTRIBUTING.md, Names of other packages."
    )
    assert list(compared.find_uncompared(Path("python"), "test_logfire")) == []


@pytest.mark.parametrize(("newest", "count"), [("2.75.9", 0), (None, 1)])
def test_nothing_is_said_of_a_compared_release(
    monkeypatch: pytest.MonkeyPatch, newest: str | None, count: int
) -> None:
    monkeypatch.setitem(compared.KNOWN, "sentry-sdk", (("2.75.",), "known.py"))
    monkeypatch.setattr(compared, "ask_newest", lambda python, name: newest)

    assert len(list(compared.find_uncompared(Path("python"), "test_sentry"))) == count
