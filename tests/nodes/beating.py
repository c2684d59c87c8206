"""A process that is a node until it is killed: `python -m tests.nodes.beating URL`."""

import asyncio
import sys

from pronghorn.nodes import Nodes
from pronghorn.sql import Database


async def main(url: str) -> None:
    """Beat, and say the id of this node."""
    db = Database(url)
    nodes = Nodes.of(db, beat=0.1, dead_after=0.6)
    async with db.lifespan(), nodes.run("worker"):
        sys.stdout.write(f"{nodes.id}\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
