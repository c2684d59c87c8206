"""Files: written once, kept if somebody has changed them, and whole at any time."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath

import pytest

from pronghorn.deploy.target import PlannedFile
from pronghorn.deploy.written import compare, text_of, write

FILE = PlannedFile(PurePosixPath("deploy/one.yaml"), "a: 1\n")
OTHER = PlannedFile(FILE.path, "a: 2\n")


def put(folder: Path, file: PlannedFile, *, force: bool = False) -> str:
    return write(folder, compare(folder, [file]), force=force)[0].what


def test_a_file_is_written_once(tmp_path: Path) -> None:
    assert put(tmp_path, FILE) == "Wrote deploy/one.yaml"
    assert (tmp_path / FILE.path).read_text().endswith("\na: 1\n")
    assert put(tmp_path, FILE) == ""
    assert put(tmp_path, OTHER) == "Wrote deploy/one.yaml"
    assert [path.name for path in (tmp_path / "deploy").iterdir()] == ["one.yaml"]


def test_a_file_that_was_changed_is_kept(tmp_path: Path) -> None:
    put(tmp_path, FILE)
    path = tmp_path / FILE.path
    path.write_text(path.read_text() + "b: 1\n")
    assert put(tmp_path, FILE).startswith("Kept deploy/one.yaml: you have changed it")
    assert path.read_text().endswith("b: 1\n")
    assert compare(tmp_path, [OTHER])[0].state == "both"
    assert put(tmp_path, FILE, force=True) == "Wrote deploy/one.yaml"
    assert path.read_text() == text_of(FILE)


def test_a_file_of_somebody_else_is_kept(tmp_path: Path) -> None:
    path = tmp_path / FILE.path
    path.parent.mkdir()
    path.write_text("b: 1\n")
    assert put(tmp_path, FILE).startswith("Kept deploy/one.yaml: pronghorn did not write it")
    assert path.read_text() == "b: 1\n"


def test_a_folder_that_cannot_be_made_is_an_error_of_the_system(tmp_path: Path) -> None:
    (tmp_path / "deploy").write_text("a file")
    with pytest.raises(OSError, match="deploy"):
        put(tmp_path, FILE)


def test_a_script_keeps_its_first_line_and_can_be_run(tmp_path: Path) -> None:
    script = PlannedFile(PurePosixPath("hooks/before"), "#!/bin/sh\necho done\n")
    put(tmp_path, script)
    path = tmp_path / script.path
    first, second, third = path.read_text().splitlines()
    assert (first, third) == ("#!/bin/sh", "echo done")
    assert second.startswith("# Written by pronghorn deploy")
    assert os.access(path, os.X_OK)
    assert put(tmp_path, script) == ""
    path.write_text(path.read_text() + "exit 1\n")
    assert put(tmp_path, script).startswith("Kept hooks/before: you have changed it")
