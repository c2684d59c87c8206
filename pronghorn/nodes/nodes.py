"""This process among the others: its row, its beats, and what it does for those that died."""

from __future__ import annotations

import asyncio
import os
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from contextvars import Context
from dataclasses import dataclass
from typing import ClassVar
from uuid import uuid4
from weakref import WeakKeyDictionary, ref

from sqlalchemy.ext.asyncio import AsyncSession

from pronghorn.core.setup_errors import user_error
from pronghorn.logger import logger
from pronghorn.nodes.deaths import find_dead, next_look
from pronghorn.nodes.node import TABLES, Node
from pronghorn.nodes.pauses import commit_each_statement
from pronghorn.nodes.rows import (
    Seen,
    beat,
    list_nodes,
    look_around,
    register,
    remove,
    take_over,
)
from pronghorn.sql import Database

TakeOver = Callable[[AsyncSession, str], Awaitable[bool]]
Owners = Callable[[AsyncSession], Awaitable[Iterable[str]]]
Lost = Callable[[], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class _Heir:
    """A battery that takes over from dead nodes."""

    take_over: TakeOver
    owners: Owners | None


class Nodes:
    """The processes that are alive, in the table `pronghorn_nodes`. One object for a `Database`.

    Args:
        db: The database; its `lifespan` makes the table.
        beat: The seconds between two signs of life.
        dead_after: The seconds without one after which a process is dead.

    Attributes:
        id: The id of this process; another one after a fork.
        beat: As it was given.
        dead_after: As it was given.
    """

    _all: ClassVar[WeakKeyDictionary[Database, Nodes]] = WeakKeyDictionary()

    def __init__(self, db: Database, *, beat: float = 5.0, dead_after: float = 20.0) -> None:
        # `of` keeps this object as long as the database, which must not be kept by it.
        self._db = ref(db)
        self.beat, self.dead_after = beat, dead_after
        self._process = 0
        self._id = ""
        self._roles: Counter[str] = Counter()
        self._heirs: list[_Heir] = []
        self._on_lost: list[Lost] = []
        self._loops: dict[asyncio.AbstractEventLoop, _Beating] = {}
        db.add_own_tables(TABLES)

    @classmethod
    def of(
        cls, db: Database, *, beat: float | None = None, dead_after: float | None = None
    ) -> Nodes:
        """Return the nodes of a database: the same object for each call.

        Args:
            db: The database.
            beat: The seconds between two signs of life; 5 by default.
            dead_after: The seconds without one after which others take over; 20 by default, and at
                least three beats.

        Raises:
            SetupError: A process would be dead between two beats.
        """
        found = cls._all.get(db)
        if found is None:
            found = cls._all[db] = cls(db)
        found.beat = found.beat if beat is None else beat
        found.dead_after = found.dead_after if dead_after is None else dead_after
        if not 0 < found.beat * 3 <= found.dead_after:
            raise user_error(
                f"Nodes beat every {found.beat:g} s and are dead after {found.dead_after:g} s",
                "a process that is busy for a moment would be dead",
                f"Nodes.of(db, beat={found.beat:g}, dead_after={max(found.beat * 4, 1):g})",
            )
        return found

    @property
    def id(self) -> str:
        """The id of this process; another one after a fork."""
        if self._process != os.getpid():
            self._process, self._id = os.getpid(), str(uuid4())
            self._roles.clear()
            self._loops.clear()
        return self._id

    @property
    def role(self) -> str:
        """The work of this process, such as `web+worker`; empty if it has none."""
        return "+".join(sorted(+self._roles))

    @property
    def db(self) -> Database:
        """The database."""
        found = self._db()
        if found is None:
            raise RuntimeError("The Database of these nodes is gone: keep it in a variable.")
        return found

    @asynccontextmanager
    async def run(self, role: str) -> AsyncIterator[None]:
        """Be alive for the others inside of the block; at its end, the row of this process goes.

        Blocks may be inside of each other, and in several event loops: the process has one row.
        In a block of `db.rollback_everything()`, whose sessions must not overlap, it has none.

        Args:
            role: What the process does: `web` or `worker`.
        """
        if self.db.is_rolled_back:
            yield
            return
        loop = asyncio.get_running_loop()
        node = self.id
        self._roles[role] += 1
        beating = self._loops.get(loop)
        if beating is None:
            beating = self._loops[loop] = _Beating(self)
        beating.users += 1
        try:
            await beating.begin()
            yield
        finally:
            self._roles[role] -= 1
            beating.users -= 1
            if node == self.id and not beating.users:
                self._loops.pop(loop, None)
                await beating.end(is_last=not self._loops)

    def on_death(self, take_over: TakeOver, *, owners: Owners | None = None) -> None:
        """Call a function for each dead node, in the transaction of the process that takes it over.

        One process at a time does so for a node. It is repeated each beat until all functions of
        the process return True, and then the row of the node is deleted.

        Args:
            take_over: `async f(session, node_id)`. It returns True if nothing of the node is left.
            owners: `async f(session)`. It returns the ids of all nodes that own something. Those
                without a row are dead, too: what a process did after others took it for dead.
        """
        self._heirs.append(_Heir(take_over, owners))

    def on_lost(self, lost: Lost) -> None:
        """Call a function if others took over the work of this process, which is alive.

        The process may have been stopped, or cut off from the database.

        Args:
            lost: The `async def` function, which drops the work.
        """
        self._on_lost.append(lost)

    async def list(self) -> list[Node]:
        """Return all nodes, the oldest first; dead ones as long as something of them is left."""
        async with self.db.transaction(read_only=True) as session:
            return await list_nodes(session, _ms(self.dead_after))

    # --- for `_Beating` -------------------------------------------------------------------------

    async def _sign(self) -> Sequence[Seen]:
        """Write that this process is alive, and return what is known of all nodes."""
        async with self.db.transaction() as session:
            await commit_each_statement(session)
            if await beat(session, self.id, self.role, _ms(self.beat * 2)):
                return await look_around(session)
        logger.warning("Others took over the work of this process, node %s", self.id)
        for lost in self._on_lost:
            await lost()
        async with self.db.transaction() as session:
            await commit_each_statement(session)
            await remove(session, self.id)
            await register(session, self.id, self.role)
            return await look_around(session)

    async def _find_orphans(self) -> set[str]:
        """Return the ids of nodes that own something, and have no row."""
        found: set[str] = set()
        async with self.db.transaction(read_only=True) as session:
            for heir in self._heirs:
                if heir.owners is not None:
                    found.update(await heir.owners(session))
        if found:  # A node has its row before it owns something, so this later read sees it.
            async with self.db.transaction(read_only=True) as session:
                found -= {node.id for node in await look_around(session)}
        return found

    async def _take_over(self, node: str) -> None:
        async with self.db.transaction() as session:
            if not await take_over(session, node, _ms(self.dead_after)):
                return
            done = [await heir.take_over(session, node) for heir in self._heirs]
            if all(done):
                await remove(session, node)
                logger.info("Nothing is left of the dead node %s", node)


class _Beating:
    """The beats of a process in one event loop.

    Args:
        nodes: What it beats for.
    """

    def __init__(self, nodes: Nodes) -> None:
        self.users = 0
        self._nodes = nodes
        self._lock = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None
        self._is_away = False
        self._orphans_at = 0.0

    async def begin(self) -> None:
        """Write the row, and go on in the background."""
        async with self._lock:
            if self._task is not None:
                return
            nodes = self._nodes
            async with nodes.db.transaction() as session:
                await commit_each_statement(session)
                if not await beat(session, nodes.id, nodes.role, _ms(nodes.beat * 2)):
                    await remove(session, nodes.id)
                    await register(session, nodes.id, nodes.role)
            # It outlives the request that begins it, and must not keep its context variables.
            create = asyncio.get_running_loop().create_task
            self._task = create(self._go_on(), context=Context(), name="pronghorn nodes")

    async def end(self, *, is_last: bool) -> None:
        """Stop, and delete the row if this is the last event loop of the process."""
        async with self._lock:
            if self._task is None:
                return
            self._task.cancel()
            await asyncio.wait({self._task})
            if not is_last:
                return
            try:
                async with self._nodes.db.transaction() as session:
                    await remove(session, self._nodes.id)
            except Exception as error:  # noqa: BLE001 - the others will find out by themselves
                logger.warning("The row of this node stays, since the database is away: %s", error)

    async def _go_on(self) -> None:
        while True:
            try:
                pause = await self._beat()
                self._say(None)
            except Exception as error:  # noqa: BLE001 - a database that is away comes back
                self._say(error)
                pause = min(1.0, self._nodes.beat)
            await asyncio.sleep(pause)

    async def _beat(self) -> float:
        """Beat, and take over the nodes that are dead; return the seconds until the next time."""
        nodes, now = self._nodes, asyncio.get_running_loop().time()
        dead_after, beat = _ms(nodes.dead_after), _ms(nodes.beat)
        seen = await nodes._sign()
        dead = find_dead(seen, dead_after, beat)
        if nodes._heirs and now >= self._orphans_at:
            dead += await nodes._find_orphans()
            self._orphans_at = now + nodes.dead_after
        random.shuffle(dead)  # Several processes are at it, each with another node.
        for node in dead:
            await self._take_over(node)
        return next_look(seen, dead_after, beat) / 1000

    async def _take_over(self, node: str) -> None:
        try:
            await self._nodes._take_over(node)
        except Exception as error:  # noqa: BLE001 - the other nodes are not concerned
            logger.error("The dead node %s could not be taken over", node, exc_info=error)

    def _say(self, error: Exception | None) -> None:
        """Log that the database is away, or back; once for each."""
        if error is not None and not self._is_away:
            logger.warning("This node cannot reach the database, and goes on trying: %s", error)
        elif error is None and self._is_away:
            logger.info("This node reaches the database again")
        self._is_away = error is not None


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
