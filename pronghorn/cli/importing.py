"""Import a module of the user; if that fails, show the user's part of the traceback."""

from __future__ import annotations

import importlib
import sys
import traceback
from pathlib import Path
from types import ModuleType

from pronghorn.cli.errors import CommandError
from pronghorn.cli.locate import Module

__all__ = ["import_module", "user_traceback"]

_HEADER = "Traceback (most recent call last):\n"


def import_module(module: Module, *, as_fastapi: bool) -> ModuleType:
    """Import a module from its folder.

    The folder goes to the front of `sys.path` and stays there, because the program imports its
    other modules from it, some of them late.

    Args:
        module: The module to import.
        as_fastapi: Make `import fastapi` in it import pronghorn.

    Raises:
        CommandError: The import failed.
    """
    root = str(module.root)
    if sys.path[:1] != [root]:
        sys.path.insert(0, root)
    try:
        if as_fastapi:
            importlib.import_module("pronghorn.as_fastapi")
        return importlib.import_module(module.name)
    except Exception as error:
        raise _import_failure(module, error) from error


def _import_failure(module: Module, error: Exception) -> CommandError:
    absent = error.name if isinstance(error, ModuleNotFoundError) else None
    if absent is not None and (module.name + ".").startswith(absent + "."):
        return CommandError(
            f"Could not import module {module.name!r}: there is no {absent!r} in {module.root}",
            "An entrypoint is imported from the working directory; start the command there,\n"
            "or name the file instead: pronghorn run path/to/file.py",
        )
    hint = ""
    if absent is not None and absent.partition(".")[0] == "fastapi":
        hint = (
            "FastAPI is not installed, and pronghorn can stand in for it.\n"
            "To run the program unchanged:  add --as-fastapi to this command\n"
            "To change the program instead: from pronghorn import FastAPI"
        )
    where = module.file or f"module {module.name!r}"
    return CommandError(f"Importing {where} failed", hint, detail=user_traceback(error))


def user_traceback(error: BaseException) -> str:
    """Return the traceback without the frames of the import system and of the framework.

    An error that has only such frames keeps its last lines, which describe it.
    """
    report = traceback.TracebackException.from_exception(error)
    _remove_framework_frames(report)
    lines = list(report.format())
    following = [*lines[1:], ""]
    return "".join(
        line
        for line, after in zip(lines, following, strict=True)
        if line != _HEADER or after.startswith(" ")
    )


def _remove_framework_frames(report: traceback.TracebackException) -> None:
    pending: list[traceback.TracebackException | None] = [report]
    while pending:
        current = pending.pop()
        if current is None:
            continue
        kept = [frame for frame in current.stack if not _is_framework(frame.filename)]
        current.stack = traceback.StackSummary.from_list(kept)
        pending += [current.__cause__, current.__context__, *(current.exceptions or ())]


def _is_framework(filename: str) -> bool:
    return filename.startswith(("<frozen importlib", "<frozen runpy", "<pronghorn")) or any(
        folder in Path(filename).parents for folder in _framework_folders()
    )


def _framework_folders() -> list[Path]:
    names = ("pronghorn", "starlette", "pydantic", "typer", "click", "uvicorn", "importlib")
    files = (getattr(sys.modules.get(name), "__file__", None) for name in names)
    return [Path(file).parent for file in files if file]
