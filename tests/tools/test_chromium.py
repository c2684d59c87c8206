"""The browser of the tests is found, or the message says what to install."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.chromium import MissingChromiumError, find_chromium, prepare_chromium


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder on the PATH, so that nothing can be installed."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CHROMIUM", raising=False)
    return tmp_path


def make_program(path: Path) -> str:
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return str(path)


def test_the_first_name_on_the_path_is_taken(folder: Path) -> None:
    assert find_chromium() is None
    chrome = make_program(folder / "google-chrome")
    assert prepare_chromium() == chrome
    chromium = make_program(folder / "chromium")
    assert prepare_chromium() == chromium


def test_another_one_may_be_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_program(folder / "chromium")
    monkeypatch.setenv("CHROMIUM", make_program(folder / "mine"))
    assert prepare_chromium() == str(folder / "mine")
    monkeypatch.setenv("CHROMIUM", "/absent/chromium")
    with pytest.raises(MissingChromiumError, match=r"^CHROMIUM=/absent/chromium is not a program"):
        prepare_chromium()


@pytest.mark.usefixtures("folder")
def test_the_message_says_what_to_install() -> None:
    with pytest.raises(MissingChromiumError, match="sudo apt-get install chromium"):
        prepare_chromium()
