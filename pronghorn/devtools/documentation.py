"""Find the documentation of an application, of its operations and of pronghorn."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from importlib.metadata import PackageNotFoundError, metadata
from typing import Any
from urllib.parse import quote

from pronghorn.devtools.inventory import Listed
from pronghorn.devtools.tracebacks import is_program_file

__all__ = ["documentation_of", "is_own", "operation_address", "project_documentation", "tags_of"]

_PAGES = ("docs_url", "redoc_url", "scalar_url", "openapi_url")


def documentation_of(app: Any) -> list[str]:
    """Return the paths of the pages that document an application, and of its document."""
    if not getattr(app, "openapi_url", None):
        return []
    paths = (getattr(app, name, None) for name in _PAGES)
    return [path for path in paths if isinstance(path, str) and path]


def project_documentation() -> str | None:
    """Return the address of pronghorn's documentation, if the installed package names one."""
    try:
        urls = metadata("pronghorn").get_all("Project-URL") or []
    except PackageNotFoundError:
        return None
    named = dict(url.split(", ", 1) for url in urls if ", " in url)
    address = named.get("Documentation") or named.get("Homepage")
    return address if address is not None and address.startswith("https://") else None


def operation_address(listed: Listed) -> str | None:
    """Return the path and the fragment at which Swagger UI shows an operation.

    Returns:
        None if the operation is not documented, or its application has no such page.
    """
    app, route = listed.apps[-1], listed.route
    pages = documentation_of(app)
    docs = getattr(app, "docs_url", None)
    if docs not in pages or not getattr(route, "include_in_schema", False):
        return None
    operation = getattr(route, "operation_id", None) or getattr(route, "unique_id", None)
    if not isinstance(operation, str) or listed.row.kind != "http":
        return None
    tag = next(iter(tags_of(listed)), "default")
    return f"{listed.prefix}{docs}#/{quote(tag, safe='')}/{quote(operation, safe='')}"


def tags_of(listed: Listed) -> list[str]:
    """Return the tags of a route."""
    return list(_tags(getattr(listed.route, "tags", None) or ()))


def is_own(listed: Listed) -> bool:
    """Return True if the program declares a route, rather than pronghorn or a library.

    What decides is the file of the endpoint. A mount belongs to the application that contains it.
    """
    if listed.row.kind in {"mount", "host"}:
        return len(listed.apps) == 1 or hasattr(getattr(listed.route, "app", None), "openapi")
    return listed.row.file is not None and is_program_file(listed.row.file)


def _tags(tags: Any) -> Iterator[str]:
    for tag in tags:
        yield str(tag.value) if isinstance(tag, Enum) else str(tag)
