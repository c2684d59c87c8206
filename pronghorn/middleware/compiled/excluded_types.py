"""The content types that `GZipMiddleware` never compresses."""

from __future__ import annotations

from collections.abc import Collection

#: The content types that are remembered, and how long each may be.
_MOST, _LONGEST = 1000, 256


class ExcludedTypes:
    """Tells whether responses of a content type stay as they are.

    Args:
        patterns: Media types, some of them as `image/*`, in lower case and without parameters.
    """

    def __init__(self, patterns: Collection[str]) -> None:
        self._patterns = patterns
        self._known: dict[bytes, bool] = {}

    def __contains__(self, content_type: bytes) -> bool:
        known = self._known.get(content_type)
        if known is None:
            known = self._find(content_type.decode("latin-1"))
            if len(self._known) < _MOST and len(content_type) <= _LONGEST:
                self._known[content_type] = known
        return known

    def _find(self, content_type: str) -> bool:
        media_type = content_type.partition(";")[0].strip().lower()
        kinds = {media_type, media_type.partition("/")[0] + "/*"}
        if media_type.startswith("application/grpc+"):
            kinds.add("application/grpc")
        return not kinds.isdisjoint(self._patterns)
