"""The keyword options of `Path`, `Query`, `Header`, `Cookie`, `Body`, `Form` and `File`.

Each option is written and documented once; see `pronghorn.core.typed_kwargs`. The functions with
these names take the `...Options` types, the classes take the `...FieldOptions` types.
"""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypedDict

from pydantic import AliasChoices, AliasPath, Discriminator
from typing_extensions import deprecated as deprecated_mark

from pronghorn.core.typed_kwargs import DefaultIs
from pronghorn.datastructures import _Unset

if TYPE_CHECKING:
    from pronghorn.fields.openapi_example import Example

UNSET = DefaultIs(_Unset)


class ParamOptions(TypedDict, total=False):
    """Options of every kind of parameter."""

    default_factory: Annotated[Callable[[], Any] | None, UNSET]
    """A function that returns the default value for each request; replaces a fixed default."""
    alias: Annotated[str | None, UNSET]
    """The name of the parameter in the request. Defaults to the name in Python."""
    alias_priority: Annotated[int | None, UNSET]
    """The priority of the alias over an alias generator, as in Pydantic."""
    validation_alias: Annotated[str | AliasPath | AliasChoices | None, UNSET]
    """Like `alias`, but may list several names; the first one in the request is used."""
    serialization_alias: Annotated[str | None, UNSET]
    """The name under which the value is serialised, as in Pydantic."""
    title: Annotated[str | None, UNSET]
    """A title for the documentation."""
    description: Annotated[str | None, UNSET]
    """A description for the documentation, in Markdown."""
    gt: float | None
    """The value must be greater than this number."""
    ge: float | None
    """The value must be greater than or equal to this number."""
    lt: float | None
    """The value must be less than this number."""
    le: float | None
    """The value must be less than or equal to this number."""
    min_length: int | None
    """The minimum number of characters or items."""
    max_length: int | None
    """The maximum number of characters or items."""
    pattern: str | re.Pattern[str] | None
    """A regular expression; a match must occur somewhere in the value."""
    regex: Annotated[str | None, deprecated_mark("Use `pattern`, as Pydantic 2 does")]
    """The old name of `pattern`."""
    discriminator: Annotated[str | Discriminator | None, UNSET]
    """The field by which Pydantic chooses the member of a union."""
    strict: Annotated[bool | None, UNSET]
    """Whether to reject values of another type instead of converting them."""
    validate_default: Annotated[bool | None, UNSET]
    """Whether to validate the default value."""
    union_mode: Annotated[Literal["smart", "left_to_right"] | None, UNSET]
    """The strategy for choosing the member of a union, as in Pydantic."""
    fail_fast: Annotated[bool | None, UNSET]
    """Whether to stop validating a list at its first invalid item."""
    multiple_of: Annotated[float | None, UNSET]
    """The value must be an integer multiple of this number."""
    allow_inf_nan: Annotated[bool | None, UNSET]
    """Whether infinity and "not a number" are allowed."""
    max_digits: Annotated[int | None, UNSET]
    """The maximum number of digits of a decimal, without leading and trailing zeros."""
    decimal_places: Annotated[int | None, UNSET]
    """The maximum number of decimal places of a decimal, without trailing zeros."""
    examples: Annotated[list[Any] | None, UNSET]
    """Example values for the JSON schema."""
    example: Annotated[Any | None, UNSET, deprecated_mark("Use `examples`, as OpenAPI 3.1 does")]
    """One example value, as in OpenAPI 3.0."""
    openapi_examples: "dict[str, Example] | None"
    """Named examples for the OpenAPI document, shown by the documentation pages."""
    deprecated: Annotated[deprecated_mark | str | bool | None, UNSET]
    """Whether to mark the parameter as deprecated in the documentation."""
    include_in_schema: Annotated[bool, DefaultIs(True)]
    """Whether the documentation shows this parameter."""
    json_schema_extra: Annotated[dict[str, Any] | Callable[[dict[str, Any]], None] | None, UNSET]
    """Additional keys for the JSON schema, or a function that changes the schema in place."""


class FieldOptions(ParamOptions, total=False):
    """`ParamOptions` for the classes, which also accept the type."""

    annotation: Any | None
    """The type of the value. Defaults to the annotation of the parameter."""


class ConversionOptions(TypedDict, total=False):
    """The conversion of the name of a header parameter."""

    convert_underscores: Annotated[bool, DefaultIs(True)]
    """Whether underscores become hyphens: the parameter `user_agent` reads `user-agent`."""


class HeaderOptions(ConversionOptions, ParamOptions, total=False):
    """Options of a header parameter."""


class HeaderFieldOptions(HeaderOptions, FieldOptions, total=False):
    """`HeaderOptions` for the class `Header`."""


class FormOptions(ParamOptions, total=False):
    """Options of a form field."""

    media_type: Annotated[str, DefaultIs("application/x-www-form-urlencoded")]
    """The media type of the body, for the documentation."""


class FormFieldOptions(FormOptions, FieldOptions, total=False):
    """`FormOptions` for the class `Form`."""


class FileOptions(ParamOptions, total=False):
    """Options of an uploaded file."""

    media_type: Annotated[str, DefaultIs("multipart/form-data")]
    """The media type of the body, for the documentation."""


class FileFieldOptions(FileOptions, FieldOptions, total=False):
    """`FileOptions` for the class `File`."""


class EmbeddingOptions(TypedDict, total=False):
    """The form of a body."""

    embed: bool | None
    """Whether the body is an object with this parameter as a key, instead of the value itself.

    If an operation has several body parameters, they are always embedded.
    """
    media_type: Annotated[str, DefaultIs("application/json")]
    """The media type of the body."""


class BodyOptions(EmbeddingOptions, ParamOptions, total=False):
    """Options of a body parameter."""


class BodyFieldOptions(BodyOptions, FieldOptions, total=False):
    """`BodyOptions` for the class `Body`."""
