"""Judge whether the files of a project name all packages that its image installs.

A base of one's own, a variable, a file from somewhere else, or a tool with lists of its own may
bring any package. Then nobody knows before the image is built.
"""

from __future__ import annotations

import importlib.metadata
import re
from collections.abc import Collection
from pathlib import Path, PurePosixPath
from typing import Any

from pronghorn.deploy.dockerfile import Instruction, Stage, read_stages

__all__ = ["UNREADABLE", "names_all_packages"]

#: A line in place of those of a file that is no text in UTF-8.
UNREADABLE = "?"
# Images without packages; uv's are a source of its program.
_BASE = re.compile(r"(?:(?:docker\.io/)?(?:library/)?python|ghcr\.io/astral-sh/uv)(?:[:@].*)?")
# Programs that install nothing for the Python of these images.
_HARMLESS = frozenset(
    [
        *("addgroup", "adduser", "apk", "apt", "apt-get", "chmod", "chown", "echo", "groupadd"),
        *("install", "mkdir", "rm", "set", "touch", "true", "useradd"),
    ]
)
_PYTHON = re.compile(r"python[0-9.]*")
_PIP = re.compile(r"pip[0-9.]*")
_INSTALLERS = frozenset(["pip", "setuptools", "uv", "wheel"])
_SEPARATOR = re.compile(r"&&|\|\||[;|&]")
# What a shell replaces or runs, and packages by their place.
_ELSEWHERE = re.compile(r"[$`]|<<|://|git\+|\.whl|\.tar|\.tgz|\.zip")
_OF_FILE = re.compile(r"(?:-r|--requirements?)[=\s]*(\S+)")
_OF_PROJECT = re.compile(r"(?:(?:-e|--editable)[=\s]*)?\.(?:\[[^\]]*\])?")
# Options of files with requirements that add none: of hashes, of indexes, constraints.
_ADDS_NONE = re.compile(r"-[cif]\b|--(?!requirement|editable)[a-z]")
_NAMED = re.compile(r"([a-z0-9][\w.-]*)\s*(?:\[[^\]$]*\]\s*)?(?:[@=<>~!;(,].*)?", re.IGNORECASE)
_OF_PROJECTS = ("pyproject.toml", "setup.py", "requirements.txt")
# Options of `pip install` that have a value.
_WITH_VALUE = frozenset(
    [
        *("-c", "--constraint", "--cache-dir", "-f", "--find-links", "-i", "--index-url"),
        *("--extra-index-url", "--prefix", "-p", "--python", "--timeout", "--retries"),
    ]
)
# Tools that have lists of requirements of their own, or take packages from elsewhere.
_TOOLS = (
    *(("poetry",), ("pdm",), ("hatch", "envs"), ("rye",), ("pixi",)),
    *(("uv", "workspace"), ("uv", "sources"), ("uv", "dev-dependencies")),
)

Lines = dict[str, list[str]]


