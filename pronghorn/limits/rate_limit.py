"""`RateLimit`: the dependency that takes from a limit, or refuses the request."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Awaitable, Callable
from hashlib import blake2b
from typing import Any, Literal, get_args

import anyio
from starlette.requests import HTTPConnection

from pronghorn.core.setup_errors import SetupTypeError, SetupValueError, user_error
from pronghorn.core.whose import text_of
from pronghorn.exceptions import HTTPException
from pronghorn.limits.addresses import client_ip
from pronghorn.limits.charged import SCOPE_KEY, Charged, limit_header, policy_header
from pronghorn.limits.document import document_limit
from pronghorn.limits.guard import StoreAwayError
from pronghorn.limits.limits import Limits, find_limits
from pronghorn.limits.rules import Quota, read_rule
from pronghorn.limits.windows import Charge, Count
from pronghorn.logger import logger
from pronghorn.params import Depends

OnStoreError = Literal["local", "open", "closed"]
#: Returns the real cost of a request; None if it is as expected.
Settle = Callable[[HTTPConnection], int | Awaitable[int | None] | None]
#: More than any quota. Redis counts larger numbers only roughly, and a database not at all.
_MOST = 2**52


class RateLimit(Depends):
    """A limit of requests, as a dependency of an application, a router, a route or a parameter.

    A request that does not fit is answered with 429 and `Retry-After`; a WebSocket connection is
    refused before it is accepted. Every answer has the headers `RateLimit` and `RateLimit-Policy`
    of draft-ietf-httpapi-ratelimit-headers-11 (May 2026), and the OpenAPI document names them. One
    object is one limit, on all its routes together.

    Args:
        rule: The quotas, such as `"5/minute;50/day"`; a request has to fit into each of them.
        by: A dependency that returns whose limit it is, such as the id of a user: a number, a text,
            or another value whose text counts, and no object of the database. By default the
            address of the client, see `client_ip`.
        cost: What a request takes: a number from 0 on, or a dependency that returns one.
        settle: Called after the response with the connection, also after an error; returns the
            real cost, or None if nothing is to be corrected. A parameter whose dependency is this
            object may set `used` of its `Charged` instead.
        on_store_error: While the store cannot be asked, `"local"` counts in each process,
            `"open"` lets all requests through, `"closed"` answers 503.
        limits: The store; by default the `Limits` that was made last.
        name: The name of the limit in the store. By default it is made of the module, the rule
            and the name of `by`.

    Raises:
        SetupError: An argument cannot work, or there is no `Limits` yet.
    """

    def __init__(
        self,
        rule: str,
        *,
        by: Callable[..., Any] = client_ip,
        cost: int | Callable[..., Any] = 1,
        settle: Settle | None = None,
        on_store_error: OnStoreError = "local",
        limits: Limits | None = None,
        name: str | None = None,
    ) -> None:
        _check(by, cost, settle, on_store_error)
        self.rule = rule
        self.quotas: tuple[Quota, ...] = read_rule(rule)
        self.limits = find_limits(limits)
        self._settle = settle
        self._by = by
        self._on_store_error = on_store_error
        module = sys._getframe(1).f_globals.get("__name__", "")
        found = f"{module}:{rule}:{getattr(by, '__qualname__', type(by).__qualname__)}"
        self.name = self.limits.name_limit(found) if name is None else name
        self.policy = policy_header(self.quotas)
        super().__init__(self._make_dependency(by, cost))

    def __repr__(self) -> str:
        return f"RateLimit({self.rule!r}, name={self.name!r})"

    def document_operation(self, operation: dict[str, Any]) -> None:
        """Describe the limit in an operation of the OpenAPI document."""
        rules = [str(quota) for quota in self.quotas]
        document_limit(operation, rules, is_closed=self._on_store_error == "closed")

    def _make_dependency(self, by: Callable[..., Any], cost: Any) -> Callable[..., Any]:
        """Return the function that runs in a request, with the dependencies that it needs."""
        client = Depends(by)
        if callable(cost):
            amount = Depends(cost)

            async def take_cost(
                connection: HTTPConnection, who: Any = client, needed: Any = amount
            ) -> Charged:
                return await self._take(connection, who, needed)

            return take_cost

        async def take(connection: HTTPConnection, who: Any = client) -> Charged:
            return await self._take(connection, who, cost)

        return take

    async def _take(self, connection: HTTPConnection, who: Any, cost: Any) -> Charged:
        """Take a charge for a request.

        Raises:
            HTTPException: It does not fit, or the store is away and the limit is closed.
        """
        if not _is_cost(cost):
            raise TypeError(f"The cost of {self!r} must be a number from 0 on, not {cost!r}")
        for quota in self.quotas:
            if cost > quota.amount:
                raise self._too_large(quota)
        charges = self._charges(who, cost)
        limits, is_local = self.limits, False
        try:
            counts = await limits.take(charges)
        except StoreAwayError:
            if self._on_store_error == "closed":
                raise HTTPException(
                    503, "The limit of requests cannot be checked", {"Retry-After": "1"}
                ) from None
            is_local = self._on_store_error == "local"
            counts = await limits.take_locally(charges) if is_local else []
        if not all(count.fits for count in counts):
            raise self._refuse(counts)
        charged = Charged(cost, counts, is_local=is_local)
        connection.scope.setdefault(SCOPE_KEY, []).append((self, charged))
        return charged

    def _charges(self, who: Any, cost: int) -> list[Charge]:
        # What a client sends may be long or secret, so the store does not get it.
        text = f"{self.name}\0{text_of(who, found_by=self._by)}".encode("utf-8", "surrogatepass")
        key = blake2b(text, digest_size=20).hexdigest()
        return [
            Charge(f"{key}/{seconds}", amount, seconds * 1000, cost)
            for _, amount, seconds in self.quotas
        ]

    @property
    def settles(self) -> bool:
        """Return whether a function is asked for the real cost."""
        return self._settle is not None

    def headers(self, charged: Charged) -> list[tuple[bytes, bytes]]:
        """Return the headers of the response to a request that fits."""
        if not charged.counts:
            return []
        value = limit_header(self.quotas, charged.counts)
        return [
            (b"ratelimit-policy", self.policy.encode()),
            (b"ratelimit", value.encode()),
        ]

    async def settle(self, connection: HTTPConnection, charged: Charged) -> None:
        """Correct a charge after the response; what fails is logged, since that is sent."""
        try:
            with anyio.CancelScope(shield=True):
                await self._settle_now(connection, charged)
        except StoreAwayError:
            pass  # It is in the log; what was taken stays taken.
        except Exception as error:  # noqa: BLE001 - the response is sent
            logger.error("%r could not be settled", self, exc_info=error)

    async def _settle_now(self, connection: HTTPConnection, charged: Charged) -> None:
        if self._settle is not None and charged.used is None:
            found: Any = self._settle(connection)
            charged.used = await found if inspect.isawaitable(found) else found
        if charged.used is not None and not _is_cost(charged.used):
            raise TypeError(f"a cost must be a number from 0 on, not {charged.used!r}")
        if charged.used is not None:
            charged.used = min(charged.used, _MOST)
        changes = charged.corrections()
        if changes:
            await self.limits.change(changes, is_local=charged.is_local)

    def _refuse(self, counts: list[Count]) -> HTTPException:
        """Return the answer to a request that does not fit."""
        full = [pair for pair in zip(self.quotas, counts, strict=True) if not pair[1].fits]
        wait = max(count.retry_after for _, count in full)
        rule = ", ".join(str(quota) for quota, _ in full)
        headers = {
            "Retry-After": str(wait),
            "RateLimit-Policy": self.policy,
            "RateLimit": limit_header(*zip(*full, strict=True)),
        }
        return HTTPException(429, f"Too many requests: {rule}. Try again in {wait} s.", headers)

    def _too_large(self, quota: Quota) -> HTTPException:
        """Return the answer to a request that will never fit, so it names no time."""
        detail = f"The request costs more than the whole limit of {quota}"
        return HTTPException(429, detail, {"RateLimit-Policy": self.policy})


def _is_cost(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _check(by: Any, cost: Any, settle: Any, on_store_error: Any) -> None:
    """Refuse arguments that cannot work.

    Raises:
        SetupError: One of them cannot.
    """
    if not callable(by) or isinstance(by, Depends):
        raise user_error(
            f"RateLimit got by={by!r}",
            "the function itself was meant",
            "RateLimit(..., by=current_user_id)",
            kind=SetupTypeError,
        )
    if not callable(cost) and not _is_cost(cost):
        raise user_error(
            f"RateLimit got cost={cost!r}",
            None,
            "RateLimit(..., cost=1), or cost=a_dependency that returns a number from 0 on",
            kind=SetupValueError,
        )
    if settle is not None and not callable(settle):
        raise user_error(
            f"RateLimit got settle={settle!r}",
            None,
            "RateLimit(..., settle=used_tokens)",
            kind=SetupTypeError,
        )
    if on_store_error not in get_args(OnStoreError):
        raise user_error(
            f"RateLimit got on_store_error={on_store_error!r}",
            None,
            'on_store_error="local", "open" or "closed"',
            kind=SetupValueError,
        )
