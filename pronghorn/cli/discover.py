"""Find the application for a command: the file, the module, then the object.

The sources, in this order: a path or an application name on the command line; an entrypoint on the
command line; an entrypoint in `pyproject.toml`; the default files; an entrypoint in a
`pyproject.toml` of a folder above.
"""

from __future__ import annotations

import contextlib
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from pronghorn.cli.errors import USAGE, CommandError
from pronghorn.cli.importing import import_module, show_full_tracebacks
from pronghorn.cli.locate import (
    Entrypoint,
    Module,
    has_default_file,
    is_import_string,
    locate,
    parse_entrypoint,
    read_entrypoint,
    read_entrypoint_above,
)

__all__ = ["AppReference", "FoundApp", "discover", "discover_quietly", "where"]


@dataclass(frozen=True)
class AppReference:
    """The location of the application as the user gave it.

    Attributes:
        path: A Python file or folder.
        app: A name in that module.
        entrypoint: `"package.module:name"`; excludes the other two.
        as_fastapi: Make `import fastapi` in the program import pronghorn.
        factory: The name is a function that makes the application.
        full_traceback: Show all frames and chained exceptions of an error.
    """

    path: Path | None = None
    app: str | None = None
    entrypoint: str | None = None
    as_fastapi: bool = False
    factory: bool = False
    full_traceback: bool = False


@dataclass(frozen=True)
class FoundApp:
    """The application, and how a new process can import it.

    Attributes:
        app: The application.
        module: The module that contains it.
        attribute: Its name there.
        as_fastapi: True if `import fastapi` in that program imports pronghorn.
        sources: The sources of the module and of the name, for messages.
        factory: True if the name is a function that makes the application.
        others: Names of other applications in the module, which could have been meant.
    """

    app: Any
    module: Module
    attribute: str
    as_fastapi: bool
    sources: tuple[str, str]
    factory: bool = False
    others: tuple[str, ...] = ()

    @property
    def import_string(self) -> str:
        """Return `"package.module:name"`."""
        return f"{self.module.name}:{self.attribute}"

    @property
    def other_apps(self) -> str:
        """Return a line about the other applications of the module; empty if there are none."""
        if not self.others:
            return ""
        named = ", ".join(f"{self.module.name}:{name}" for name in self.others)
        what = "is an app too" if len(self.others) == 1 else "are apps too"
        return f"{named} {what}; to choose one: --app {self.others[0]}"


def discover(reference: AppReference, directory: Path | None = None) -> FoundApp:
    """Find and import the application.

    Args:
        reference: The location as the user gave it.
        directory: The working directory; the one of this process by default.

    Raises:
        CommandError: The application cannot be found or imported.
    """
    directory = directory or Path.cwd()
    if reference.full_traceback:
        show_full_tracebacks()
    module, attribute, sources, pinned = _find_place(reference, directory)
    factory = reference.factory or pinned
    # Here, because it imports the framework, and `pronghorn --help` needs none.
    from pronghorn.cli.choose import choose

    imported = import_module(module, as_fastapi=reference.as_fastapi)
    choice = choose(imported, attribute, factory=factory)
    if attribute is None:
        sources = (sources[0], f"found: {choice.reason}")
    return FoundApp(
        choice.app,
        module,
        choice.attribute,
        reference.as_fastapi,
        sources,
        factory=factory,
        others=choice.others,
    )


def discover_quietly(reference: AppReference) -> FoundApp:
    """Find and import the application for a command whose output may be piped.

    Whatever the modules print during the import goes to standard error, and so does a line about
    other applications of the module.

    Args:
        reference: The location as the user gave it.

    Raises:
        CommandError: The application cannot be found or imported.
    """
    with contextlib.redirect_stdout(sys.stderr):
        found = discover(reference)
    if found.others:
        print(f"This is {found.import_string}; {found.other_apps}", file=sys.stderr)
    return found


def where(reference: AppReference, directory: Path) -> tuple[Module, str | None, tuple[str, str]]:
    """Return the module of the application, its name if one was given, and the sources of both.

    Raises:
        CommandError: There is no such file, or the command line contradicts itself.
    """
    place = _find_place(reference, directory)
    return place.module, place.attribute, place.sources


class _Place(NamedTuple):
    module: Module
    attribute: str | None
    sources: tuple[str, str]
    factory: bool = False


def _find_place(reference: AppReference, directory: Path) -> _Place:
    entrypoint = _entrypoint(reference, directory)
    by_default = entrypoint is None and reference.path is None and reference.app is None
    if by_default and not has_default_file(directory):
        entrypoint = read_entrypoint_above(directory)
    if entrypoint is not None:
        sources = (entrypoint.source, entrypoint.source)
        return _Place(entrypoint.module, entrypoint.attribute, sources, entrypoint.factory)
    source = "default files" if reference.path is None else "path argument"
    return _Place(locate(reference.path, directory), reference.app, (source, "--app"))


def _entrypoint(reference: AppReference, directory: Path) -> Entrypoint | None:
    by_path = reference.path is not None or reference.app is not None
    if reference.entrypoint is None:
        if reference.app is None and is_import_string(reference.path, directory):
            return parse_entrypoint(str(reference.path), directory, "path argument")
        return None if by_path else read_entrypoint(directory)
    if by_path:
        raise CommandError(
            "Cannot use --entrypoint together with path or --app arguments",
            "--entrypoint names both the module and the app in it.",
            exit_code=USAGE,
        )
    return parse_entrypoint(reference.entrypoint, directory, "--entrypoint")
