"""Validation errors without the secrets that the client or the program had sent."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import is_dataclass
from functools import cached_property
from typing import Any, Literal

from pydantic import BaseModel

from pronghorn.core.kinds import LOCATIONS
from pronghorn.core.secret_names import is_secret, is_secret_cookie, may_have_secret
from pronghorn.core.served import is_served_by_command
from pronghorn.fields.field import ErrorDetail, Field
from pronghorn.fields.secret_fields import SecretFields, find_secret_fields

ShownInput = Literal["mask", "all", "none"]
"""The values of `AppOptions.validation_error_input`."""

#: Pydantic writes a `SecretStr` like this.
MASK = "**********"
#: A shorter secret is not looked for in messages: it might be a part of other words.
_SHORTEST = 4
#: How many values of all inputs together are looked at; inputs beyond that are masked as a whole.
MOST_VALUES = 20_000
#: A longer text that may name a secret is masked without a closer look.
_LONGEST_READ = 65_536
_WORD = re.compile(r"[\w.-]+")
#: How many locations are remembered, and how long their steps are: clients choose some of them.
_MOST_OPEN = 64
_LONGEST_OPEN = 64
#: The first steps of locations; "cookie" is no name of a secret there.
_PARTS = frozenset({*LOCATIONS, "response"})
#: Values that contain no others, and that are no text.
_SIMPLE = frozenset({int, float, bool, type(None)})
_SCALARS = _SIMPLE | {str}


class ErrorMask:
    """Masks the errors of one route.

    Args:
        fields: Returns the fields whose errors are masked; called at the first error.
        embed: The body is an object with one member per field.
    """

    def __init__(self, fields: Callable[[], Iterable[Field]], *, embed: bool = False) -> None:
        self._fields = fields
        self._embed = embed
        self._is_served = is_served_by_command()
        #: Locations that are no secrets.
        self._open: set[tuple[Any, ...]] = set()

    @cached_property
    def _secret(self) -> SecretFields:
        return find_secret_fields(self._fields(), embed=self._embed)

    def apply_for(self, app: Any, errors: Sequence[ErrorDetail]) -> Sequence[ErrorDetail]:
        """Return the errors as an application wants them shown, or as its server does."""
        shown: ShownInput | None = getattr(app, "validation_error_input", None)
        if shown is None:
            shown = "mask" if self._is_served or getattr(app, "hardened", False) else "all"
        return errors if shown == "all" else self.apply(errors, shown)

    def apply(self, errors: Sequence[ErrorDetail], shown: ShownInput) -> list[ErrorDetail]:
        """Return the errors as `shown` says; the errors themselves are not changed."""
        masked = []
        masking = None
        for error in errors:
            if (
                type(error) is dict
                and type(error.get("loc")) is tuple
                and error["loc"] in self._open
                and type(error.get("input")) in _SCALARS
                and error["type"][:5] != "json_"
            ):
                masked.append(error)
                continue
            masking = masking or _Masking(self._secret)
            masked.append(masking.of_error(error))
            self._remember(error, masking)
        return [_without_input(error) for error in masked] if shown == "none" else masked

    def _remember(self, error: ErrorDetail, masking: _Masking) -> None:
        """Remember a location whose scalar inputs are shown, as there are few in most programs."""
        location = error.get("loc") if type(error) is dict else None
        if len(self._open) >= _MOST_OPEN or type(location) is not tuple or len(location) != 2:
            return
        names = all(type(step) is str and len(step) <= _LONGEST_OPEN for step in location)
        if names and "type" in error and not masking.is_about_secret(location):
            self._open.add(location)


def mask_errors(errors: Sequence[ErrorDetail], *fields: Field) -> list[ErrorDetail]:
    """Return errors without the secrets in them.

    Args:
        errors: The errors; they are not changed.
        fields: The fields that were validated.
    """
    return ErrorMask(lambda: fields).apply(errors, "mask")


class _Masking:
    """The masking of the errors of one request.

    Args:
        secret: The fields that are secret by their type, besides those that are by their name.
    """

    def __init__(self, secret: SecretFields) -> None:
        self._names, self._wholes = secret
        self._left = MOST_VALUES
        #: The texts that were masked in the current error.
        self._masked: set[str] = set()

    def of_error(self, error: ErrorDetail) -> ErrorDetail:
        """Return an error without secrets; the error itself if it has none."""
        if type(error) is not dict:
            return error  # A library has made it.
        self._masked.clear()
        given = error.get("input")
        if self.is_about_secret(error.get("loc", ())):
            shown = self._hide(given)
        elif isinstance(given, (str, bytes)):
            shown = self._mask_unread(given) if _is_unread(error) else given
        else:
            try:
                shown = self._mask(given)
            except RecursionError:  # It has more levels than Python can follow here.
                shown = MASK
        if shown is given:
            return error
        return _without_texts({**error, "input": shown}, self._masked)

    def is_about_secret(self, location: Sequence[Any]) -> bool:
        """Return whether a location is inside a value that is a secret."""
        if location and location[0] in _PARTS:
            if location[0] in self._wholes:
                return True
            if location[0] == "cookie" and any(map(is_secret_cookie, map(str, location[1:]))):
                return True
            location = location[1:]
        return any(type(step) is str and self._is_secret(step) for step in location)

    def _is_secret(self, name: str) -> bool:
        return name in self._names or is_secret(name)

    def _mask(self, value: Any) -> Any:
        """Return a value with the secrets in it masked; the value itself if it has none."""
        if type(value) in _SIMPLE or isinstance(value, (str, bytes)):
            return value
        self._left -= 1
        if self._left < 0:
            return MASK
        if isinstance(value, Mapping):
            masked = {key: self._mask_member(key, member) for key, member in value.items()}
            return masked if any(masked[key] is not value[key] for key in masked) else value
        if isinstance(value, (list, tuple, set, frozenset)):
            items = [self._mask_item(item) for item in value]
            pairs = zip(items, value, strict=True)
            return items if any(new is not old for new, old in pairs) else value
        return self._mask_object(value)

    def _mask_member(self, key: Any, member: Any) -> Any:
        self._left -= 1
        if self._left < 0:
            return MASK
        if type(key) is str and self._is_secret(key):
            return self._hide(member)
        return self._mask(member)

    def _mask_item(self, item: Any) -> Any:
        """Return an item masked; one of two members may be a name and its value."""
        if isinstance(item, (list, tuple)) and len(item) == 2 and type(item[0]) is str:
            return self._mask_pair(item)
        return self._mask(item)

    def _mask_pair(self, pair: Any) -> Any:
        shown = self._mask_member(*pair)
        return pair if shown is pair[1] else [pair[0], shown]

    def _mask_object(self, value: Any) -> Any:
        """Return a mask for an object, such as a model, with a secret attribute; else the object.

        A secret type hides itself.
        """
        members = getattr(value, "__dict__", None)
        if not isinstance(members, dict):
            return value
        if not isinstance(value, BaseModel) and not is_dataclass(value):
            # Its members may be anything, such as files: only their names are looked at.
            members = {name: each for name, each in members.items() if self._is_secret(name)}
        return value if self._mask(members) is members else MASK

    def _hide(self, value: Any) -> Any:
        """Return the mask for a secret; an absent or empty value, and a truth value, as it is."""
        if value is None or type(value) is bool or hasattr(value, "get_secret_value"):
            return value
        if isinstance(value, (str, bytes, list, tuple, dict)) and not value:
            return value
        self._remember(value)
        return MASK

    def _remember(self, value: Any) -> None:
        if isinstance(value, bytes):
            value = value.decode(errors="replace")
        if isinstance(value, str) and len(value) >= _SHORTEST:
            self._masked.add(value)

    def _mask_unread(self, value: str | bytes) -> Any:
        """Return the mask for a text that was not parsed, if it names a secret."""
        text = value.decode(errors="replace") if isinstance(value, bytes) else value
        return MASK if self._names_secret(text) else value

    def _names_secret(self, text: str) -> bool:
        if any(name in text for name in self._names):
            return True
        if not may_have_secret(text):
            return False
        return len(text) > _LONGEST_READ or any(map(is_secret, _WORD.findall(text)))


def _is_unread(error: ErrorDetail) -> bool:
    """Return whether the input is a text that should have been JSON, or the whole body as text."""
    kind = str(error.get("type", ""))
    return kind.startswith("json_") or tuple(error.get("loc", ())) == ("body",)


def _without_input(error: ErrorDetail) -> ErrorDetail:
    if type(error) is not dict:
        return error  # A library has made it.
    kept = {name: value for name, value in error.items() if name != "input"}
    given = error.get("input")
    if isinstance(given, bytes):
        given = given.decode(errors="replace")
    if not isinstance(given, str) or len(given) < _SHORTEST:
        return kept
    return _without_texts(kept, [given])


def _without_texts(error: ErrorDetail, texts: Iterable[str]) -> ErrorDetail:
    """Return an error whose message and context do not repeat some texts."""
    found = sorted(texts, key=len, reverse=True)
    if not found:
        return error
    if "msg" in error:
        error["msg"] = _replace(str(error["msg"]), found)
    context = error.get("ctx")
    if isinstance(context, Mapping):
        error["ctx"] = {name: _replace_in(value, found) for name, value in context.items()}
    return error


def _replace(text: str, found: Iterable[str]) -> str:
    for each in found:
        text = text.replace(each, MASK)
    return text


def _replace_in(value: Any, found: Iterable[str]) -> Any:
    if isinstance(value, str):
        return _replace(value, found)
    if isinstance(value, Exception):
        text = str(value)
        cleaned = _replace(text, found)
        return value if cleaned == text else ValueError(cleaned)
    return value
