"""Import a module of the user; if that fails, show the user's part of the traceback."""

from __future__ import annotations

import importlib
import os
import sys
import traceback
from pathlib import Path
from textwrap import dedent
from types import ModuleType

from pronghorn.cli.errors import CommandError
from pronghorn.cli.locate import Module
from pronghorn.core.setup_errors import FULL_TRACEBACK, EnvironmentMistake

__all__ = [
    "describe_exit",
    "mistake_of_environment",
    "import_module",
    "show_full_tracebacks",
    "user_traceback",
]


def show_full_tracebacks() -> None:
    """Show every frame of the tracebacks of this process and of its children."""
    os.environ[FULL_TRACEBACK] = "1"


def wants_full_tracebacks() -> bool:
    """Return True if the user wants to see every frame."""
    return bool(os.environ.get(FULL_TRACEBACK))


def import_module(module: Module, *, as_fastapi: bool) -> ModuleType:
    """Import a module from its folder.

    The folder goes to the front of `sys.path` and stays there, because the program imports its
    other modules from it, some of them late.

    Args:
        module: The module to import.
        as_fastapi: Make `import fastapi` in it import pronghorn.

    Raises:
        CommandError: The import failed, ended the process, or gave another file's module.
    """
    root = str(module.root)
    if sys.path[:1] != [root]:
        sys.path.insert(0, root)
    try:
        if as_fastapi:
            importlib.import_module("pronghorn.as_fastapi")
        imported = importlib.import_module(module.name)
    except SystemExit as error:
        where = module.file or f"module {module.name!r}"
        raise CommandError(
            *describe_exit(error, f"Importing {where}"),
            detail=user_traceback(error) if wants_full_tracebacks() else "",
        ) from error
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # Libraries stop programs by exceptions like `SystemExit`.
        raise _import_failure(module, error) from error
    _refuse_namesake(module, imported)
    return imported


def _refuse_namesake(module: Module, imported: ModuleType) -> None:
    """Refuse a module of Python or of a package that has the name of the program's file."""
    own, other = module.file, getattr(imported, "__file__", None)
    if own is None or (other is not None and own == Path(other)):
        return
    from pronghorn.devtools.tracebacks import is_program_file  # Only an unusual module needs it.

    if other is None and module.name not in sys.stdlib_module_names:
        return  # The program has put another object in the place of its module.
    if other is not None and (is_program_file(other) or own == Path(other).resolve()):
        return
    raise CommandError(
        f"{own} has the name of another module: import {module.name} gives "
        f"{other or 'a built-in module'}",
        "Rename the file, for example to main.py",
    )


def mistake_of_environment(error: BaseException) -> CommandError | None:
    """Return the error of a command for a program whose surroundings keep it from starting.

    Returns:
        The sentence of the error, with a traceback only if the user wants that; None for an error
            about the code of the program.
    """
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, EnvironmentMistake):
        cause = cause.__cause__
    if cause is None:
        return None
    message, _, hint = str(cause).partition("\n")
    detail = user_traceback(error) if wants_full_tracebacks() else ""
    return CommandError(message, dedent(hint), detail=detail)


def _import_failure(module: Module, error: BaseException) -> CommandError:
    if found := mistake_of_environment(error):
        return found
    absent = error.name if isinstance(error, ModuleNotFoundError) else None
    if absent is not None and (module.name + ".").startswith(absent + "."):
        return CommandError(
            f"Could not import module {module.name!r}: there is no {absent!r} in {module.root}",
            "An entrypoint is imported from the working directory; start the command there,\n"
            "or name the file instead: pronghorn run path/to/file.py",
        )
    from pronghorn.cli.import_hints import hint_for
    from pronghorn.devtools.tracebacks import add_program

    add_program(module.name)
    where = module.file or f"module {module.name!r}"
    return CommandError(
        f"Importing {where} failed", hint_for(error, module), detail=user_traceback(error)
    )


def describe_exit(error: SystemExit, what: str) -> tuple[str, str]:
    """Return the message and the hint for a program that ended instead of giving an application.

    Args:
        error: What `sys.exit` raised.
        what: What was done with the program, such as "Importing main.py".
    """
    from pronghorn.devtools.tracebacks import frames_of  # Only an error needs it.

    frames = [frame for frame in frames_of(error) if frame.is_program]
    place = f" at {frames[-1].file}:{frames[-1].line}" if frames else ""
    code = 0 if error.code is None else error.code
    described = f"code {code}" if isinstance(code, int) else f"the message {code!r}"
    hint = "A server needs a module that can be imported, and a function that returns the app."
    if frames and frames[-1].source:
        hint = f"There the program has: {frames[-1].source}\n{hint}"
    return f"{what} ended the program with {described}{place}", hint


def user_traceback(error: BaseException) -> str:
    """Return the traceback with the frames of the program; all of them if the user wants that.

    An error that has no frame of the program keeps its last lines, which describe it.
    """
    from pronghorn.devtools.tracebacks import format_error, frames_of, wants_colour

    colour = wants_colour(sys.stderr)
    if wants_full_tracebacks():
        return format_error(error, full=True, colour=colour)
    is_program = [frame.is_program for frame in frames_of(error)]
    if not any(is_program):
        return "".join(traceback.format_exception_only(error))
    frames = error.__traceback__
    for _ in range(is_program.index(True)):  # The frames of this command are not of interest.
        frames = frames.tb_next if frames else None
    return format_error(error.with_traceback(frames), colour=colour)
