"""Only `core/annotations.py` reads annotations and signatures, which may raise on Python 3.14."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.house.imports import FOLDER

#: Functions that read annotations, and the attribute itself.
READERS = {"signature", "get_type_hints", "get_annotations", "__annotations__"}
#: file, reader -> why it is safe there.
SAFE = {
    ("cli/limits.py", "signature"): "the defaults of uvicorn's configuration",
    ("core/records.py", "get_annotations"): "the fields of our own records",
    ("core/typed_kwargs.py", "__annotations__"): "our own option types",
    ("core/typed_kwargs.py", "signature"): "our own public functions",
    ("fields/annotations.py", "get_type_hints"): "of an annotation that was read",
    ("routes/outside_graphs.py", "__annotations__"): "set, not read",
    ("plan/signature.py", "get_type_hints"): "of an annotation that was read",
    ("sql/urls.py", "signature"): "the parameters of a driver, without their annotations",
}


def find_readers() -> Iterator[tuple[str, str]]:
    """Yield each file of the package with the name of a reader that it uses."""
    for path in FOLDER.rglob("*.py"):
        file = path.relative_to(FOLDER).as_posix()
        if file == "core/annotations.py":
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Attribute) and node.attr == "__annotations__":
                yield file, node.attr
            if isinstance(node, ast.Call):
                function = node.func
                module = function.value if isinstance(function, ast.Attribute) else None
                is_inspect = isinstance(module, ast.Name) and module.id in {"inspect", "typing"}
                name = function.attr if isinstance(function, ast.Attribute) else ""
                name = function.id if isinstance(function, ast.Name) else name
                if name in READERS and (is_inspect or isinstance(function, ast.Name)):
                    yield file, name


def test_only_one_module_reads_annotations_of_the_program() -> None:
    assert set(find_readers()) == set(SAFE)
