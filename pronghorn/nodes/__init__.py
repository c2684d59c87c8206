"""The processes of a program that are alive, on all hosts, and what is done for those that died.

    nodes = Nodes.of(db)
    async with nodes.run("worker"):
        ...

Jobs and channels stand on it. It needs the extra `sql`.
"""

from pronghorn.nodes.clock import now_ms
from pronghorn.nodes.node import Node
from pronghorn.nodes.nodes import Nodes

__all__ = ["Node", "Nodes", "now_ms"]
