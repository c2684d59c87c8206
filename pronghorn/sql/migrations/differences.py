"""Compare the models with the database."""

from __future__ import annotations

from typing import Any

from alembic import command
from alembic.autogenerate import render_python_code
from alembic.config import Config


def drop_empty(_: Any, __: Any, directives: list[Any]) -> None:
    if directives[0].upgrade_ops.is_empty():
        directives[:] = []


def list_differences(config: Config) -> list[str]:
    found: list[str] = []

    def keep(_: Any, __: Any, directives: list[Any]) -> None:
        operations = directives[0].upgrade_ops
        if not operations.is_empty():
            code = render_python_code(operations)
            found.extend(
                line for line in code.splitlines() if line and not line.lstrip().startswith("#")
            )
        directives[:] = []

    command.revision(config, "compare", autogenerate=True, process_revision_directives=keep)
    return found
