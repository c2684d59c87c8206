"""The options that callables unpack, read from the typed dictionaries that declare them."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from tools.stubs.docstrings import one_line
from tools.stubs.sources import find, homes_in, tree_of


@dataclass(frozen=True)
class Option:
    """One key of a typed dictionary, with expressions in the terms of its module.

    Attributes:
        name: The keyword.
        module: The module of the typed dictionary.
        type: The type of the value.
        notes: Other annotations, such as the mark of a deprecated option.
        default: The value of an absent option.
        documentation: The text below the key, on one line.
    """

    name: str
    module: str
    type: str
    notes: tuple[str, ...]
    default: str
    documentation: str


@cache
def options_of(module: str, name: str) -> dict[str, Option]:
    """Return the options of a typed dictionary, those of its bases first."""
    definition = find(module, name)
    assert isinstance(definition, ast.ClassDef)
    found: dict[str, Option] = {}
    for base in definition.bases:
        home, known_as = homes_in(module)[ast.unparse(base)]
        if known_as != "TypedDict":
            found |= options_of(home, known_as)
    return found | {option.name: option for option in _own_options(module, definition)}


def _own_options(module: str, definition: ast.ClassDef) -> Iterator[Option]:
    body = definition.body
    for statement, following in zip(body, [*body[1:], None], strict=True):
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            documentation = one_line(inspect.cleandoc(text_of(following)))
            yield _option(module, statement.target.id, statement.annotation, documentation)


def _option(module: str, name: str, annotation: ast.expr, documentation: str) -> Option:
    default, notes = "None", []
    if isinstance(annotation, ast.Constant):  # A type of a higher layer, in quotes.
        annotation = ast.parse(str(annotation.value), mode="eval").body
    if isinstance(annotation, ast.Subscript) and ast.unparse(annotation.value) == "Annotated":
        assert isinstance(annotation.slice, ast.Tuple)
        annotation, *metadata = annotation.slice.elts
        for note in metadata:
            value = _default_in(module, note)
            if value is None:
                notes.append(ast.unparse(note))
            else:
                default = value
    return Option(name, module, ast.unparse(annotation), tuple(notes), default, documentation)


def _default_in(module: str, note: ast.expr) -> str | None:
    """Return the value in `DefaultIs(...)`, or None for another annotation."""
    if isinstance(note, ast.Name):  # A constant such as `UNSET = DefaultIs(_Unset)`.
        home, known_as = homes_in(module)[note.id]
        note = _constant(home, known_as)
    if isinstance(note, ast.Call) and ast.unparse(note.func) == "DefaultIs":
        return ast.unparse(note.args[0])
    return None


def _constant(module: str, name: str) -> ast.expr:
    for statement in tree_of(module).body:
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == name:
            return statement.value
    raise LookupError(f"{module} does not assign {name}")


def text_of(statement: ast.stmt | None) -> str:
    """Return the text of a statement that is only a string; "" for another one."""
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
        return str(statement.value.value)
    return ""
