"""The part of a request's path that the routes of an application compare."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def path_below_root(scope: Mapping[str, Any]) -> str:
    """Return the path of an ASGI scope without its `root_path`.

    A mount and a proxy put the prefix that they serve into `root_path`. A path that does not lie
    below it is returned as it is.
    """
    path: str = scope["path"]
    prefix: str = scope.get("root_path", "")
    rest = path.removeprefix(prefix) if prefix else path
    return rest if not rest or rest.startswith("/") else path
