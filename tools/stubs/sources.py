"""The modules of the package as syntax trees, and the modules that the names in them come from."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from tools.stubs.content import HOMES, STUBS

ROOT = Path(__file__).resolve().parent.parent.parent

Function = ast.FunctionDef | ast.AsyncFunctionDef
#: The stub in which a class or function is, by the module and the name of its source.
STUB_OF = {tuple(entry.split(":")): stub for stub, entries in STUBS.items() for entry in entries}


@cache
def tree_of(module: str) -> ast.Module:
    """Return the syntax tree of a module of the package."""
    file = ROOT.joinpath(*module.split("."))
    path = file / "__init__.py" if file.is_dir() else file.with_suffix(".py")
    return ast.parse(path.read_text(encoding="utf-8"))


def statements(tree: ast.Module) -> Iterator[ast.stmt]:
    """Yield the statements at the top level of a module, also those for type checkers only."""
    for statement in tree.body:
        if isinstance(statement, ast.If) and ast.unparse(statement.test) == "TYPE_CHECKING":
            yield from statement.body
        else:
            yield statement


def find(module: str, name: str) -> ast.ClassDef | Function:
    """Return the definition of a class or a function of a module."""
    for statement in tree_of(module).body:
        if isinstance(statement, ast.ClassDef | Function) and statement.name == name:
            return statement
    raise LookupError(f"{module} does not define {name}")


@cache
def homes_in(module: str) -> dict[str, tuple[str, str]]:
    """Return the module and the name there of each name that a module imports or defines."""
    homes: dict[str, tuple[str, str]] = {}
    for statement in statements(tree_of(module)):
        if isinstance(statement, ast.ImportFrom):
            for alias in statement.names:
                homes[alias.asname or alias.name] = (str(statement.module), alias.name)
        elif isinstance(statement, ast.Import):
            for alias in statement.names:
                homes[alias.asname or alias.name] = (alias.name, "")
        elif isinstance(statement, ast.ClassDef | Function):
            homes[statement.name] = (module, statement.name)
        elif isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            homes[statement.targets[0].id] = (module, statement.targets[0].id)
        elif isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            homes[statement.target.id] = (module, statement.target.id)
    return homes


@dataclass
class Imports:
    """The import statements of one stub, collected from the names in its expressions."""

    stub: str
    #: By the local name: the module and the name there, which is "" for the module itself.
    found: dict[str, tuple[str, str]] = field(default_factory=dict)

    def use(self, expression: str, module: str | None = None) -> str:
        """Collect the names of an expression.

        Args:
            expression: The source text of a type or a default.
            module: The module that the expression is from; None for the tables in `content.py`.

        Returns:
            The expression.
        """
        for node in ast.walk(ast.parse(expression, mode="eval")):
            if isinstance(node, ast.Name) and not hasattr(builtins, node.id):
                self._add(node.id, module)
        return expression

    def _add(self, name: str, module: str | None) -> None:
        home = homes_in(module).get(name) if module else (HOMES[name], name)
        if home is None:
            raise LookupError(f"{module} neither defines nor imports {name}")
        home_module, known_as = home
        home_module = STUB_OF.get((home_module, known_as), home_module)
        if home_module == self.stub and known_as == name:
            return
        known = self.found.setdefault(name, (home_module, known_as))
        if known != (home_module, known_as):
            raise LookupError(f"{self.stub} needs {name} from {known[0]} and from {home_module}")

    def render(self) -> str:
        """Return the import statements."""
        lines = set()
        for name, (module, known_as) in self.found.items():
            if not known_as:
                lines.add(f"import {module}" + (f" as {name}" if name != module else ""))
                continue
            lines.add(f"from {module} import {known_as}" + (f" as {name}" * (name != known_as)))
        return "\n".join(sorted(lines))
