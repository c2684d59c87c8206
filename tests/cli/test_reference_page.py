"""The reference of the command has every command, option and default, and no other."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import typer.main

import pronghorn
from pronghorn.cli.app import commands

PAGE = Path(pronghorn.__file__).parent.parent / "docs" / "reference" / "cli.md"
COMMANDS: dict[str, Any] = typer.main.get_group(commands).commands  # type: ignore[attr-defined]
PARTS = re.split(r"^## (.*)\n", PAGE.read_text(), flags=re.MULTILINE)[1:]
TEXTS = dict(zip(PARTS[::2], PARTS[1::2], strict=True))
SECTIONS = {
    heading.split()[1].strip("`"): text
    for heading, text in TEXTS.items()
    if heading.startswith("`pronghorn ")
}
OPTION = re.compile(r"(?<![\w-])--?[a-z][a-z-]*")
#: The options that all commands share.
FINDING = TEXTS["Where the app is"]


def parameters_of(command: str) -> list[Any]:
    """The parameters of a command, or of all commands in a group."""
    found = COMMANDS[command]
    return [
        parameter
        for one in (found, *getattr(found, "commands", {}).values())
        for parameter in one.params
    ]


def options_of(command: str) -> set[str]:
    return {
        name
        for parameter in parameters_of(command)
        for name in (*parameter.opts, *parameter.secondary_opts)
        if name.startswith("-") and name not in {"-h", "--help"}
    }


def described(command: str) -> set[str]:
    """The options in the tables and the text of a section."""
    return set(OPTION.findall(" ".join(re.findall(r"`([^`\n]*)`", SECTIONS[command]))))


def test_every_command_has_a_section() -> None:
    assert set(SECTIONS) == set(COMMANDS)


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_option_is_described(command: str) -> None:
    text = described(command) | set(OPTION.findall(FINDING))
    if command == "run":
        text |= described("dev")
    assert options_of(command) - text == set()


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_no_other_option_is_described(command: str) -> None:
    assert described(command) - options_of(command) - {"--help", "-h"} <= MENTIONED.get(
        command, set()
    )


#: Options that a section mentions although its own command has not got them.
MENTIONED: dict[str, set[str]] = {"run": {"--reload-dir", "--page"}}


@pytest.mark.parametrize("command", ["dev", "run"])
def test_defaults_are_those_of_the_command(command: str) -> None:
    rows = re.findall(r"^\| `(--[a-z-]+)[^|]*\| ([^|]*) \|", SECTIONS[command], re.MULTILINE)
    defaults = {
        parameter.opts[0]: parameter.default
        for parameter in COMMANDS[command].params
        if parameter.opts[0].startswith("--")
    }
    for option, text in rows:
        default = defaults[option]
        if default is True or default is False:
            assert text == ("on" if default else "off"), option
        elif default not in {None, ""}:
            assert str(default) in text, option
        else:
            assert text, option


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_option_has_help(command: str) -> None:
    for parameter in parameters_of(command):
        assert parameter.help, parameter.name
        assert parameter.help.rstrip(".") != parameter.help, parameter.name
    for one in (COMMANDS[command], *getattr(COMMANDS[command], "commands", {}).values()):
        assert "Examples:" in one.help
