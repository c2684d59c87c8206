"""Every public object has a docstring, and a place on the pages of `docs/reference`."""

from __future__ import annotations

import ast
import inspect
import pkgutil
import re
import tomllib
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import pronghorn
from pronghorn.declare import options
from pronghorn.fields import parameter_options

PACKAGE = Path(pronghorn.__file__).parent
REFERENCE = PACKAGE.parent / "docs" / "reference"
TEXT = "\n".join(path.read_text(encoding="utf-8") for path in sorted(REFERENCE.glob("*.md")))
DIRECTIVES = re.findall(r"^::: pronghorn\.([\w.]+)$", TEXT, re.MULTILINE)
#: The modules with FastAPI's import paths, and ours.
MODULES = [
    "pronghorn",
    *(
        f"pronghorn.{module.name}"
        for module in pkgutil.iter_modules(pronghorn.__path__)
        if not module.name.startswith("_")
        # Importing it changes the process; and these are folders of internals.
        and module.name not in {"as_fastapi", "cli"}
        and (not module.ispkg or module.name in {"security", "middleware", "telemetry"})
    ),
    "pronghorn.openapi.docs",
    "pronghorn.openapi.utils",
    "pronghorn.openapi.models",
    "pronghorn.middleware.gzip",
]
#: What programs import from these modules, and what a reference has to say of it.
PUBLIC = {
    name: set(import_module(name).__all__)
    for name in MODULES
    if hasattr(import_module(name), "__all__")
}
#: Of these modules, the reference has only a part: the rest is for programs that import it from
#: FastAPI, and new ones should not.
IN_PART = {
    "pronghorn.concurrency": {"contextmanager_in_threadpool", "run_in_threadpool"},
    "pronghorn.datastructures": {"UploadFile"},
    "pronghorn.encoders": {"jsonable_encoder"},
    "pronghorn.openapi.models": {"OpenAPI", "SecurityScheme"},
    "pronghorn.openapi.utils": {"get_openapi"},
    "pronghorn.types": set[str](),
}


def own_objects(module: ModuleType) -> Iterator[tuple[str, Any]]:
    """Yield the public classes and functions that a module defines."""
    for name, found in list(vars(module).items()):
        is_object = inspect.isclass(found) or inspect.isfunction(found)
        is_own = getattr(found, "__module__", "") == module.__name__
        # A model that is created at its first use has another name.
        if is_object and is_own and not name.startswith("_") and found.__name__ == name:
            yield name, found


def undocumented(name: str, found: Any) -> Iterator[str]:
    """Yield an object, and each public member that it defines, without a docstring of its own."""
    if not found.__doc__:
        yield name
    if not inspect.isclass(found):
        return
    for key, member in list(vars(found).items()):
        function = member.fget if isinstance(member, property) else member
        function = getattr(function, "__func__", function)
        if not key.startswith("_") and inspect.isfunction(function) and not function.__doc__:
            yield f"{name}.{key}"


def arguments_of(docstring: str) -> set[str]:
    """Return the names in the section `Args:` of a docstring."""
    section = re.search(r"^( *)Args:\n((?:\1 +.*\n|\n)*)", f"{docstring}\n", re.MULTILINE)
    return set(re.findall(r"^ *\**(\w+): ", section[2], re.MULTILINE)) if section else set()


@pytest.mark.parametrize("module", MODULES)
def test_public_objects_have_docstrings(module: str) -> None:
    found = import_module(module)
    assert found.__doc__
    missing = [each for name, obj in own_objects(found) for each in undocumented(name, obj)]
    assert missing == []


@pytest.mark.parametrize("module", [options, parameter_options], ids=lambda module: module.__name__)
def test_every_option_has_a_docstring(module: ModuleType) -> None:
    tree = ast.parse(inspect.getsource(module))
    for kind in [node for node in tree.body if isinstance(node, ast.ClassDef)]:
        assert ast.get_docstring(kind), kind.name
        for key, after in zip(kind.body, [*kind.body[1:], None], strict=True):
            if isinstance(key, ast.AnnAssign):
                written = isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
                note = ast.unparse(key.annotation)
                assert written or "Doc(" in note, f"{kind.name}.{ast.unparse(key.target)}"


@pytest.mark.parametrize("name", sorted(set(DIRECTIVES) - {"as_fastapi", "hooks"}))
def test_the_reference_documents_every_parameter(name: str) -> None:
    module, _, attribute = name.rpartition(".")
    found = getattr(import_module(f"pronghorn.{module}".rstrip(".")), attribute)
    parameters = set(_own_parameters(found))
    assert parameters - arguments_of(inspect.getdoc(found) or "") == set()


def _own_parameters(found: Any) -> Iterator[str]:
    """Yield the parameters that a callable of ours takes, apart from options, which are keys."""
    if inspect.isclass(found) and not inspect.isfunction(vars(found).get("__init__")):
        return  # Its base makes it.
    called: Callable[..., Any] = found.__init__ if inspect.isclass(found) else found
    for parameter in inspect.signature(inspect.unwrap(called)).parameters.values():
        is_ours = parameter.name != "self" and not parameter.name.startswith("_")
        if is_ours and parameter.kind is not parameter.VAR_KEYWORD:
            yield parameter.name


@pytest.mark.parametrize("name", DIRECTIVES)
def test_the_reference_names_what_exists(name: str) -> None:
    if (PACKAGE / f"{name}.py").is_file():
        return  # A module, which may change the process.
    module, _, attribute = name.rpartition(".")
    assert hasattr(import_module(f"pronghorn.{module}".rstrip(".")), attribute)


@pytest.mark.parametrize("module", sorted(PUBLIC))
def test_the_reference_has_every_public_name(module: str) -> None:
    wanted = IN_PART.get(module, PUBLIC[module])
    missing = {name for name in wanted if not re.search(rf"\b{re.escape(name)}\b", TEXT)}
    assert missing == set()
    assert IN_PART.get(module, wanted) <= PUBLIC[module]


def test_the_tables_name_attributes_that_exist() -> None:
    """The pages about Starlette's classes are written by hand."""
    page = (REFERENCE / "request.md").read_text(encoding="utf-8")
    sections = dict(re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", page, re.DOTALL | re.MULTILINE))
    for title, kind in (("Request", pronghorn.Request), ("WebSocket", pronghorn.WebSocket)):
        rows = re.findall(r"^\| (`.+?) \|", sections[title], re.MULTILINE)
        names = [name for row in rows for name in re.findall(r"`(?:\w+ )*(\w+)(?:\(.*?\))?`", row)]
        made = set(vars(kind({"type": "http" if title == "Request" else "websocket"}, *[None] * 2)))  # type: ignore[arg-type]
        assert [name for name in names if not hasattr(kind, name) and name not in made] == []
        assert len(names) > 8


def test_an_extra_is_on_the_page_that_says_how_to_install() -> None:
    project = tomllib.loads((PACKAGE.parent / "pyproject.toml").read_text("utf-8"))["project"]
    page = (PACKAGE.parent / "docs" / "how-to" / "install.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([\w-]+)` \|", page, re.MULTILINE)
    assert sorted(rows) == sorted(project["optional-dependencies"])
