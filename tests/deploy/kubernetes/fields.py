"""Server-side apply as far as the tests need it: who owns which field, and what conflicts.

A list of objects with names is merged by them; every other list is one value. Real servers know the
keys of each list from its schema.
"""

from __future__ import annotations

import copy
import itertools
from collections.abc import Iterator
from typing import Any

Path = tuple[Any, ...]
#: What identifies an object, and so belongs to nobody.
IDENTITY = {("apiVersion",), ("kind",), ("metadata", "name"), ("metadata", "namespace")}


class Conflict(Exception):
    """Fields that another manager has set to another value."""

    def __init__(self, fields: list[tuple[str, str]]) -> None:
        super().__init__(fields)
        self.fields = fields


def flatten(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Yield every field with its path."""
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from flatten(inner, (*path, key))
    elif isinstance(value, list) and value and all(is_named(one) for one in value):
        for one in value:
            yield from flatten(one, (*path, ("name", one["name"])))
    else:
        yield path, value


def is_named(value: Any) -> bool:
    return isinstance(value, dict) and "name" in value


def unflatten(fields: dict[Path, Any]) -> dict[str, Any]:
    """Return the object that has these fields."""
    made: dict[str, Any] = {}
    for path, value in fields.items():
        place = made
        for part, following in itertools.pairwise(path):
            place = step(place, part, following)
        place[path[-1]] = copy.deepcopy(value)
    return made


def step(place: Any, part: Any, following: Any) -> Any:
    """Return the list or the table below a part of a path, made if it is not there."""
    empty: Any = [] if isinstance(following, tuple) else {}
    if not isinstance(part, tuple):
        if not place.get(part):
            place[part] = empty
        return place[part]
    for one in place:
        if one.get("name") == part[1]:
            return one
    place.append({"name": part[1]})
    return place[-1]


def apply(
    live: dict[str, Any] | None,
    owners: dict[str, set[Path]],
    manager: str,
    body: dict[str, Any],
    *,
    force: bool,
) -> tuple[dict[str, Any], dict[str, set[Path]]]:
    """Return the object and its owners after a manager has applied `body`."""
    new = dict(flatten(body))
    fields = dict(flatten(live)) if live is not None else {}
    owners = {who: set(paths) for who, paths in owners.items()}
    others = {who: paths for who, paths in owners.items() if who != manager}
    conflicts = [
        (path, who)
        for path, value in new.items()
        for who, paths in others.items()
        if path in paths and path in fields and fields[path] != value
    ]
    if conflicts and not force:
        raise Conflict([(dotted(path), who) for path, who in conflicts])
    for path, who in conflicts:
        owners[who].discard(path)
    for path in owners.get(manager, set()) - set(new):
        if not any(path in paths for paths in others.values()):
            fields.pop(path, None)
    # A table that was empty, and a list that was one value, may have become one of fields.
    for path in new:
        for length in range(1, len(path)):
            fields.pop(path[:length], None)
    fields |= new
    owners[manager] = set(new) - IDENTITY
    return unflatten(fields), owners


def dotted(path: Path) -> str:
    """Return a path as a server writes it: `.spec.replicas`."""
    return "".join(
        f'[name="{part[1]}"]' if isinstance(part, tuple) else f".{part}" for part in path
    )


def managed_fields(owners: dict[str, set[Path]]) -> list[dict[str, Any]]:
    """Return `metadata.managedFields`."""
    found = []
    for who, paths in owners.items():
        tree: dict[str, Any] = {}
        for path in paths:
            place = tree
            for part in path:
                key = f'k:{{"name":"{part[1]}"}}' if isinstance(part, tuple) else f"f:{part}"
                place = place.setdefault(key, {})
        found.append({"manager": who, "operation": "Apply", "fieldsV1": tree})
    return found
