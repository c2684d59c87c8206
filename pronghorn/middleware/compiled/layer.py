"""The protocol of compiled layers.

A compiled layer does what an untouched middleware of Starlette would do, decided as far as possible
when the stack is built. The middleware itself stays: it is the visible stack, and it answers the
requests that its compiled layer does not let pass, and all WebSocket connections.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Protocol

from starlette.types import ASGIApp

from pronghorn.run.edits import Editable

#: The headers of a request by name, the first value of each.
FirstHeaders = Mapping[bytes, bytes]


class CompiledLayer(Protocol):
    """One middleware, compiled.

    Attributes:
        stands_for: The classes whose methods it replaces; it is not used if a library has patched
            one of them.
        most_bytes: A body of this size or more is sent in messages, because the layer may wait.
    """

    stands_for: ClassVar[tuple[type[Any], ...]]
    most_bytes: float

    def __init__(self, layer: Any) -> None:
        """Read the options of the middleware."""

    def before(self, exchange: Editable, headers: FirstHeaders) -> ASGIApp | None:
        """See a request before the code inside of the layer.

        It may append an `Edit` to `exchange.edits`, for the response.

        Returns:
            None to let the request pass; otherwise the ASGI application that answers it.
        """
