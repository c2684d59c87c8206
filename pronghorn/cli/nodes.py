"""Print the processes of a program that share its database."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, inspect

from pronghorn.cli.database import find_database, run
from pronghorn.cli.discover import AppReference
from pronghorn.cli.tables import ago, print_rows

if TYPE_CHECKING:
    from pronghorn.nodes import Node

__all__ = ["list_nodes", "print_nodes"]


def print_nodes(reference: AppReference, name: str | None, *, as_json: bool) -> None:
    """Write the nodes to standard output, as a table or as a JSON array.

    Args:
        reference: The location of the application as the user gave it.
        name: The name of the database; None if the user named none.
        as_json: Print JSON.
    """
    database = find_database(reference, name)

    async def read() -> list[Node]:
        async with database.lifespan():
            return await list_nodes(database)

    nodes = run(read)
    if as_json:
        print(json.dumps([_describe(node) for node in nodes], indent=2, ensure_ascii=False))
    elif not nodes:
        print("No process of this program is running")
    else:
        print_rows(
            ("Node", "Role", "Host", "Process", "Version", "Started", "Seen", "State"),
            [
                (
                    node.id,
                    node.role,
                    node.host,
                    str(node.process),
                    node.version,
                    ago(node.started_at),
                    ago(node.seen_at),
                    "alive" if node.is_alive else "dead",
                )
                for node in nodes
            ],
        )


async def list_nodes(database: Any) -> list[Node]:
    """Return the nodes of a database; none if no process of the program has run yet."""
    from pronghorn.nodes import Nodes  # Only a program with jobs or channels has nodes.

    nodes = Nodes.of(database)
    async with database.transaction(read_only=True) as session:
        connection = await session.connection()
        if not await connection.run_sync(_has_nodes):
            return []
    return await nodes.list()


def _has_nodes(connection: Connection) -> bool:
    return inspect(connection).has_table("pronghorn_nodes")


def _describe(node: Node) -> dict[str, Any]:
    return {
        "id": node.id,
        "role": node.role,
        "host": node.host,
        "process": node.process,
        "version": node.version,
        "started_at": node.started_at.isoformat(),
        "seen_at": node.seen_at.isoformat(),
        "is_alive": node.is_alive,
    }
