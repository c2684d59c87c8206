"""Files, modules and objects of the project that pages, docstrings and comments name exist."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import pronghorn
from pronghorn.interop.homes import HOMES
from tools.check_prose import Documented, read_comments

PROJECT = Path(__file__).parents[2]
PACKAGE = Path(pronghorn.__file__).parent
PAGES = [*PROJECT.glob("*.md"), *PROJECT.glob("[a-z]*/README.md"), *PROJECT.glob("docs/**/*.md")]
PAGES.remove(PROJECT / "CHANGELOG.md")  # It also names modules that are gone.
#: Folders of programs that the pages and the commands have as examples, and of other packages.
EXAMPLES = {
    "after",
    "app",
    "before",
    "bookshop",
    "build",
    "migrations",
    "path",
    "shop",
    "src",
    "starlette",
}
#: A module that stands for any module, a test of FastAPI's own suite, and loggers.
OTHERS = {"pronghorn.x.y", "tests/test_sse.py", "pronghorn.access", "pronghorn.watchdog"}
OTHERS.add("pronghorn.jobs.yaml")  # `jobs.yaml` is a manifest of `pronghorn deploy`.

FILE = re.compile(r"(?<![\w/.:-])((?:[\w-]+/)+[\w-]+\.(?:py|toml|md))\b(?::([a-z_]\w*))?")
#: A dotted name below `pronghorn`; or one in backticks that begins with a folder of the package.
FOLDERS = "|".join(sorted(path.name for path in PACKAGE.iterdir() if path.is_dir()))
OBJECT = re.compile(rf"(?<![\w/.:-])(pronghorn(?:\.\w+)+)(?![\w/-])|`((?:{FOLDERS})(?:\.\w+)+)`")


def find_missing(text: str, folder: Path) -> Iterator[str]:
    """Yield each file, module or object that a text names and that does not exist."""
    for file, name in FILE.findall(text):
        is_ours = file.partition("/")[0] not in EXAMPLES and file not in OTHERS
        if is_ours and not _has_file(file, name, folder):
            yield f"{file}:{name}" if name else file
    for name, inside in OBJECT.findall(text):
        dotted = name or f"pronghorn.{inside}"
        if dotted not in OTHERS and not dotted.endswith(".py") and not _has_object(dotted):
            yield dotted


def _has_file(file: str, name: str, folder: Path) -> bool:
    found = [root / file for root in (PROJECT, PACKAGE, folder) if (root / file).is_file()]
    return bool(found) and (not name or name in found[0].read_text(encoding="utf-8"))


def _has_object(dotted: str) -> bool:
    """Look for a name in the source of its module, because an import may change the process."""
    place, names = PACKAGE, dotted.split(".")[1:]
    while names and place.is_dir():
        place /= names.pop(0)
        place = place if place.is_dir() else place.with_suffix(".py")
    source = place / "__init__.py" if place.is_dir() else place
    if not source.is_file():
        # Not a module: an attribute of the package above.
        names, source = [source.stem], source.parent / "__init__.py"
    module = dotted.removesuffix("." + ".".join(names))
    text = source.read_text(encoding="utf-8") + str(HOMES.get(module))
    return all(re.search(rf"\b{name}\b", text) for name in names)


def read_prose(source: str) -> str:
    """Return the docstrings and the comments of a source, without its code."""
    documented = (node for node in ast.walk(ast.parse(source)) if isinstance(node, Documented))
    texts = [comment for _, comment in read_comments(source)]
    texts += [
        str(statement.value.value)
        for node in documented
        for statement in node.body
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    ]
    return "\n".join(texts)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(PROJECT)))
def test_pages_name_what_exists(page: Path) -> None:
    assert set(find_missing(page.read_text(encoding="utf-8"), page.parent)) == set()


@pytest.mark.parametrize("folder", ["pronghorn", "tests", "tools", "benchmarks"])
def test_docstrings_and_comments_name_what_exists(folder: str) -> None:
    missing = {
        f"{path.relative_to(PROJECT)}: {name}"
        for path in (PROJECT / folder).rglob("*.py")
        for name in find_missing(read_prose(path.read_text(encoding="utf-8")), path.parent)
    }
    assert missing == set()


@pytest.mark.parametrize(
    "text",
    [
        "`compile/gone.py`",
        "see tests/docs/gone.py.",
        "`run/exact.py:gone`",
        "`pronghorn.gone`",
        "pronghorn.routing.Gone",
        "`plan.gone`",
    ],
)
def test_what_does_not_exist_is_found(text: str) -> None:
    assert len(list(find_missing(text, PROJECT))) == 1


@pytest.mark.parametrize(
    "text",
    [
        "`pronghorn/compile/exact.py` and `run/exact.py:solve`",
        "`pronghorn.routing.APIRouter`, `plan.model`",
        "`shop/main.py`",
        "https://example.com/a/gone.py",
    ],
)
def test_what_exists_is_not_found(text: str) -> None:
    assert list(find_missing(text, PROJECT)) == []
