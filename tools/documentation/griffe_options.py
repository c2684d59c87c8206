"""Show the options of a callable, which are the keys of a `TypedDict`, as its parameters.

A griffe extension: `**options: Unpack[RouteOptions]` with a line for `options` in its docstring
gets one row for each key, with the type, the default and the docstring of the key. A method whose
docstring refers to another one has no such line, and keeps it short.

The reference is made of the sources. Stub files repeat every option for editors, so griffe, which
would mix both, reads no stubs here; only their order of the options is taken, that of use.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from textwrap import dedent
from typing import Any

import griffe

from tools.documentation.nav import PROJECT

PACKAGE = PROJECT / "pronghorn"

griffe.ModuleFinder.extensions_set.discard(".pyi")
#: The defaults that stand for "not given".
NOT_GIVEN = {"UNSET": "Undefined"}


class ShowOptions(griffe.Extension):
    """Adds the options to the parameters of each docstring."""

    def on_package(self, *, pkg: griffe.Module, loader: griffe.GriffeLoader, **kwargs: Any) -> None:
        """Change the docstrings of the package after it was loaded."""
        if pkg.name == "pronghorn":
            for documented in _find_docstrings(pkg):
                _write_markdown(documented)
            for function in _functions(pkg):
                _show_options(function, loader)


def _find_docstrings(parent: griffe.Module | griffe.Class) -> Iterator[griffe.Docstring]:
    members = [each for each in parent.members.values() if isinstance(each, griffe.Object)]
    yield from (each.docstring for each in [parent, *members] if each.docstring is not None)
    for member in members:
        if isinstance(member, griffe.Module | griffe.Class):
            yield from _find_docstrings(member)


def _write_markdown(docstring: griffe.Docstring) -> None:
    """Turn `::` before indented code, which Python's own help shows, into what Markdown has."""
    docstring.value = re.sub(r"::(?=\n\s*\n)", ":", docstring.value)


def _functions(parent: griffe.Module | griffe.Class) -> Iterator[griffe.Function]:
    for member in parent.members.values():
        if isinstance(member, griffe.Function):
            yield member
        elif isinstance(member, griffe.Module | griffe.Class):
            yield from _functions(member)


def _show_options(function: griffe.Function, loader: griffe.GriffeLoader) -> None:
    for parameter in [each for each in function.parameters if each.name.startswith("_")]:
        del function.parameters[parameter.name]  # A field of a dataclass that is not for programs.
    options = options_of(function, loader)
    for parameter in function.parameters:
        if parameter.kind is griffe.ParameterKind.var_keyword and options is not None:
            parameter.annotation = None  # A signature says `**options`; the rows below say which.
    # The parameters of a class are in the docstring of the class.
    documented = function.docstring or (
        function.parent.docstring if function.name == "__init__" and function.parent else None
    )
    if options is None or documented is None:
        return
    documented.parser = documented.parser or griffe.Parser.google
    for section in documented.parsed:
        if not isinstance(section, griffe.DocstringSectionParameters):
            continue
        names = [row.name.lstrip("*") for row in section.value]
        if "options" in names:
            at = names.index("options")
            section.value[at : at + 1] = [
                row for row in rows_of(options, loader) if row.name not in names
            ]


def options_of(function: griffe.Function, loader: griffe.GriffeLoader) -> griffe.Class | None:
    """Return the option type that a function unpacks, or None."""
    for parameter in function.parameters:
        note = parameter.annotation
        if parameter.kind is not griffe.ParameterKind.var_keyword:
            continue
        if isinstance(note, griffe.ExprSubscript) and note.canonical_path.endswith("Unpack"):
            return _class_at(getattr(note.slice, "canonical_path", str(note.slice)), loader)
    return None


def _class_at(path: str, loader: griffe.GriffeLoader) -> griffe.Class | None:
    try:
        found = loader.modules_collection[path]
    except KeyError:
        return None
    target = found.final_target if isinstance(found, griffe.Alias) else found
    return target if isinstance(target, griffe.Class) else None


def rows_of(
    options: griffe.Class, loader: griffe.GriffeLoader
) -> Iterator[griffe.DocstringParameter]:
    """Yield a row for each key of an option type."""
    keys = _keys(options, loader)
    order = _order_of_use(frozenset(keys))
    for key in sorted(keys.values(), key=lambda key: order.get(key.name, len(order))):
        note, default, described = _split(key)
        text = described or (key.docstring.value if key.docstring else "")
        yield griffe.DocstringParameter(key.name, annotation=note, description=text, value=default)


def _keys(options: griffe.Class, loader: griffe.GriffeLoader) -> dict[str, griffe.Attribute]:
    """Return the keys in the order of Python: those of the bases first."""
    found: dict[str, griffe.Attribute] = {}
    for base in options.bases:
        inherited = _class_at(getattr(base, "canonical_path", str(base)), loader)
        if inherited is not None:
            found |= _keys(inherited, loader)
    own = {name: key for name, key in options.members.items() if isinstance(key, griffe.Attribute)}
    return found | own


@cache
def _stub_parameters() -> list[list[str]]:
    """Return the keywords of each function in the stub files, in their order."""
    trees = [ast.parse(file.read_text(encoding="utf-8")) for file in PACKAGE.rglob("*.pyi")]
    functions = [n for tree in trees for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)]
    return [[parameter.arg for parameter in function.args.kwonlyargs] for function in functions]


@cache
def _order_of_use(names: frozenset[str]) -> dict[str, int]:
    """Return the place of each option among these; nothing if no stub has all of them."""
    fitting = [found for found in _stub_parameters() if names <= set(found)]
    return {name: at for at, name in enumerate(min(fitting, key=len, default=[]))}


def _split(key: griffe.Attribute) -> tuple[Any, str, str]:
    """Return the type of a key, its default and the text of its `Doc`, if there is one."""
    note: Any = key.annotation
    if not (isinstance(note, griffe.ExprSubscript) and note.canonical_path.endswith("Annotated")):
        return note, "None", ""
    default, described = "None", ""
    for part in _metadata(key):
        text = ast.unparse(part)
        if text in NOT_GIVEN:
            default = NOT_GIVEN[text]
        elif isinstance(part, ast.Call) and text.startswith("DefaultIs("):
            default = _plain(part.args[0])
        elif isinstance(part, ast.Call) and text.startswith("Doc("):
            described = str(ast.literal_eval(part.args[0]))
    inner = note.slice
    return (inner.elements[0] if isinstance(inner, griffe.ExprTuple) else inner), default, described


def _metadata(key: griffe.Attribute) -> list[ast.expr]:
    """Return what stands behind the type in `Annotated`, as it is written.

    griffe takes a text there for a name, if it could be one.
    """
    (statement,) = ast.parse(dedent(key.source)).body
    note = statement.annotation if isinstance(statement, ast.AnnAssign) else None
    inner = note.slice if isinstance(note, ast.Subscript) else None
    return inner.elts[1:] if isinstance(inner, ast.Tuple) else []


def _plain(default: ast.expr) -> str:
    """Return a default without the mark of one that an outer level may replace."""
    marked = isinstance(default, ast.Call) and ast.unparse(default.func) == "Default"
    return ast.unparse(default.args[0] if marked else default)
