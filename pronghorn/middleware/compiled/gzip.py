"""`GZipMiddleware`, compiled: a response that stays as it is costs a look at its length."""

from __future__ import annotations

from functools import partial
from typing import Any

from starlette.middleware.gzip import GZipMiddleware, GZipResponder, IdentityResponder

from pronghorn.middleware import gzip as own
from pronghorn.middleware.compiled.gzip_encoding import Encoding
from pronghorn.middleware.compiled.layer import FirstHeaders
from pronghorn.run.edits import Editable


class CompiledGZip:
    """Compresses as one `GZipMiddleware` would.

    A body of `most_bytes` or more is left to Starlette's responder, which compresses it in a
    thread.
    """

    stands_for = (GZipMiddleware, GZipResponder, IdentityResponder, own.GZipMiddleware)

    def __init__(self, layer: GZipMiddleware) -> None:
        self.most_bytes = layer.thread_minimum_size
        options: dict[str, Any] = {"exclude_content_types": layer.exclude_content_types}
        plain = partial(IdentityResponder, layer.app, layer.minimum_size, **options)
        options["compresslevel"] = layer.compresslevel
        options["thread_minimum_size"] = layer.thread_minimum_size
        compressing = partial(GZipResponder, layer.app, layer.minimum_size, **options)
        self._plain = Encoding(layer, plain, compresses=False)
        self._compressing = Encoding(layer, compressing, compresses=True)

    def before(self, exchange: Editable, headers: FirstHeaders) -> None:
        """Prepare the edit of the response: only some clients accept gzip."""
        # With `in`, Python first tries to convert the word to a number.
        accepts = headers.get(b"accept-encoding", b"").find(b"gzip") >= 0
        exchange.edits.append(self._compressing if accepts else self._plain)
