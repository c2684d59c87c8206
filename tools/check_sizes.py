"""Check the size rules of CONTRIBUTING.md: short files, short functions, shallow nesting.

    python tools/check_sizes.py pronghorn

- A file has at most 400 lines.
- A function has at most 40 lines, not counting its docstring and decorators.
- Statements nest at most 3 deep inside a function.

Stubs (`*.pyi`) are not checked: `make stubs` writes them, with one parameter for each option.

Prints each offender as `file:line: what` and exits with 1 if there is one.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

MAXIMUM_FILE_LINES = 400
MAXIMUM_FUNCTION_LINES = 40
MAXIMUM_NESTING = 3

Function = ast.FunctionDef | ast.AsyncFunctionDef
NESTING_STATEMENTS = (
    ast.If,
    ast.For,
    ast.AsyncFor,
    ast.While,
    ast.With,
    ast.AsyncWith,
    ast.Try,
    ast.TryStar,
    ast.Match,
)
SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


@dataclass(frozen=True, order=True)
class Offence:
    """One broken rule, at a place an editor can jump to."""

    path: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}"


def line_count(node: ast.stmt | ast.expr) -> int:
    """Return how many lines a node spans."""
    return (node.end_lineno or node.lineno) - node.lineno + 1


def count_function_lines(function: Function) -> int:
    """Return the lines of a function from its `def` on, without its docstring."""
    lines = (function.end_lineno or function.lineno) - function.lineno + 1
    if ast.get_docstring(function, clean=False) is None:
        return lines
    return lines - line_count(function.body[0])


def functions_of(tree: ast.Module) -> Iterator[Function]:
    """Yield every function of a module, also those inside classes and functions."""
    return (node for node in ast.walk(tree) if isinstance(node, Function))


def deepest_statement(body: Sequence[ast.AST], depth: int = 0) -> tuple[int, int]:
    """Return how deep statements nest and the line of the deepest; an inner scope starts anew."""
    deepest = (depth, 0)
    for node in body:
        if isinstance(node, SCOPES):
            continue
        inner_depth = depth + isinstance(node, NESTING_STATEMENTS)
        found = max((inner_depth, getattr(node, "lineno", 0)), inner_deepest(node, inner_depth))
        deepest = max(deepest, found, key=lambda place: place[0])
    return deepest


def inner_deepest(node: ast.AST, depth: int) -> tuple[int, int]:
    """Return the deepest place inside one node. An `elif` is beside its `if`, not inside it."""
    if isinstance(node, ast.If) and len(node.orelse) == 1 and isinstance(node.orelse[0], ast.If):
        own = deepest_statement(node.body, depth)
        return max(own, deepest_statement(node.orelse, depth - 1), key=lambda place: place[0])
    return deepest_statement(list(ast.iter_child_nodes(node)), depth)


def check_source(path: str, source: str) -> list[Offence]:
    """Return every broken rule of one file, in the order of its lines."""
    tree = ast.parse(source, filename=path)
    offences = []
    lines = len(source.splitlines())
    if lines > MAXIMUM_FILE_LINES:
        offences.append(Offence(path, 1, f"{lines} lines, at most {MAXIMUM_FILE_LINES}"))
    for function in functions_of(tree):
        offences += check_function(path, function)
    return sorted(offences)


def check_function(path: str, function: Function) -> Iterator[Offence]:
    """Yield the broken rules of one function."""
    lines = count_function_lines(function)
    if lines > MAXIMUM_FUNCTION_LINES:
        message = f"{function.name} has {lines} lines, at most {MAXIMUM_FUNCTION_LINES}"
        yield Offence(path, function.lineno, message)
    depth, line = deepest_statement(function.body)
    if depth > MAXIMUM_NESTING:
        message = f"{function.name} nests {depth} deep, at most {MAXIMUM_NESTING}"
        yield Offence(path, line, message)


def main(folders: Sequence[str]) -> int:
    """Check every Python file under the folders. Returns the exit status."""
    if not folders:
        print("Name the folders to check: python tools/check_sizes.py pronghorn", file=sys.stderr)
        return 2
    missing = [folder for folder in folders if not Path(folder).is_dir()]
    if missing:
        print(f"No such folder: {', '.join(missing)}", file=sys.stderr)
        return 2
    files, offences = print_offences(folders, check_source)
    print(f"{files} files checked, {offences} too large or too deep.")
    return 1 if offences else 0


def print_offences(
    folders: Sequence[str], check: Callable[[str, str], Iterable[Offence]]
) -> tuple[int, int]:
    """Print the offences in every Python file under the folders.

    Args:
        folders: The folders.
        check: Returns the offences in one file; takes its path and its text.

    Returns:
        The number of files and the number of offences.
    """
    files = sorted(path for folder in folders for path in Path(folder).rglob("*.py"))
    offences = [offence for path in files for offence in check(str(path), path.read_text("utf-8"))]
    for offence in offences:
        print(offence)
    return len(files), len(offences)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
