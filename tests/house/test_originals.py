"""Only `core/monkeypatches.py` decides whether a function is still the original.

Code that runs at every request may compare in place with an original that the module returned at
import. Such code is listed here, each place with its reason.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator

from tests.house.imports import FOLDER

#: file, function -> why it compares in place.
IN_PLACE = {
    ("adapters/uvicorn/layered.py", "inside_exchange"): "what is bound, not what is replaced",
    ("adapters/uvicorn/exchange.py", "whole_body"): "at each request: one comparison",
    ("adapters/uvicorn/protocol.py", "on_message_begin"): "our own property, not a library's",
    ("applications.py", "__call__"): "at each request: one comparison",
    ("applications.py", "_direct_answerer"): "beside the one above",
    (
        "compile/instant.py",
        "_is_plain_model",
    ): "while compiling: the constructor of a class",
    ("compile/compiled_routes.py", "is_certain_miss"): "at each request without a route",
    ("compile/server_errors.py", "__call__"): "at each request: one comparison",
    ("middleware/compiled/outer.py", "__call__"): "the same for compiled middleware",
    ("routes/http.py", "_own_handler"): "while compiling: our own class, not Starlette's",
    ("run/exchange.py", "read_body"): "at each request with a body",
    ("run/exchange.py", "untrack"): "at each stream: what is bound, not what is replaced",
    ("run/input/body.py", "read_json_text"): "at each request with a body",
    ("run/input/json.py", "parse_json"): "at each request with a body",
    ("run/input/urlencoded.py", "read_small_form"): "at each request with a form",
    ("run/streaming/send.py", "_blocking_source"): "recognises a generator by its code",
}
#: Names of functions that are compared by their module-level constants.
CONSTANTS = {"PLAIN_CALL", "NOT_FOUND", "STARLETTE_BODY", "standard_loads", "CALL_OF_STARLETTE"}


def comparisons() -> Iterator[tuple[str, str]]:
    """Yield the file and the function of every comparison of a function with an original."""
    for file in sorted(FOLDER.rglob("*.py")):
        name = file.relative_to(FOLDER).as_posix()
        if name == "core/monkeypatches.py":
            continue
        for function in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef) and any(
                isinstance(node, ast.Compare) and compares_originals(node)
                for node in ast.walk(function)
            ):
                yield name, function.name


def compares_originals(node: ast.Compare) -> bool:
    """Return whether a comparison asks for the original of a function."""
    sides = [node.left, *node.comparators]
    if isinstance(node.ops[0], ast.Is | ast.IsNot):
        return any(is_method_of_class(side) or is_constant(side) for side in sides)
    return (
        isinstance(node.ops[0], ast.In | ast.NotIn)
        and isinstance(node.left, ast.Constant)
        and not str(node.left.value).startswith("_")
        and isinstance(node.comparators[0], ast.Attribute)
        and node.comparators[0].attr == "__dict__"
    )


def is_method_of_class(side: ast.expr) -> bool:
    """Return whether this is `type(x).name`, `Class.name` or `function.__code__`."""
    if not isinstance(side, ast.Attribute) or side.attr.isupper():
        return False
    if side.attr in {"__code__", "__func__"}:
        return True
    if isinstance(side.value, ast.Call):
        return isinstance(side.value.func, ast.Name) and side.value.func.id == "type"
    return isinstance(side.value, ast.Name) and side.value.id[:1].isupper()


def is_constant(side: ast.expr) -> bool:
    return isinstance(side, ast.Name) and side.id in CONSTANTS


def test_every_other_comparison_is_one_of_the_list() -> None:
    assert set(comparisons()) == set(IN_PLACE)


def test_the_table_names_attributes_that_exist_and_are_originals() -> None:
    program = """
from pkgutil import resolve_name
from pronghorn import FastAPI
from pronghorn.core import monkeypatches
for owner, names in monkeypatches.REPLACEABLE.items():
    found = resolve_name(owner)
    for name in names:
        assert monkeypatches.original(found, name) is getattr(found, name), (owner, name)
    assert not monkeypatches.is_replaced(found)
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=30)
