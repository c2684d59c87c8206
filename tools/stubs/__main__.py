"""Write the stubs, or check that they are in step with the sources.

python -m tools.stubs
python -m tools.stubs --check
"""

from __future__ import annotations

import argparse
import ast
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tools.stubs.classes import ClassStub
from tools.stubs.content import PASSED_ON, STUBS
from tools.stubs.docstrings import one_line
from tools.stubs.functions import FunctionStub
from tools.stubs.sources import ROOT, Imports, find, tree_of

HEADER = "# Written by `make stubs`, from the sources of this module. Do not edit it."


def path_of(module: str) -> Path:
    """Return the file of the stub of a module."""
    return ROOT.joinpath(*module.split(".")).with_suffix(".pyi")


def write_stub(module: str) -> str:
    """Return the text of a stub, which is not formatted yet."""
    imports = Imports(module)
    parts, names = [], []
    for entry in STUBS[module]:
        home, _, name = entry.partition(":")
        names.append(name)
        definition = find(home, name)
        if isinstance(definition, ast.ClassDef):
            parts.append(ClassStub(home, name, imports).render())
        else:
            parts.append(FunctionStub(definition, home, imports).render())
    passed_on = [
        f"from {home} import {name} as {name}"
        for home, names_there in PASSED_ON.get(module, {}).items()
        for name in names_there
    ]
    docstring = ast.get_docstring(tree_of(module))
    top = [HEADER, f'"""{docstring}\n"""', imports.render(), *passed_on]
    return "\n".join([*top, f"__all__ = {sorted(names)!r}", *parts, ""])


def is_in_step(module: str) -> bool:
    """Return True if the committed stub says what its sources say; its format may differ."""
    path = path_of(module)
    if not path.exists():
        return False
    return content_of(path.read_text(encoding="utf-8")) == content_of(write_stub(module))


def content_of(stub: str) -> tuple[set[tuple[str, ...]], str]:
    """Return the imports of a stub and its statements, without what a formatter may change."""
    tree = ast.parse(stub)
    imports: set[tuple[str, ...]] = set()
    others: list[ast.stmt] = []
    for statement in tree.body:
        if isinstance(statement, ast.Import | ast.ImportFrom):
            module = str(getattr(statement, "module", ""))
            imports |= {(module, one.name, one.asname or "") for one in statement.names}
        else:
            others.append(statement)
    for node in (node for statement in others for node in ast.walk(statement)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            node.value = one_line(node.value)  # The formatter formats the code in docstrings.
    return imports, "\n".join(ast.dump(statement) for statement in others)


def main(arguments: Sequence[str] | None = None) -> int:
    """Write or check all stubs. Returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--check", action="store_true", help="write nothing")
    options = parser.parse_args(arguments)
    if options.check:
        old = [module for module in STUBS if not is_in_step(module)]
        for module in old:
            print(f"{path_of(module)} is not what its sources say: run `make stubs`.")
        return 1 if old else 0
    for module in STUBS:
        path_of(module).write_text(write_stub(module), encoding="utf-8")
    files = [str(path_of(module)) for module in STUBS]
    for command in (["check", "--select", "I", "--fix"], ["format"]):
        subprocess.run([sys.executable, "-m", "ruff", *command, "--quiet", *files], check=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
