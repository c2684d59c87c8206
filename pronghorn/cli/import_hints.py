"""Say what to do about an import that failed, in the words of the program."""

from __future__ import annotations

import importlib.util
import pkgutil
import sys
from collections.abc import Iterator
from pathlib import Path

from pronghorn.cli.locate import Module
from pronghorn.core.setup_errors import did_you_mean
from pronghorn.devtools.tracebacks import Frame, frames_of

__all__ = ["hint_for"]

_CIRCULAR = "partially initialized module"


def hint_for(error: BaseException, module: Module) -> str:
    """Return what to do about an error of an import; empty if the traceback says it all.

    Args:
        error: What the import raised.
        module: The module of the application.
    """
    frames = [frame for frame in frames_of(error) if frame.is_program]
    if isinstance(error, (ImportError, AttributeError)) and _CIRCULAR in str(error):
        return _hint_for_circle(frames, getattr(error, "path", None))
    if isinstance(error, ModuleNotFoundError) and error.name is not None:
        return _hint_for_absent(error.name, frames, module)
    if isinstance(error, ImportError) and "no known parent package" in str(error):
        return (
            "A relative import needs a package: add an empty __init__.py to the folder of the "
            "module,\nor write the import without the dot."
        )
    if isinstance(error, ImportError) and error.name is not None:
        return "\n".join(_hints_for_name(error, frames))
    return ""


def _hint_for_absent(name: str, frames: list[Frame], module: Module) -> str:
    top = name.partition(".")[0]
    if top == "fastapi":
        return (
            "FastAPI is not installed, and pronghorn can stand in for it.\n"
            "To run the program unchanged:  add --as-fastapi to this command\n"
            "To change the program instead: from pronghorn import FastAPI"
        )
    lines = [f"{_place(frames[-1])} imports {name}, which does not exist here."] if frames else []
    if top == "pronghorn":
        return "\n".join([*lines, *_hints_for_our_module(name)])
    folder = module.root.joinpath(*name.split(".")[:-1])
    similar = did_you_mean(name.rpartition(".")[2], _modules_in(folder))
    parent = sys.modules.get(top)
    if similar:
        lines.append(f"Did you mean {'.'.join([*name.split('.')[:-1], similar])}?")
    elif parent is None or not _is_in(parent.__file__, module.root):
        lines.append(f"If it is a package, install it for {sys.executable}.")
    return "\n".join(lines)


def _hints_for_our_module(name: str) -> Iterator[str]:
    """Yield what to import in place of a module that pronghorn does not have."""
    inside = name.partition(".")[2]
    if _is_module(f"starlette.{inside}"):
        yield f"It is Starlette's, and works with pronghorn: import it from starlette.{inside}"
        return
    parent = sys.modules.get(name.rpartition(".")[0])
    folders = getattr(parent, "__path__", ())
    similar = did_you_mean(
        name.rpartition(".")[2], [each.name for each in pkgutil.iter_modules(folders)]
    )
    if similar:
        yield f"Did you mean {name.rpartition('.')[0]}.{similar}?"


def _is_module(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:  # A package above it does not exist.
        return False


def _is_in(file: str | None, root: Path) -> bool:
    return file is not None and "site-packages" not in file and Path(file).is_relative_to(root)


def _modules_in(folder: Path) -> list[str]:
    """Return the names that can be imported from a folder of the program."""
    if not folder.is_dir():
        return []
    return [
        item.stem
        for item in folder.iterdir()
        if item.stem.isidentifier() and (item.suffix == ".py" or item.is_dir())
    ]


def _hints_for_name(error: ImportError, frames: list[Frame]) -> Iterator[str]:
    """Yield hints for a name that an existing module does not have."""
    wanted = getattr(error, "name_from", None)  # Python 3.12
    if wanted is None:
        wanted = str(error).partition("'")[2].partition("'")[0]
    imported = sys.modules.get(error.name or "")
    if frames and error.name:
        yield f"{_place(frames[-1])} imports {wanted} from {error.name}, which does not have it."
    similar = did_you_mean(wanted, vars(imported)) if imported else None
    if similar:
        yield f"Did you mean {similar}?"


def _hint_for_circle(frames: list[Frame], incomplete: str | None) -> str:
    """Return the imports of the circle, each with its place.

    Args:
        frames: The frames of the program.
        incomplete: The file whose import has not ended, if Python names it.
    """
    modules = [frame for frame in frames if frame.function == "<module>"]
    if not modules:
        return ""
    files = [frame.file for frame in modules]
    first = files.index(incomplete) if incomplete in files else 0
    lines = [f"{_place(frame)}: {frame.source}" for frame in modules[first:]]
    if len(lines) == 1:
        return f"The file imports itself:\n{lines[0]}\nRename it, for example to main.py"
    return "\n".join(
        [
            "These imports need each other:",
            *lines,
            "Move what both need to a third module, or an import into the function that uses it.",
        ]
    )


def _place(frame: Frame) -> str:
    file = Path(frame.file)
    here = Path.cwd()
    shown = file.relative_to(here) if file.is_relative_to(here) else file
    return f"{shown}:{frame.line}"
