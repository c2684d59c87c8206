"""Say in the log which limit a body was beyond, and which options set it."""

from __future__ import annotations

from starlette.middleware.body_limit import MAX_BODY_SIZE_SCOPE_KEY
from starlette.types import Scope

from pronghorn.core.refused import log_refused
from pronghorn.core.uploads import is_upload

_ADVICE = (
    "%s of the route, its router or the application sets this limit; without it, that of "
    "hardened or `pronghorn run` applies (%s)."
)
UPLOADED = _ADVICE % ("max_body_size", "--max-upload-size")
OTHER_BODY = _ADVICE % ("max_json_size or max_body_size", "--max-json-size")
#: The longest content type that is written.
_LONGEST = 100
#: Marks the errors and the scopes of refused requests that are logged.
_LOGGED = "_pronghorn_logged"


def log_too_large(scope: Scope, limit: int | None = None, error: Exception | None = None) -> None:
    """Write a warning about a body that is refused with 413.

    Args:
        scope: The request.
        limit: The bytes that the body may have; by default the limit in the scope.
        error: The exception that refuses it. It passes several levels, of which the first writes.
    """
    if error is not None:
        is_logged = hasattr(error, _LOGGED) or _LOGGED in scope
        setattr(error, _LOGGED, True)
        if is_logged:
            return
    scope[_LOGGED] = True  # Where a handler answers, Starlette's layer may raise another error.
    if limit is None:
        limit = scope.get(MAX_BODY_SIZE_SCOPE_KEY)
    kinds = [value for name, value in scope["headers"] if name == b"content-type"]
    kind = kinds[0].partition(b";")[0][:_LONGEST] if kinds else b""
    named = f"Content-Type {kind.decode('latin-1')!r}" if kind else "no Content-Type"
    bytes_of = "fewer bytes" if limit is None else f"{limit:,} bytes"
    advice = UPLOADED if is_upload(kind, untyped=True) else OTHER_BODY
    log_refused(scope, 413, f"a body with {named} may have {bytes_of}. {advice}")
