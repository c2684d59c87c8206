"""A store outside of the caches that use it: a backend of cashews with an address of its own."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

from cashews import register_backend
from cashews.backends.memory import Memory


class Reachable(Memory):
    """One client of a store: it keeps everything in the store, and fails when that is away."""

    def __init__(self, of: Shared, **options: Any) -> None:
        super().__init__(check_interval=0, serializer=options["serializer"])
        self.store, self._of = of.store, of

    async def init(self) -> None:
        await self._of.be_reached()
        await super().init()

    async def get_many(self, *keys: str, default: Any = None) -> tuple[Any, ...]:
        await self._of.be_reached()
        return await super().get_many(*keys, default=default)

    async def set(self, *args: Any, **options: Any) -> bool:
        await self._of.be_reached()
        assert isinstance(args[1], bytes | str)  # A server keeps nothing else.
        return await super().set(*args, **options)

    async def delete(self, key: str) -> bool:
        await self._of.be_reached()
        return await super().delete(key)


class Shared:
    """A store that caches share.

    Attributes:
        url: The address for `Cache`.
        store: What is in it.
        asked: The number of questions that it has got.
    """

    def __init__(self) -> None:
        name = f"shared{uuid4().hex}"
        self.url = f"{name}://"
        self.store: Any = Memory(check_interval=0).store
        self.asked = 0
        self._answers = asyncio.Event()
        self._error: Exception | None = None
        self._answers.set()
        register_backend(name, lambda **options: Reachable(self, **options))

    async def be_reached(self) -> None:
        self.asked += 1
        await self._answers.wait()
        if self._error is not None:
            raise self._error

    def stop(self) -> None:
        """Refuse connections."""
        self._error = ConnectionRefusedError("nobody listens")

    def hang(self) -> None:
        """Answer no more."""
        self._answers.clear()

    def start(self) -> None:
        """Answer again."""
        self._error = None
        self._answers.set()
