"""Spare the search for garbage what stays: the objects of the command line, and of the program."""

from __future__ import annotations

import atexit
import gc
import sys

__all__ = ["leave_program_out", "pause_collector", "resume_collector"]

#: The module that imports programs. Until it is loaded, every object belongs to the command line.
_IMPORTS_PROGRAMS = "pronghorn.cli.importing"


class _Pause:
    """Whether this module has switched off the garbage collector."""

    is_on = False


def pause_collector() -> None:
    """Switch the garbage collector off until a command starts.

    Without a command, as for `--help`, Python does not look for garbage when it exits either: that
    would take as long as printing the text.
    """
    if gc.isenabled():
        gc.disable()
        _Pause.is_on = True
    atexit.register(_skip_last_search)


def resume_collector() -> None:
    """Switch the garbage collector on, if `pause_collector` has switched it off."""
    if _Pause.is_on:
        _Pause.is_on = False
        gc.enable()


def leave_program_out() -> None:
    """Leave what the process has loaded until now out of all further searches for garbage.

    Modules, classes and routes stay until the process ends. Every full search would walk through
    them, and keep requests waiting meanwhile. `gc.unfreeze()` takes this back.
    """
    gc.freeze()


def _skip_last_search() -> None:
    if _IMPORTS_PROGRAMS not in sys.modules:
        gc.freeze()
