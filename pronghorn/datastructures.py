"""The values that a request consists of, and the placeholder for an option that was not set."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from pydantic import GetJsonSchemaHandler
from pydantic_core import CoreSchema, PydanticUndefined, core_schema
from starlette.datastructures import URL, Address, FormData, Headers, QueryParams, State
from starlette.datastructures import UploadFile as StarletteUploadFile

from pronghorn.core.reexports import find_elsewhere

__all__ = [
    "URL",
    "Address",
    "Default",
    "DefaultPlaceholder",
    "FormData",
    "Headers",
    "QueryParams",
    "State",
    "UploadFile",
]


class UploadFile(StarletteUploadFile):
    """A file sent in a multipart form (RFC 7578).

    Small files stay in memory, large ones are on disk. The file is closed after the response
    was sent; read it before that.

    Attributes:
        file: The file object itself, to be used in `def` endpoints: `upload.file.read()`.
        filename: The name the client gave it. Never use it as a path as it is.
        size: Bytes received so far.
        headers: Headers of this part of the form.
        content_type: Media type as the client declared it, not checked.
    """

    async def read(self, size: int = -1) -> bytes:
        """Read bytes from the current position.

        Args:
            size: The most bytes to read; `-1` reads up to the end.

        Returns:
            The bytes; empty at the end of the file.
        """
        return await super().read(size)

    async def write(self, data: bytes) -> None:
        """Write bytes at the current position, and add their number to `size`."""
        await super().write(data)

    async def seek(self, offset: int) -> None:
        """Move to a position counted in bytes from the start; `0` to read again."""
        await super().seek(offset)

    async def close(self) -> None:
        """Close the file, and delete it if it was on disk. This happens by itself at the end."""
        await super().close()

    @classmethod
    def _validate(cls, value: Any, _info: Any) -> StarletteUploadFile:
        """Accept any upload, since middleware may parse a form with Starlette's own class."""
        if not isinstance(value, StarletteUploadFile):
            raise ValueError(f"Expected UploadFile, received: {type(value)}")
        return value

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: type[Any], handler: Callable[[Any], CoreSchema]
    ) -> CoreSchema:
        return core_schema.with_info_plain_validator_function(cls._validate)

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {"type": "string", "contentMediaType": "application/octet-stream"}


class DefaultPlaceholder:
    """Marks an option as not set by the user, and holds its default.

    `None` or an equal value could not do this: a program may write both on purpose, and such a
    value takes precedence over those of the router and the application.

    Attributes:
        value: The value that applies if nothing else does.
    """

    __hash__ = None  # type: ignore[assignment]  # equality follows a value that may be unhashable

    def __init__(self, value: Any) -> None:
        self.value = value

    def __bool__(self) -> bool:
        return bool(self.value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DefaultPlaceholder) and self.value == other.value

    def __repr__(self) -> str:
        return f"Default({self.value!r})"


DefaultType = TypeVar("DefaultType")


def Default(value: DefaultType) -> DefaultType:  # noqa: N802 - programs import this name
    """Declare a default that is distinct from the same value written by the user.

    Args:
        value: The value that applies if nothing else does.

    Returns:
        A `DefaultPlaceholder`, typed as the value so that it fits the parameter.
    """
    return cast(DefaultType, DefaultPlaceholder(value))


Undefined: Any = PydanticUndefined
"""Stands for "nothing was sent" and for "no default", neither of which is the same as None."""

_Unset: Any = DefaultPlaceholder(None)
"""Stands for "not given" where `None` is a value of its own."""


find_elsewhere(__name__)
