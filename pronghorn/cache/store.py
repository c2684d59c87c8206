"""The store of responses, which may be away: a backend of cashews, and tokens of tags.

Each tag has a token in the store, a random text. An entry holds the tokens of its tags that were
there before its endpoint began. To invalidate a tag is to give it another token. So an entry of an
endpoint that began before is not valid, whenever it is written: nothing has to be found and
removed, and a lost token only makes entries invalid. cashews removes the entries of a tag that
exist, and an older one that is written a moment later stays.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from secrets import token_hex
from time import monotonic
from typing import Any, TypeVar

import cashews
from cashews.exceptions import BackendNotAvailableError

from pronghorn.cache.entries import Entry, decode
from pronghorn.core.setup_errors import user_error
from pronghorn.core.url_passwords import mask_url_passwords
from pronghorn.exceptions import SetupValueError
from pronghorn.logger import logger

T = TypeVar("T")
#: Seconds for which a store that has failed is not asked again.
PAUSE = 1.0
#: Seconds between two lines of the log about it.
QUIET = 60.0
#: Seconds for which tokens are kept at least, beside the time of the entries.
KEPT = 86_400.0
#: The tag of all entries.
EVERYTHING = ""


class StoreAwayError(Exception):
    """The store does not answer."""


class Store:
    """The entries and tokens of one cache.

    Args:
        url: A URL of cashews.
        prefix: The beginning of all keys.
        timeout: The seconds that the store has for an answer.
        options: Options of the backend of cashews.

    Raises:
        SetupValueError: The backend is unknown, or its client is not installed.
    """

    def __init__(self, url: str, prefix: str, timeout: float, options: dict[str, Any]) -> None:
        self.is_shared = not url.startswith("mem:")
        #: The URL without its password.
        self.name = mask_url_passwords(url, "***")
        self._prefix = prefix
        self._timeout = timeout
        self._backend = _connect(url, self.name, options)
        self._opening = asyncio.Lock()
        self._away_until = self._quiet_until = self._untold_until = 0.0
        #: Tags whose tokens could not be changed. They are changed before anything is read.
        self._owed: set[str] = set()

    # --- entries ----------------------------------------------------------------------------

    async def read(self, key: str, tags: Sequence[str]) -> tuple[Entry | None, tuple[str, ...]]:
        """Return the valid entry of a key, and the current tokens of its tags.

        Raises:
            StoreAwayError: The store does not answer.
        """
        names = [self._prefix + key, *map(self._token_key, (EVERYTHING, *tags))]
        found: Sequence[Any] = await self._ask(lambda: self._backend.get_many(*names))
        tokens = tuple(map(_read_token, found[1:]))
        if "" in tokens:
            tokens = await self._ask(lambda: self._make_tokens(names[1:]))
        entry = decode(found[0])
        return (entry if entry is not None and entry.tokens == tokens else None), tokens

    async def write(self, key: str, entry: Entry, seconds: float) -> None:
        """Keep an entry; a store that is away does not.

        Args:
            key: Its key.
            entry: The entry.
            seconds: How long it is kept.
        """
        value = entry.encode() if self.is_shared else entry
        try:
            await self._ask(lambda: self._backend.set(self._prefix + key, value, expire=seconds))
        except StoreAwayError:
            return

    async def drop(self, key: str) -> None:
        """Remove an entry."""
        await self._ask(lambda: self._backend.delete(self._prefix + key))

    # --- tokens -----------------------------------------------------------------------------

    async def read_tokens(self, tags: Sequence[str]) -> tuple[str, ...]:
        """Return the current tokens of tags, as `read` does.

        Raises:
            StoreAwayError: The store does not answer.
        """
        _, tokens = await self.read("", tags)
        return tokens

    def _token_key(self, tag: str) -> str:
        return f"{self._prefix}tag:{tag}"

    async def _make_tokens(self, names: Sequence[str]) -> tuple[str, ...]:
        """Return the tokens of these keys; make those that lack, unless another process does."""
        for name in names:
            await self._backend.set(name, self._new_token(), expire=KEPT, exist=False)
        found = await self._backend.get_many(*names)
        return tuple(_read_token(one) or token_hex(8) for one in found)

    def _new_token(self) -> str | bytes:
        """Return a token as the store keeps it: a server keeps bytes only."""
        token = token_hex(8)
        return token.encode() if self.is_shared else token

    async def invalidate(self, tags: Iterable[str]) -> None:
        """Make the entries of tags invalid; if the store is away, as soon as it is back."""
        self._owed.update(tags)
        try:
            await self._ask(self._pay)
        except StoreAwayError:
            if monotonic() > self._untold_until:
                self._untold_until = monotonic() + QUIET
                logger.error(
                    "The cache could not be told that %s has changed; this process tells it once "
                    "it is back",
                    ", ".join(tag or "everything" for tag in sorted(self._owed)),
                )

    async def _pay(self) -> None:
        while self._owed:
            tag = next(iter(self._owed))
            await self._backend.set(self._token_key(tag), self._new_token(), expire=KEPT)
            self._owed.discard(tag)

    # --- locks ------------------------------------------------------------------------------

    async def lock(self, name: str, seconds: float) -> str | None:
        """Take a lock that all processes share; None if another process holds it.

        Args:
            name: Its name.
            seconds: After which it ends by itself, should this process die.

        Returns:
            The key to `unlock` it.
        """
        mine, key = token_hex(8), f"{self._prefix}lock:{name}"
        taken = await self._ask(lambda: self._backend.set_lock(key, mine, expire=seconds))
        return mine if taken else None

    async def unlock(self, name: str, mine: str) -> None:
        """Let go of a lock."""
        key = f"{self._prefix}lock:{name}"
        try:
            await self._ask(lambda: self._backend.unlock(key, mine))
        except StoreAwayError:
            return  # It ends by itself.

    # --- a store that is away -----------------------------------------------------------------

    async def _ask(self, call: Callable[[], Awaitable[T]]) -> T:
        """Return the answer of the store.

        Raises:
            StoreAwayError: It has not answered in time, now or a moment ago.
        """
        if not self.is_shared and not self._owed:
            return await call()
        if self._away_until:
            if self._away_until > monotonic():
                raise StoreAwayError
            self._away_until = monotonic() + self._timeout + PAUSE  # Only one request tries.
        try:
            async with asyncio.timeout(self._timeout):
                await self._open()
                if self._owed:
                    await self._pay()
                answer = await call()
        except Exception as error:  # Whatever it is, endpoints run without the store.
            self._note(error)
            raise StoreAwayError from error
        self._away_until = 0.0
        return answer

    async def _open(self) -> None:
        if self._backend.is_init:
            return
        async with self._opening:
            if not self._backend.is_init:
                await self._backend.init()

    def _note(self, error: Exception) -> None:
        now = monotonic()
        self._away_until = now + PAUSE
        if now < self._quiet_until:
            return
        self._quiet_until = now + QUIET
        cause = error.__cause__ or error
        logger.warning(
            "The store of the cache, %s, does not answer, so endpoints run: %s",
            self.name,
            mask_url_passwords(f"{type(cause).__name__}: {cause}", "***"),
        )

    async def close(self) -> None:
        """Close the connections."""
        if self._backend.is_init:
            await self._backend.close()


def _read_token(value: Any) -> str:
    if isinstance(value, bytes):
        return value.decode("latin-1")
    return value if isinstance(value, str) else ""


def _connect(url: str, name: str, options: dict[str, Any]) -> Any:
    """Return the backend of cashews, which stores bytes as they are and reads no pickle."""
    given = {"pickle_type": "null", "check_repr": False, **options}
    if url.startswith("mem:"):
        given.setdefault("check_interval", 0)  # No task: what is over is dropped when it is read.
    else:
        given.setdefault("suppress", False)  # It would answer as if nothing was stored.
    try:
        return cashews.Cache().setup(url, **given)
    except BackendNotAvailableError as error:
        scheme = url.partition(":")[0]
        write = {"redis": "pip install redis", "rediss": "pip install redis"}
        raise user_error(
            f"The cache cannot use {name}",
            str(error),
            write.get(scheme, "pip install diskcache" if scheme == "disk" else 'Cache("mem://")'),
            kind=SetupValueError,
        ) from None
