"""Tell uploads from other bodies by their content type."""

from __future__ import annotations

#: Types whose bodies are files or other binary data, which programs store rather than parse.
_FAMILIES = (b"multipart/", b"image/", b"audio/", b"video/", b"font/", b"model/")
_BINARY = frozenset(
    b"application/" + name
    for name in (
        *(b"octet-stream", b"pdf", b"zip", b"gzip", b"x-gzip", b"x-tar", b"x-7z-compressed"),
        *(b"zstd", b"x-bzip2", b"x-xz", b"x-rar-compressed", b"wasm", b"epub+zip", b"msword"),
    )
)
_OFFICE = b"application/vnd."
_TEXT = (b"+json", b"+xml", b"+yaml")


def is_upload(content_type: bytes, *, untyped: bool = True) -> bool:
    """Return True if a body of this type is an upload: a form with files, or binary data.

    Args:
        content_type: The value of the header, with parameters; empty if there is none.
        untyped: Whether a body without a type is binary data, as RFC 9110, section 8.3, lets a
            recipient assume; a route that parses it as JSON says False.
    """
    kind = content_type.partition(b";")[0].strip().lower()
    if not kind:
        return untyped
    if kind.endswith(_TEXT):
        return False
    return kind.startswith((*_FAMILIES, _OFFICE)) or kind in _BINARY
