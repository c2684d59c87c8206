"""What `Path`, `Query`, `Header`, `Cookie`, `Body`, `Form` and `File` can be given as keywords.

Each option is written and documented once; see `pronghorn.core.typed_kwargs`. The functions of
these names take the types called ``...Options``, the classes those called ``...FieldOptions``.
"""

import re
from collections.abc import Callable
from typing import Annotated, Any, Literal, TypedDict

from pydantic import AliasChoices, AliasPath, Discriminator
from typing_extensions import deprecated as deprecated_mark

from pronghorn.core.typed_kwargs import DefaultIs
from pronghorn.datastructures import _Unset
from pronghorn.types import Example

UNSET = DefaultIs(_Unset)


class ParamOptions(TypedDict, total=False):
    """What every kind of parameter can be given as a keyword."""

    default_factory: Annotated[Callable[[], Any] | None, UNSET]
    """Called to make the default value for each request; not together with a default."""
    alias: Annotated[str | None, UNSET]
    """The name of the parameter in the request, if it is not the name in Python."""
    alias_priority: Annotated[int | None, UNSET]
    """Priority of the alias over an alias generator, as in Pydantic."""
    validation_alias: Annotated[str | AliasPath | AliasChoices | None, UNSET]
    """Like ``alias``; may be several names, of which the first one present is used."""
    serialization_alias: Annotated[str | None, UNSET]
    """The name when the value is written, as in Pydantic."""
    title: Annotated[str | None, UNSET]
    """A title for the documentation."""
    description: Annotated[str | None, UNSET]
    """A description for the documentation, in Markdown."""
    gt: float | None
    """The bound that a number has to exceed."""
    ge: float | None
    """The least number that is allowed."""
    lt: float | None
    """The bound that a number has to stay below."""
    le: float | None
    """The greatest number that is allowed."""
    min_length: int | None
    """The least number of characters or items."""
    max_length: int | None
    """The greatest number of characters or items."""
    pattern: str | re.Pattern[str] | None
    """A regular expression that must be found in the text."""
    regex: Annotated[str | None, deprecated_mark("Use `pattern`, as Pydantic 2 does")]
    """The old name of ``pattern``."""
    discriminator: Annotated[str | Discriminator | None, UNSET]
    """The field that tells the members of a union apart."""
    strict: Annotated[bool | None, UNSET]
    """Whether to refuse values that would have to be converted."""
    validate_default: Annotated[bool | None, UNSET]
    """Whether to validate the default value too."""
    union_mode: Annotated[Literal["smart", "left_to_right"] | None, UNSET]
    """How the members of a union are tried."""
    fail_fast: Annotated[bool | None, UNSET]
    """Whether to stop at the first invalid item of a list."""
    multiple_of: Annotated[float | None, UNSET]
    """The step: a number has to be a whole multiple of it."""
    allow_inf_nan: Annotated[bool | None, UNSET]
    """Whether infinity and "not a number" are allowed."""
    max_digits: Annotated[int | None, UNSET]
    """The greatest number of digits of a decimal, without leading and trailing zeros."""
    decimal_places: Annotated[int | None, UNSET]
    """The greatest number of decimal places of a decimal, without trailing zeros."""
    examples: Annotated[list[Any] | None, UNSET]
    """Example values for the JSON schema."""
    example: Annotated[Any | None, UNSET, deprecated_mark("Use `examples`, as OpenAPI 3.1 does")]
    """One example value, in the form of OpenAPI 3.0."""
    openapi_examples: dict[str, Example] | None
    """Named examples for the OpenAPI document, shown by the documentation pages."""
    deprecated: Annotated[deprecated_mark | str | bool | None, UNSET]
    """Whether clients should stop sending this parameter."""
    include_in_schema: Annotated[bool, DefaultIs(True)]
    """Whether the documentation shows this parameter."""
    json_schema_extra: Annotated[dict[str, Any] | Callable[[dict[str, Any]], None] | None, UNSET]
    """More keys for the JSON schema, or a function that changes the schema."""


class FieldOptions(ParamOptions, total=False):
    """`ParamOptions` for the classes, which may also be given the type itself."""

    annotation: Any | None
    """The type, if it does not come from the annotation of the parameter."""


class HeaderOptions(ParamOptions, total=False):
    """What a header can be given as a keyword."""

    convert_underscores: Annotated[bool, DefaultIs(True)]
    """Whether ``user_agent`` in Python means the header ``user-agent``."""


class HeaderFieldOptions(HeaderOptions, FieldOptions, total=False):
    """`HeaderOptions` for the class."""


class FormOptions(ParamOptions, total=False):
    """What a form field can be given as a keyword."""

    media_type: Annotated[str, DefaultIs("application/x-www-form-urlencoded")]
    """The media type of the body, for the documentation."""


class FormFieldOptions(FormOptions, FieldOptions, total=False):
    """`FormOptions` for the class."""


class FileOptions(ParamOptions, total=False):
    """What an uploaded file can be given as a keyword."""

    media_type: Annotated[str, DefaultIs("multipart/form-data")]
    """The media type of the body, for the documentation."""


class FileFieldOptions(FileOptions, FieldOptions, total=False):
    """`FileOptions` for the class."""


class BodyOptions(ParamOptions, total=False):
    """What a body parameter can be given as a keyword."""

    embed: bool | None
    """Whether the body is an object with this parameter as a key, and not the value itself.

    Several body parameters are always embedded.
    """
    media_type: Annotated[str, DefaultIs("application/json")]
    """The media type of the body."""


class BodyFieldOptions(BodyOptions, FieldOptions, total=False):
    """`BodyOptions` for the class."""