def names_all_packages(
    folder: Path, dockerfile: str, document: dict[str, Any], lines: Lines
) -> bool:
    """Return whether an image has only what files require, and what that requires.

    Args:
        folder: The folder of the project.
        dockerfile: The path of the Dockerfile in it.
        document: The content of `pyproject.toml`.
        lines: The requirements of each file that has some, line by line.
    """
    if not _is_plain_project(folder, document):
        return False
    own = _get(document, "project", "name")
    if not all(_is_plain_line(line, str(own), lines) for found in lines.values() for line in found):
        return False
    try:
        stages = read_stages((folder / dockerfile).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        return False
    names = {stage.name for stage in stages if stage.name}
    if any(_leads_elsewhere(folder, stage) for stage in stages):
        return False
    return all(_is_plain_stage(stage, names, lines) for stage in stages)


def _get(document: Any, *keys: str) -> Any:
    for key in keys:
        document = document.get(key) if isinstance(document, dict) else None
    return document


def _is_plain_project(folder: Path, document: dict[str, Any]) -> bool:
    if any((folder / name).exists() for name in ("setup.py", "setup.cfg")):
        return False
    dynamic = _get(document, "project", "dynamic") or []
    if "dependencies" in dynamic or "optional-dependencies" in dynamic:
        return False
    return all(_get(document, "tool", *keys) is None for keys in _TOOLS)


def _is_plain_line(line: str, own: str, lines: Lines) -> bool:
    """Return whether a line of requirements names a package that is known here, or none."""
    text = re.split(r"\s+(?:#|--|\\$)", line.strip())[0]
    if not text or text.startswith("#") or _OF_PROJECT.fullmatch(text):
        return True
    if found := _OF_FILE.fullmatch(text):
        return _is_read(found[1], lines)
    if text.startswith("-"):
        return _ADDS_NONE.match(text) is not None
    return _is_known(text, own)


def _is_known(requirement: str, own: str = "") -> bool:
    """Return whether it is known what a package requires."""
    found = _NAMED.fullmatch(requirement)
    if found is None:
        return False
    if found[1].lower() in {own.lower(), "pronghorn"} | _INSTALLERS:
        return True
    try:
        importlib.metadata.distribution(found[1])
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def _is_read(path: str, lines: Lines) -> bool:
    return any(f"/{path}".endswith(f"/{file}") or file.endswith(f"/{path}") for file in lines)


# --- the Dockerfile ---------------------------------------------------------------------------


def _is_plain_stage(stage: Stage, names: Collection[str], lines: Lines) -> bool:
    if stage.parent is None and not _BASE.fullmatch(stage.base.lower()):
        return False
    return all(
        _is_plain_run(one, lines) if one.name == "RUN" else _is_plain_copy(one, names, lines)
        for one in stage.find("RUN", "COPY", "ADD")
    )


def _leads_elsewhere(folder: Path, stage: Stage) -> bool:
    """Return whether a stage works in, or copies, another project that the folder contains."""
    for one in stage.find("WORKDIR", "COPY", "ADD"):
        for word in one.words if one.name == "WORKDIR" else one.words[:-1]:
            parts = [part for part in PurePosixPath(word).parts if part not in {"/", "."}]
            inner = [folder.joinpath(*parts[at:]) for at in range(len(parts))]
            if any((each / name).is_file() for each in inner for name in _OF_PROJECTS):
                return True
            if len(parts) > 1 and parts[-1] in _OF_PROJECTS:
                return True
    return False


def _is_plain_copy(one: Instruction, names: Collection[str], lines: Lines) -> bool:
    """Return whether an instruction copies no packages, except from a stage that is judged, too."""
    for option in one.options:
        if option.startswith("--from="):
            source = option.removeprefix("--from=").lower()
            return source in names or source.isdecimal() or _BASE.fullmatch(source) is not None
    if _ELSEWHERE.search(one.text) or "venv" in one.text or "site-packages" in one.text:
        return False
    lists = [word.removeprefix("./") for word in one.words[:-1] if "requirements" in word]
    return all("*" in word or word.strip("/") in {*lines, "requirements"} for word in lists)


def _is_plain_run(one: Instruction, lines: Lines) -> bool:
    if _ELSEWHERE.search(one.text):
        return False
    text = " ".join(one.words)
    return all(_is_plain_command(part.split(), lines) for part in _SEPARATOR.split(text))


def _is_plain_command(words: list[str], lines: Lines) -> bool:
    """Return whether a command installs nothing, or what `lines` and its own words name."""
    while words and re.fullmatch(r"\w+=\S*", words[0]):
        words = words[1:]
    plain = [word.strip("\"'") for word in words] or ["true"]
    program = PurePosixPath(plain[0]).name
    if _PYTHON.fullmatch(program) and plain[1:2] == ["-m"]:
        plain = plain[2:] or ["true"]
        program = "true" if plain[0] in {"venv", "compileall"} else plain[0]
    if program == "uv" and plain[1:2] == ["pip"]:
        program, plain = "pip", plain[1:]
    if program == "uv":
        return plain[1:2] in (["sync"], ["venv"])
    if _PIP.fullmatch(program):
        return plain[1:2] == ["install"] and _is_plain_install(plain[2:], lines)
    return program in _HARMLESS


def _is_plain_install(words: list[str], lines: Lines) -> bool:
    """Return whether the arguments of `pip install` name packages that are known here."""
    waiting = list(reversed(words))
    while waiting:
        word = waiting.pop()
        if word in {"-r", "--requirement", "--requirements", "-e", "--editable"} and waiting:
            word += f" {waiting.pop()}"
        if word in _WITH_VALUE and waiting:
            waiting.pop()
        elif word.startswith("-") and not word.startswith(("-r", "--requirement", "-e", "--edit")):
            continue  # What it adds is not a package, or has a place, which is refused above.
        elif not _is_plain_line(word, "", lines):
            return False
    return True
