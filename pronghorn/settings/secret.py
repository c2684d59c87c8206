"""Secrets: which ones are good enough outside of development, and those made for it."""

from __future__ import annotations

import os
import secrets
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, get_args

from pydantic import SecretBytes, SecretStr
from pydantic.fields import FieldInfo

from pronghorn.core.weak_secrets import KEY_LENGTH, LENGTH, describe_weak_text
from pronghorn.logger import logger

#: The environments in which a secret need not be one.
HARMLESS = frozenset({"development", "test"})


#: The name of a field, and what leads from there to a value inside.
Location = tuple[str | int, ...]


class Key:
    """Marks a secret that signs or encrypts: in development, one is made if none is set."""


Secret = Annotated[SecretStr, Key()]
"""A secret of the program itself, such as a key that signs tokens.

It needs 32 characters. If none is set in development, one is made and kept in a file; in the
environment "test" it is made for each process. Take `SecretStr` for a secret that somebody else
gives out, such as a password.
"""


def is_key(field: FieldInfo) -> bool:
    """Return True if a field is a `Secret`."""
    return any(isinstance(one, Key) for one in field.metadata)


def has_key(field: FieldInfo) -> bool:
    """Return True if a field is a `Secret`, may be one, or contains some."""
    return is_key(field) or _names_key(field.annotation)


def _names_key(annotation: Any) -> bool:
    marks = getattr(annotation, "__metadata__", ())
    return any(isinstance(one, Key) for one in marks) or any(map(_names_key, get_args(annotation)))


def find_weakness(field: FieldInfo, value: Any, defaults: Sequence[Any]) -> str | None:
    """Return why a value must not be a secret outside of development; None if it may be one."""
    text = value.get_secret_value()
    if isinstance(text, bytes):
        text = text.decode("latin-1")
    if any(default is not None and value_of(default) == value_of(value) for default in defaults):
        return "is the default of the program, which is no secret"
    return describe_weak_text(text, KEY_LENGTH if has_key(field) else LENGTH)


def value_of(value: Any) -> Any:
    """Return what a secret hides; any other value itself."""
    return value.get_secret_value() if isinstance(value, (SecretStr, SecretBytes)) else value


def find_weaknesses(
    field: FieldInfo, value: Any, location: Location, outer: Sequence[Any] = ()
) -> Iterator[tuple[Location, str]]:
    """Yield the location of each weak secret in the value of a field, and what is wrong with it.

    Args:
        field: The field.
        value: Its value.
        location: The name of the field; after it come those of fields, the keys and the numbers of
            items inside of its value.
        outer: The values that the defaults of outer fields have for this field.
    """
    own = None if field.is_required() else field.get_default(call_default_factory=False)
    yield from _find_inside(field, value, location, [own, *outer])


def _find_inside(
    field: FieldInfo, value: Any, location: Location, defaults: Sequence[Any]
) -> Iterator[tuple[Location, str]]:
    if isinstance(value, (SecretStr, SecretBytes)):
        weakness = find_weakness(field, value, defaults)
        if weakness is not None:
            yield location, weakness
        return
    items = _items_of(value)
    if items is not None:
        inner_defaults = [one for default in defaults for _, one in _items_of(default) or ()]
        for key, item in items:
            yield from _find_inside(field, item, (*location, key), inner_defaults)
        return
    for name, inner in getattr(type(value), "__pydantic_fields__", {}).items():
        outer = [getattr(default, name, None) for default in defaults]
        yield from find_weaknesses(inner, getattr(value, name), (*location, name), outer)


def _items_of(value: Any) -> list[tuple[str | int, Any]] | None:
    """Return the items of a container with their keys or numbers; None if it is none."""
    if isinstance(value, Mapping):
        return [(str(key), item) for key, item in value.items()]
    if isinstance(value, (list, tuple, set, frozenset, deque)):
        return list(enumerate(value))
    return None


# --- made for development -----------------------------------------------------------------------


def make_secret(folder: Path, variable: str, environment: str) -> str:
    """Return a secret for development, the same one at each start; for tests, a new one.

    Args:
        folder: The folder that keeps it, readable by its owner only. git ignores it.
        variable: The environment variable that would set it; also the name of the file.
        environment: "development" or "test".
    """
    made = secrets.token_urlsafe(48)
    if environment != "development":
        return made
    file = folder / variable
    try:
        if not file.exists():
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            _write_once(folder / ".gitignore", "*\n")
            _write_once(file, made)
        return file.read_text(encoding="ascii").strip() or made
    except OSError as error:
        logger.warning("%s has a new value at each start: %s", variable, error)
        return made


def _write_once(path: Path, text: str) -> None:
    """Create a file with all of its text, unless another process was faster."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode=0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(text)
        # A link appears at once and never replaces a file: nobody can read half a key.
        with suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink()
