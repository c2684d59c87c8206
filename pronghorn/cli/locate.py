"""Find the name of a module and the folder to import it from, by a path or by default.

Nothing is imported here.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pronghorn.cli.errors import USAGE, CommandError
from pronghorn.core.setup_errors import did_you_mean

__all__ = [
    "DEFAULT_FILES",
    "Entrypoint",
    "Module",
    "has_default_file",
    "is_import_string",
    "locate",
    "parse_entrypoint",
    "read_entrypoint",
    "read_entrypoint_above",
]

DEFAULT_FILES = ("main.py", "app.py", "api.py", "app/main.py", "app/app.py", "app/api.py")
"""The places to look for an application if the user gives none, in this order."""


@dataclass(frozen=True)
class Module:
    """A module that can be imported.

    Attributes:
        name: Dotted name, for example `"shop.main"`.
        root: The folder to have on `sys.path` for it.
        file: Its source file, when it was found by path.
    """

    name: str
    root: Path
    file: Path | None = None


@dataclass(frozen=True)
class Entrypoint:
    """A module and the name of the application in it.

    Attributes:
        module: The module to import.
        attribute: The name in it; may be dotted.
        source: The place where it was given, for messages.
        factory: True if `pyproject.toml` says that the name is a function that makes the
            application.
    """

    module: Module
    attribute: str
    source: str
    factory: bool = False


def locate(path: Path | None, directory: Path) -> Module:
    """Return the module at a path, or at the first default file that exists.

    Folders above it that have an `__init__.py` become part of its name, so that its relative
    imports work. In a folder without one, the default files are searched.

    Args:
        path: A Python file or a folder; `None` means `directory`.
        directory: The working directory.

    Raises:
        CommandError: There is no such file.
    """
    if path is None:
        return _module_of(_default_file(directory))
    target = directory / path
    if not target.exists():
        raise _no_such_path(path, target)
    if target.is_dir() and not (target / "__init__.py").is_file():
        return _module_of(_default_file(target))
    if target.is_file() and target.suffix != ".py":
        raise CommandError(
            f"Not a Python file: {path}",
            "Name a .py file, or the folder of a package.",
            exit_code=USAGE,
        )
    return _module_of(target)


def has_default_file(directory: Path) -> bool:
    """Return True if one of the default files exists in a folder."""
    return any((directory / name).is_file() for name in DEFAULT_FILES)


def _default_file(directory: Path) -> Path:
    for name in DEFAULT_FILES:
        if (directory / name).is_file():
            return directory / name
    raise CommandError(
        f"Could not find a default file to run in {directory}",
        f"Looked for {', '.join(DEFAULT_FILES)}.\n"
        "Name the file:       pronghorn dev path/to/file.py\n"
        'or pin it once:      [tool.pronghorn] entrypoint = "package.module:app"  '
        "(in pyproject.toml)",
    )


def _no_such_path(path: Path, target: Path) -> CommandError:
    hints = []
    if target.parent.is_dir():
        names = [item.name for item in target.parent.iterdir() if _may_hold_an_app(item)]
        nearest = did_you_mean(target.name, names)
        if nearest:
            hints.append(f"Did you mean {path.with_name(nearest)}?")
    if ":" in path.name:
        hints.append(f"For a module and a name in it, write only package.module:name, got {path}")
    hints.append(f"Paths start at {target.parent if path.is_absolute() else Path.cwd()}")
    return CommandError(f"Path does not exist {path}", "\n".join(hints))


def _may_hold_an_app(item: Path) -> bool:
    return item.suffix == ".py" or (item.is_dir() and not item.name.startswith("."))


def _module_of(path: Path) -> Module:
    """Return the module at a file or package folder, named by the packages around it."""
    path = path.resolve()
    package = path.name == "__init__.py"
    top = path.parent if package else path
    names = [top.name if top.is_dir() else top.stem]
    root = top.parent
    while (root / "__init__.py").is_file():
        names.insert(0, root.name)
        root = root.parent
    for name in names:
        if not name.isidentifier():
            raise CommandError(
                f"Cannot import {path}: {name!r} is not a name that Python can import",
                "Rename it to letters, digits and underscores.",
            )
    return Module(".".join(names), root, path / "__init__.py" if path.is_dir() else path)


def is_import_string(path: Path | None, directory: Path) -> bool:
    """Return True if a path argument is `package.module:name` and not the path of a file."""
    if path is None or (directory / path).exists():
        return False
    module, separator, attribute = str(path).partition(":")
    parts = [*module.split("."), *attribute.split(".")]
    return bool(separator) and module[-3:] != ".py" and all(part.isidentifier() for part in parts)


def parse_entrypoint(text: str, directory: Path, source: str) -> Entrypoint:
    """Split `"package.module:name"`.

    Args:
        text: The text that the user wrote.
        directory: The working directory, from which the module is imported.
        source: The place of the text, for messages.

    Raises:
        CommandError: The text has another form.
    """
    module, separator, attribute = text.partition(":")
    parts = [*module.split("."), *attribute.split(".")]
    named = separator and not module.endswith(".py")
    if named and all(part.isidentifier() for part in parts):
        return Entrypoint(Module(module, _root_of(module, directory)), attribute, source)
    example = module.removesuffix(".py").strip("/").replace("/", ".") or "package.module"
    raise CommandError(
        f"Import string must be in the format module.submodule:app_name, got {text!r} ({source})",
        f"Write, for example, {example}:{attribute or 'app'}",
        exit_code=USAGE,
    )


def _root_of(module: str, directory: Path) -> Path:
    """Return the folder that has the module: the directory, or `src` in it."""
    top = module.partition(".")[0]
    for root in (directory, directory / "src"):
        if (root / top).is_dir() or (root / f"{top}.py").is_file():
            return root
    return directory


def read_entrypoint_above(directory: Path) -> Entrypoint | None:
    """Return the entrypoint in the nearest `pyproject.toml` above a directory, or None.

    Raises:
        CommandError: That file is not valid TOML, or its entrypoint is not a string of the right
            form.
    """
    for folder in directory.parents:
        if (folder / "pyproject.toml").is_file():
            return read_entrypoint(folder)
    return None


def read_project(directory: Path) -> dict[str, Any]:
    """Return the content of `pyproject.toml` in a directory; empty if there is none.

    Raises:
        CommandError: The file is not valid TOML.
    """
    file = directory / "pyproject.toml"
    if not file.is_file():
        return {}
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:  # Also of text in another encoding, and of endless numbers.
        raise CommandError(f"Cannot read {file}: {error}") from error


def read_entrypoint(directory: Path) -> Entrypoint | None:
    """Return the entrypoint in `pyproject.toml` of a directory, or None.

    `[tool.pronghorn]` takes precedence over `[tool.fastapi]`, and may have `factory = true`.

    Raises:
        CommandError: The file is not valid TOML, or the entrypoint is not a string of the right
            form.
    """
    tools = read_project(directory).get("tool", {})
    for name in ("pronghorn", "fastapi"):
        table = tools.get(name, {})
        if "entrypoint" not in table:
            continue
        source = f"[tool.{name}] in pyproject.toml"
        for key, kind, text in (
            ("entrypoint", str, "a string"),
            ("factory", bool, "true or false"),
        ):
            if key in table and not isinstance(table[key], kind):
                raise CommandError(
                    f"The {key} must be {text}, got {table[key]!r} ({source})", exit_code=USAGE
                )
        entrypoint = parse_entrypoint(table["entrypoint"], directory, source)
        return replace(entrypoint, factory=name == "pronghorn" and table.get("factory", False))
    return None
