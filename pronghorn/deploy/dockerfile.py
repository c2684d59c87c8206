"""Read a Dockerfile: its stages and their instructions."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

__all__ = ["Instruction", "Stage", "read_stages"]

_DIRECTIVE = re.compile(r"#\s*(\w+)\s*=\s*(\S+)\s*")
_HEREDOC = re.compile(r"<<-?(['\"]?)(\w+)\1")
# Instructions whose arguments may begin a here-document.
_WITH_HEREDOC = frozenset(["RUN", "COPY", "ADD"])
_FLAG = re.compile(r"--[a-z-]+(?:=(?:\"[^\"]*\"|\S+))?\s+")
_USE = re.compile(r"\$(?:\{(\w+)(?::?-([^}]*))?\}|(\w+))")


@dataclass(frozen=True)
class Instruction:
    """An instruction of a Dockerfile.

    Attributes:
        name: Its name in capitals, such as `COPY`.
        text: Its arguments in one line, without its options.
        options: Its options, such as `--from=build`.
        line: The number of its first line.
    """

    name: str
    text: str
    options: tuple[str, ...]
    line: int

    @property
    def items(self) -> list[str] | None:
        """The arguments if they are a JSON list of strings; None if a shell reads them."""
        if not self.text.startswith("["):
            return None
        try:
            found = json.loads(self.text)
        except ValueError:
            return None
        is_list = isinstance(found, list) and all(isinstance(item, str) for item in found)
        return found if is_list else None

    @property
    def words(self) -> list[str]:
        """The arguments, whichever way they are written."""
        items = self.items
        return items if items is not None else self.text.split()


@dataclass
class Stage:
    """A stage, which begins with `FROM`.

    Attributes:
        base: The image or the earlier stage on which it is built.
        name: Its name, in lower case; empty if it has none.
        instructions: Those after `FROM`.
        parent: The earlier stage on which it is built; None if its base is an image.
    """

    base: str
    name: str
    instructions: list[Instruction] = field(default_factory=list)
    parent: Stage | None = None

    def find(self, *names: str) -> Iterator[Instruction]:
        """Yield instructions by name, those of earlier stages on which it is built first."""
        if self.parent is not None:
            yield from self.parent.find(*names)
        yield from (one for one in self.instructions if one.name in names)


def read_stages(text: str) -> list[Stage]:
    """Return the stages of a Dockerfile; the last one is the image.

    Variables with a default (`ARG`, `ENV`) are replaced in `FROM` and `USER` only.
    """
    stages: list[Stage] = []
    known: dict[str, str] = {}
    for one in read_instructions(text):
        if one.name in {"ARG", "ENV"}:
            known.update(_read_defaults(one))
        if one.name == "FROM":
            stages.append(_begin(one, stages, known))
        elif stages:
            filled = _fill(one.text, known) if one.name == "USER" else one.text
            stages[-1].instructions.append(Instruction(one.name, filled, one.options, one.line))
    return stages


def _begin(one: Instruction, stages: list[Stage], known: dict[str, str]) -> Stage:
    words = _fill(one.text, known).split() or [""]
    has_name = len(words) == 3 and words[1].upper() == "AS"
    stage = Stage(words[0], words[2].lower() if has_name else "")
    stage.parent = next((s for s in stages if s.name and s.name == stage.base.lower()), None)
    return stage


def _fill(text: str, known: dict[str, str]) -> str:
    return _USE.sub(lambda use: known.get(use[1] or use[3], use[2] or use[0]), text)


def _read_defaults(one: Instruction) -> dict[str, str]:
    return {name: value for name, value in read_assignments(one) if value}


def read_assignments(one: Instruction) -> list[tuple[str, str]]:
    """Return the names and values of `ARG`, `ENV` or `LABEL`; the value of a bare name is empty."""
    pairs = re.findall(r"([^\s=\"']+)=(\"(?:\\.|[^\"])*\"|'[^']*'|(?:\\.|\S)*)", one.text)
    if pairs:
        return [(name, value.strip("\"'")) for name, value in pairs]
    name, _, value = one.text.partition(" ")
    return [(name, value.strip())]


def read_instructions(text: str) -> Iterator[Instruction]:
    """Yield the instructions of a Dockerfile, each joined to one line."""
    lines = text.removeprefix("\ufeff").splitlines()
    escape = _find_escape(lines)
    at = 0
    while at < len(lines):
        start = at
        line, at = _join_lines(lines, at, escape)
        if line:
            one = _make(line, start + 1)
            at = _skip_documents(one, lines, at)
            yield one


def _join_lines(lines: list[str], at: int, escape: str) -> tuple[str, int]:
    """Return a line with those that continue it, and the number of the line after them.

    Returns:
        An empty line if there is a comment or nothing. A comment between lines of an instruction
        does not end it.
    """
    parts: list[str] = []
    while at < len(lines):
        line = lines[at].strip()
        at += 1
        is_comment = line.startswith("#") or not line
        if is_comment and parts:
            continue
        goes_on = line.endswith(escape) and not is_comment
        if not is_comment:
            parts.append(line[:-1].strip() if goes_on else line)
        if not goes_on:
            break
    return " ".join(parts), at


def _find_escape(lines: list[str]) -> str:
    """Return the character that continues a line: a backslash unless a directive says otherwise."""
    for line in lines:
        found = _DIRECTIVE.fullmatch(line.strip())
        if found is None:
            break
        if found[1].lower() == "escape":
            return found[2]
    return "\\"


def _make(line: str, number: int) -> Instruction:
    name, _, rest = line.partition(" ")
    rest, options = rest.strip(), []
    while found := _FLAG.match(rest):
        options.append(found[0].strip())
        rest = rest[found.end() :].strip()
    return Instruction(name.upper(), rest, tuple(options), number)


def _skip_documents(one: Instruction, lines: list[str], at: int) -> int:
    """Return the number of the line after the here-documents of an instruction."""
    if one.name not in _WITH_HEREDOC:
        return at
    for found in _HEREDOC.finditer(one.text):
        while at < len(lines) and lines[at].strip() != found[2]:
            at += 1
        at += 1
    return at
