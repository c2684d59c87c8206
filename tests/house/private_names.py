"""Read from the source which private names of other packages the framework uses.

    python -m tests.house.private_names

prints them as JSON. It imports every module, so a test runs it as a process.
"""

from __future__ import annotations

import ast
import importlib
import importlib.util
import inspect
import json
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from tests.house.imports import FOLDER, module_files

#: Packages whose classes are looked through for private attributes.
PACKAGES = (
    "anyio",
    "asyncio",
    "granian",
    "httptools",
    "pydantic",
    "starlette",
    "typing",
    "uvicorn",
)
#: The same for the folders of batteries, which use more packages than the core.
OF_BATTERIES = {
    "deploy": ("kr8s",),
    "jobs": ("dbos",),
    "metrics": ("prometheus_client",),
    "settings": ("pydantic_settings",),
    "sql": ("aiosqlite", "alembic", "asyncpg", "psycopg", "sqlalchemy"),
}
EVERY = frozenset(PACKAGES).union(*OF_BATTERIES.values())
#: The methods and attributes of every `NamedTuple`, which Python documents.
OF_NAMED_TUPLES = {"_asdict", "_fields", "_replace"}
#: Modules that their packages do not document, though their names are not private.
UNDOCUMENTED = ("granian.", "prometheus_client.mmap_dict", "uvicorn.")
#: A text that names a module.
MODULE = re.compile(rf"({'|'.join(PACKAGES)})(\.\w+)+")
#: A private attribute that is set or defined; parsing all packages would take seconds.
DEFINED = re.compile(r"(?:\bself\.|\bdef |^    )(_(?!_)\w+)(?=\(|\s*[:=](?!=))", re.MULTILINE)
#: Functions that take the name of an attribute as a text.
BY_NAME = {"getattr", "hasattr", "setattr", "delattr"}

Use = tuple[str, str]


def read_apart() -> set[Use]:
    """Return `uses` as a process of its own finds them."""
    command = [sys.executable, "-m", __name__]
    done = subprocess.run(command, cwd=FOLDER.parent, check=True, capture_output=True, text=True)
    return {(name, file) for name, file in json.loads(done.stdout)}


def uses() -> set[Use]:
    """Return every use as the name and the file that uses it, which is relative to the package."""
    found = set()
    for module, file in module_files().items():
        tree = ast.parse(file.read_text("utf-8"))
        name = file.relative_to(FOLDER).as_posix()
        found |= {(used, name) for used in imported(tree)}
        found |= {(used, name) for used in of_others(tree, name.split("/")[0])}
        if module != "pronghorn.as_fastapi":  # It refuses to be imported after FastAPI.
            found |= {(used, name) for used in inherited(tree, module)}
    return found


def imported(tree: ast.Module) -> Iterator[str]:
    """Yield private names that are imported, and names of undocumented modules."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Constant) and MODULE.fullmatch(str(node.value)):
            names = [str(node.value)]  # looked for in `sys.modules`, or imported by its name
        else:
            continue
        for name in names:
            first = name.split(".")[0]
            if first in {"pronghorn", "__future__"}:
                continue
            if "._" in name.replace(".__", ".") or name.startswith(UNDOCUMENTED):
                yield name


def of_others(tree: ast.Module, folder: str) -> Iterator[str]:
    """Yield private attributes that other packages define, of anything but `self`."""
    known = private_attributes((*PACKAGES, *OF_BATTERIES.get(folder, ()))) - OF_NAMED_TUPLES
    for node in ast.walk(tree):
        receiver, name = receiver_and_name(node)
        if receiver and receiver not in {"self", "cls", "super()"} and name in known:
            yield f"{receiver}.{name}"


def inherited(tree: ast.Module, module: str) -> Iterator[str]:
    """Yield private attributes of `self` that a class has, or may have, from another package."""
    for kind in ast.walk(tree):
        if not isinstance(kind, ast.ClassDef):
            continue
        found = getattr(importlib.import_module(module), kind.name, None)
        names = inherited_names(found) if found is not None else names_of_inner(kind)
        for node in ast.walk(kind):
            receiver, name = receiver_and_name(node)
            if receiver in {"self", "cls", "super()"} and name in names:
                yield f"{kind.name}.{name}"


def receiver_and_name(node: ast.AST) -> tuple[str, str]:
    """Return what a private attribute is taken from, and its name; empty texts if it is none."""
    if isinstance(node, ast.Attribute):
        receiver, name = node.value, node.attr
    elif (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in BY_NAME
        and isinstance(node.args[1], ast.Constant)
    ):
        receiver, name = node.args[0], str(node.args[1].value)
    else:
        return "", ""
    is_private = name.startswith("_") and not name.startswith("__")
    return (ast.unparse(receiver), name) if is_private else ("", "")


@cache
def private_attributes(packages: tuple[str, ...]) -> frozenset[str]:
    """Return the private attributes of all classes of some packages."""
    found: set[str] = set()
    for package in packages:
        spec = importlib.util.find_spec(package)
        files = [Path(str(spec and spec.origin))]
        if files[0].name == "__init__.py":
            files = sorted(files[0].parent.rglob("*.py"))
        for file in files:
            if "v1" not in file.parts:  # The first version of Pydantic is unused.
                found.update(DEFINED.findall(file.read_text("utf-8")))
    return frozenset(found)


@cache
def inherited_names(kind: Any) -> frozenset[str]:
    """Return the private attributes that a class has from classes of other packages.

    A class of ours may bear the name of theirs (`utils.name_as`), and has no source there.
    """
    found: set[str] = set()
    for base in getattr(kind, "__mro__", ()):
        is_theirs = getattr(sys.modules.get(base.__module__), base.__name__, None) is base
        if is_theirs and base.__module__.split(".")[0] in EVERY and base.__name__ != "Generic":
            found |= attributes_in(ast.parse(textwrap.dedent(inspect.getsource(base))))
    return frozenset(found)


def names_of_inner(kind: ast.ClassDef) -> set[str] | frozenset[str]:
    """Return what a class inside of a function may have from another package.

    Its bases are known when a program runs, so every private attribute counts that it does not
    declare, in its body or its slots.
    """
    if not kind.bases:
        return set()
    own = {
        node.value
        for item in kind.body
        if isinstance(item, ast.Assign) and ast.unparse(item.targets[0]) == "__slots__"
        for node in ast.walk(item.value)
        if isinstance(node, ast.Constant)
    }
    return private_attributes(PACKAGES) - own


def attributes_in(tree: ast.Module) -> set[str]:
    """Return the private attributes that classes define: methods, and what they set."""
    found = set()
    for kind in ast.walk(tree):
        for node in ast.walk(kind) if isinstance(kind, ast.ClassDef) else ():
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                found.add(node.name)
            elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
                found.add(node.attr)
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                found.add(node.target.id)
    return {name for name in found if name.startswith("_") and not name.startswith("__")}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(sorted(uses())))
