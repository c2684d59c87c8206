"""The programs of others that tests need are found, or the message says what to install."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tools.programs import PROGRAMS, MissingProgramError

CHROMIUM = PROGRAMS["chromium"]


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
    assert CHROMIUM.find() is None
    chrome = make_program(folder / "google-chrome")
    assert CHROMIUM.prepare() == chrome
    chromium = make_program(folder / "chromium")
    assert CHROMIUM.prepare() == chromium


def test_another_one_may_be_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_program(folder / "chromium")
    monkeypatch.setenv("CHROMIUM", make_program(folder / "mine"))
    assert CHROMIUM.prepare() == str(folder / "mine")
    monkeypatch.setenv("CHROMIUM", "/absent/chromium")
    with pytest.raises(MissingProgramError, match=r"^CHROMIUM=/absent/chromium is not a program"):
        CHROMIUM.prepare()


@pytest.mark.usefixtures("folder")
def test_the_message_says_what_to_install() -> None:
    with pytest.raises(MissingProgramError, match="sudo apt-get install chromium"):
        CHROMIUM.prepare()


def run(*names: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tools.programs", *names]
    return subprocess.run(command, check=False, capture_output=True, text=True)


def test_the_command_prints_the_paths(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HAPROXY", make_program(folder / "haproxy"))
    monkeypatch.setenv("SSHD", make_program(folder / "sshd"))
    done = run("haproxy", "sshd")
    assert (done.returncode, done.stdout.split()) == (0, [f"{folder}/haproxy", f"{folder}/sshd"])


@pytest.mark.parametrize("names", [(), ("haproxi",)])
def test_the_command_says_what_it_knows(names: tuple[str, ...]) -> None:
    done = run(*names)
    assert done.returncode == 1
    assert "chromium, haproxy, redis, sshd" in done.stderr
