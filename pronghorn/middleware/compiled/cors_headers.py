"""The headers that one `CORSMiddleware` adds to responses, as they are written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress

from starlette.middleware.cors import CORSMiddleware


class WrittenHeaders:
    """The headers of one middleware for responses to another origin.

    Attributes:
        simple: The headers that do not depend on the origin.
        allows_all: True if all origins are allowed.
        names_all: True if all origins are allowed and each is named, because of the credentials.
        layer: The middleware.
    """

    def __init__(self, layer: CORSMiddleware) -> None:
        self.layer = layer
        self.allows_all = layer.allow_all_origins
        self.names_all = layer.allow_all_origins and layer.allow_credentials
        self.simple: Iterable[tuple[bytes, bytes]] = EncodedLate(layer.simple_headers)
        with suppress(UnicodeEncodeError):  # Then each response to another origin fails.
            self.simple = list(self.simple)


class EncodedLate:
    """Headers that are encoded when they are needed; only then may they fail.

    Args:
        headers: The headers as text.
    """

    def __init__(self, headers: Mapping[str, str]) -> None:
        self._headers = headers

    def __iter__(self) -> Iterator[tuple[bytes, bytes]]:
        for name, value in self._headers.items():
            yield name.lower().encode("latin-1"), value.encode("latin-1")
