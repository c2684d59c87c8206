"""A Python from Debian's packages is unpacked once, and a machine that cannot have it says why."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tools import debian_python


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the user's cache, empty; no program is on the PATH."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    return tmp_path / "pronghorn"


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "tools/debian_python.py", *arguments]
    return subprocess.run(command, check=False, capture_output=True, text=True)


def test_an_interpreter_that_is_there_is_returned_at_once(cache: Path) -> None:
    interpreter = cache / "python3.14" / "usr" / "bin" / "python3.14"
    interpreter.parent.mkdir(parents=True)
    interpreter.symlink_to(sys.executable)

    result = run("3.14")

    assert (result.returncode, result.stdout) == (0, f"{interpreter}\n")


def test_a_machine_without_the_tools_says_which_is_missing(
    cache: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(debian_python, "KEYRING", cache.parent)

    assert debian_python.main(["3.14"]) == 1

    assert capsys.readouterr().err == "apt-get is needed and is not on this machine.\n"
    assert not (cache / "python3.14").exists()


def test_a_machine_without_the_keys_of_debian_says_how_to_get_them(
    cache: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(debian_python, "KEYRING", cache / "missing.gpg")

    assert debian_python.main(["3.14"]) == 1

    assert "missing.gpg is missing: install debian-archive-keyring." in capsys.readouterr().err


def test_an_interpreter_that_does_not_start_is_unpacked_again(
    cache: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    interpreter = cache / "python3.14" / "usr" / "bin" / "python3.14"
    interpreter.parent.mkdir(parents=True)
    interpreter.write_text("half of a file", encoding="utf-8")
    interpreter.chmod(0o755)
    monkeypatch.setattr(debian_python, "KEYRING", cache.parent)

    assert debian_python.main(["3.14"]) == 1

    assert "apt-get is needed" in capsys.readouterr().err
    assert not interpreter.exists()


def test_a_cache_that_cannot_be_written_is_named(cache: Path) -> None:
    cache.touch()

    result = run("3.14")

    assert result.returncode == 1
    assert str(cache) in result.stderr
    assert "Traceback" not in result.stderr
