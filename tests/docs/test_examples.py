"""Every Python example in README.md, docs/ and the agent skill runs as it is on its page.

The blocks of a page share one namespace, from top to bottom, so a later block may use what an
earlier one defined. A block whose fence says ```` ```python title="shop/main.py" ```` is a file: it
is written to an empty directory, and a later block of the page must import it. Shell blocks are
for reading.
"""

from __future__ import annotations

import asyncio
import importlib
import re
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest

from pronghorn.hooks import OBSERVERS
from pronghorn.sql.known import list_databases

ROOT = Path(__file__).parents[2]
SKILL = ROOT / "pronghorn" / ".agents" / "skills" / "pronghorn" / "SKILL.md"
FENCE = re.compile(
    r"^(?P<indent> *)```python\b(?P<info>[^\n]*)\n(?P<source>.*?)^(?P=indent)```[ ]*$",
    re.DOTALL | re.MULTILINE,
)


@dataclass(frozen=True)
class Block:
    """One fenced Python block of a page."""

    line: int
    source: str
    title: str | None


def blocks_of(page: Path) -> list[Block]:
    """Return the Python blocks of a page, in order."""
    text = page.read_text(encoding="utf-8")
    found = []
    for match in FENCE.finditer(text):
        title = re.search(r'title="([^"]+)"', match["info"])
        line = text.count("\n", 0, match.start("source"))
        source = textwrap.dedent(match["source"])
        found.append(Block(line, source, title[1] if title else None))
    return found


def name_of(page: Path) -> str:
    """Return a page's path from the root of the project."""
    return page.relative_to(ROOT).as_posix()


PAGES = [
    page
    for page in [ROOT / "README.md", SKILL, *sorted(ROOT.glob("docs/**/*.md"))]
    if page.is_file() and blocks_of(page)
]
TUTORIAL = sorted(ROOT.glob("docs/tutorial/*.md"))


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty current directory from which modules can be imported."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    for name, module in list(sys.modules.items()):
        if Path(getattr(module, "__file__", None) or "/").is_relative_to(tmp_path):
            del sys.modules[name]


def write_file(directory: Path, block: Block, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write a block that is a file, and return where."""
    file = directory / str(block.title)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(block.source, encoding="utf-8")
    importlib.invalidate_caches()
    # A page may call its file as another test calls a module; that one comes back afterwards.
    top = Path(str(block.title)).parts[0].removesuffix(".py")
    for name, module in list(sys.modules.items()):
        found = Path(getattr(module, "__file__", None) or "/")
        if name.partition(".")[0] == top and not found.is_relative_to(directory):
            monkeypatch.delitem(sys.modules, name)
    return file


@pytest.fixture
def no_observers() -> Iterator[None]:
    """Detach what a page attaches to all applications of the process."""
    before = list(OBSERVERS)
    yield
    OBSERVERS[:] = before


@pytest.fixture
def no_connections(directory: Path) -> Iterator[None]:
    """Close what scripts of a page leave open; a script of a user ends its process instead."""
    yield
    for database in list_databases():
        asyncio.run(database.dispose())


@pytest.mark.usefixtures("no_observers", "no_connections")
@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_page_runs(page: Path, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Models and signatures resolve their annotations through the module they are defined in.
    module = ModuleType("page_" + re.sub(r"\W", "_", page.stem))
    module.__file__ = str(page)
    monkeypatch.setitem(sys.modules, module.__name__, module)
    written = []
    for block in blocks_of(page):
        if block.title:
            written.append(write_file(directory, block, monkeypatch))
            continue
        # The empty lines make a traceback point at the line of the page.
        code = compile("\n" * block.line + block.source, str(page), "exec", dont_inherit=True)
        exec(code, module.__dict__)
    imported = {getattr(module, "__file__", None) for module in list(sys.modules.values())}
    assert [file.name for file in written if str(file) not in imported] == []


@pytest.mark.parametrize("page", TUTORIAL, ids=name_of)
def test_tutorial_page_proves_what_it_says(page: Path) -> None:
    assert any("assert " in block.source for block in blocks_of(page))
