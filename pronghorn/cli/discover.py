"""Find the application for a command: the file, the module, then the object.

The sources, in this order: a path or an application name on the command line; an entrypoint on the
command line; an entrypoint in `pyproject.toml`; the default files.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pronghorn.cli.choose import choose
from pronghorn.cli.errors import USAGE, CommandError
from pronghorn.cli.importing import import_module
from pronghorn.cli.locate import Entrypoint, Module, locate, parse_entrypoint, read_entrypoint

__all__ = ["AppReference", "FoundApp", "discover", "where"]


@dataclass(frozen=True)
class AppReference:
    """The location of the application as the user gave it.

    Attributes:
        path: A Python file or folder.
        app: A name in that module.
        entrypoint: `"package.module:name"`; excludes the other two.
        as_fastapi: Make `import fastapi` in the program import pronghorn.
    """

    path: Path | None = None
    app: str | None = None
    entrypoint: str | None = None
    as_fastapi: bool = False


@dataclass(frozen=True)
class FoundApp:
    """The application, and how a new process can import it.

    Attributes:
        app: The application.
        module: The module that contains it.
        attribute: Its name there.
        as_fastapi: True if `import fastapi` in that program imports pronghorn.
        sources: The sources of the module and of the name, for messages.
    """

    app: Any
    module: Module
    attribute: str
    as_fastapi: bool
    sources: tuple[str, str]

    @property
    def import_string(self) -> str:
        """Return `"package.module:name"`."""
        return f"{self.module.name}:{self.attribute}"


def discover(reference: AppReference, directory: Path | None = None) -> FoundApp:
    """Find and import the application.

    Args:
        reference: The location as the user gave it.
        directory: The working directory; the one of this process by default.

    Raises:
        CommandError: The application cannot be found or imported.
    """
    module, attribute, sources = where(reference, directory or Path.cwd())
    imported = import_module(module, as_fastapi=reference.as_fastapi)
    choice = choose(imported, attribute)
    if attribute is None:
        sources = (sources[0], f"found: {choice.reason}")
    return FoundApp(choice.app, module, choice.attribute, reference.as_fastapi, sources)


def where(reference: AppReference, directory: Path) -> tuple[Module, str | None, tuple[str, str]]:
    """Return the module of the application, its name if one was given, and the sources of both.

    Raises:
        CommandError: There is no such file, or the command line contradicts itself.
    """
    entrypoint = _entrypoint(reference, directory)
    if entrypoint is not None:
        return entrypoint.module, entrypoint.attribute, (entrypoint.source, entrypoint.source)
    source = "default files" if reference.path is None else "path argument"
    return locate(reference.path, directory), reference.app, (source, "--app")


def _entrypoint(reference: AppReference, directory: Path) -> Entrypoint | None:
    by_path = reference.path is not None or reference.app is not None
    if reference.entrypoint is None:
        return None if by_path else read_entrypoint(directory)
    if by_path:
        raise CommandError(
            "Cannot use --entrypoint together with path or --app arguments",
            "--entrypoint names both the module and the app in it.",
            exit_code=USAGE,
        )
    return parse_entrypoint(reference.entrypoint, directory, "--entrypoint")
