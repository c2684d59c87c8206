"""Write the OpenAPI document of an application."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pronghorn.cli.errors import CommandError
from pronghorn.cli.importing import user_traceback

__all__ = ["document", "write"]


def document(app: Any, indent: int) -> str:
    """Return the OpenAPI document of an application as JSON text that ends with a newline.

    Args:
        app: The application.
        indent: Spaces per level; 0 puts everything on one line.

    Raises:
        CommandError: The application does not have a document, or generating it failed.
    """
    generate = getattr(app, "openapi", None)
    if not callable(generate):
        raise CommandError(
            f"A {type(app).__name__} has no OpenAPI document",
            "Name the FastAPI app inside of it, for example with --app",
        )
    try:
        content = generate()
    except Exception as error:
        raise CommandError(
            "Generating the OpenAPI document failed", detail=user_traceback(error)
        ) from error
    separators = None if indent else (",", ":")
    text = json.dumps(content, indent=indent or None, separators=separators, ensure_ascii=False)
    return text + "\n"


def write(text: str, output: Path | None) -> None:
    """Write the document to a file as UTF-8, or to standard output.

    Raises:
        CommandError: The file cannot be written.
    """
    if output is None:
        print(text, end="")
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise CommandError(f"Cannot write {output}: {error.strerror}") from error
