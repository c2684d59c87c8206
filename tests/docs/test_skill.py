"""The agent skill is where tools look for it, and says what it is for."""

from __future__ import annotations

import re
import tomllib
from importlib.resources import files
from typing import Any

import pytest
import typer.main
import yaml

from pronghorn.cli.app import commands
from tests.docs.test_examples import ROOT, SKILL

COMMANDS: dict[str, Any] = typer.main.get_group(commands).commands  # type: ignore[attr-defined]
FRONT, _, BODY = SKILL.read_text(encoding="utf-8").removeprefix("---\n").partition("\n---\n")


def test_it_is_a_part_of_the_package() -> None:
    assert files("pronghorn").joinpath(".agents/skills/pronghorn/SKILL.md").is_file()
    built = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["hatch"]["build"]
    assert built["targets"]["wheel"]["packages"] == ["pronghorn"]
    assert SKILL.is_relative_to(ROOT / "pronghorn")


def test_its_front_matter_has_the_name_of_its_folder_and_a_description() -> None:
    front = yaml.safe_load(FRONT)
    assert set(front) == {"name", "description"}
    assert front["name"] == SKILL.parent.name
    assert re.fullmatch(r"[a-z0-9-]{1,64}", front["name"])
    assert 50 < len(front["description"]) <= 1024


def test_it_is_short() -> None:
    assert len(BODY.splitlines()) < 250


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_it_names_every_command(command: str) -> None:
    assert f"`pronghorn {command} " in BODY
