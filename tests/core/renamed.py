"""Run a program while a name of a package is missing, as it may be in the next release.

    python -m tests.core.renamed starlette ._body

Prints the response of the program and the log of the framework as JSON.
"""

from __future__ import annotations

import ast
import importlib.machinery
import importlib.util
import json
import logging
import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from types import ModuleType
from typing import Any

BY_NAME = {"getattr", "hasattr", "setattr", "delattr"}


class Renaming(ast.NodeTransformer):
    """Gives a name another one, wherever the package uses it.

    Args:
        name: A name of a module, or after a dot an attribute, such as `._body`.
    """

    def __init__(self, name: str) -> None:
        self.is_attribute = name.startswith(".")
        self.name = name.removeprefix(".")
        self.new = f"{self.name}_renamed"

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        node.attr = self.new if node.attr == self.name else node.attr
        return self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> ast.AST:
        if node.id == self.name and not self.is_attribute:
            node.id = self.new
        return node

    def visit_alias(self, node: ast.alias) -> ast.AST:
        if node.name == self.name and not self.is_attribute:
            node.name = self.new
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        if isinstance(node.func, ast.Name) and node.func.id in BY_NAME:
            for item in node.args:
                if isinstance(item, ast.Constant) and item.value == self.name:
                    item.value = self.new
        return self.generic_visit(node)

    def visit_Assign(self, node: ast.Assign) -> ast.AST:
        if isinstance(node.targets[0], ast.Name) and node.targets[0].id == "__slots__":
            for item in getattr(node.value, "elts", ()):
                if self.is_attribute and item.value == self.name:
                    item.value = self.new
        return self.generic_visit(node)

    def _define(self, node: Any) -> ast.AST:
        node.name = self.new if node.name == self.name else node.name
        return self.generic_visit(node)

    visit_FunctionDef = visit_AsyncFunctionDef = _define

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        for item in node.body:
            target = item.target if isinstance(item, ast.AnnAssign) else None
            if isinstance(target, ast.Name) and target.id == self.name:
                target.id = self.new
        return self._define(node)


class RenamingFinder(MetaPathFinder, Loader):
    """Imports the modules of a package with a name renamed."""

    def __init__(self, package: str, name: str) -> None:
        self.package, self.renaming = package, Renaming(name)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Return the ordinary spec of a module of the package, loaded by this."""
        if fullname.partition(".")[0] != self.package:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is not None and str(spec.origin).endswith(".py"):
            spec.loader = self
        return spec

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> None:
        """Let Python make the module."""

    def exec_module(self, module: ModuleType) -> None:
        """Run the source of a module with the name renamed."""
        file = str(module.__spec__ and module.__spec__.origin)
        with open(file, encoding="utf-8") as source:
            tree = self.renaming.visit(ast.parse(source.read()))
        # `from __future__` has to be inherited by nobody.
        code = compile(ast.fix_missing_locations(tree), file, "exec", dont_inherit=True)
        exec(code, vars(module))


class Warnings(logging.Handler):
    """Keeps what the framework logs."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a message."""
        self.lines.append(record.getMessage())


def answers() -> dict[str, Any]:
    """Return what a program answers to one request of each kind."""
    from pronghorn.testclient import TestClient
    from tests.core.renamed_program import app, sub

    with TestClient(app) as client, TestClient(sub) as plain:
        with client.websocket_connect("/socket") as socket:
            socket.send_text("text")
            received = [socket.receive_text()]
            socket.send_bytes(b"bytes")
            received.append(socket.receive_bytes().decode())
        return {
            "get": client.get("/items/3?query=a").json(),
            "post": client.post("/items", json={"name": "b"}).json(),
            "blocking": client.get("/blocking").json(),
            "form": client.post("/form", data={"name": "c"}).json(),
            "upload": client.post("/upload", files={"file": b"content"}).json(),
            "file": client.get("/file").text[3:12],
            "stream": client.get("/stream").text,
            "error": client.get("/error").status_code,
            "missing": client.get("/nothing").status_code,
            "document": "/items" in client.get("/openapi.json").json()["paths"],
            "plain": plain.get("/items/3?query=a").json(),
            "plain post": plain.post("/items", json={"name": "b"}).json(),
            "called": plain.get("/called").status_code,
            "socket": received,
        }


def main(package: str, name: str) -> None:
    """Print what the program answers while a package has another name for something."""
    warnings = Warnings()
    logging.getLogger("pronghorn").addHandler(warnings)
    if name:
        sys.meta_path.insert(0, RenamingFinder(package, name))
    sys.stdout.write(json.dumps({"answers": answers(), "warnings": warnings.lines}))


if __name__ == "__main__":
    main(*sys.argv[1:])
