"""Where a parameter comes from and which values it may have, recorded as data.

`Path`, `Query`, `Header`, `Cookie`, `Body`, `Form` and `File` extend Pydantic's ``FieldInfo``;
`Depends` and `Security` name a callable whose result is the value. Programs normally write the
functions of the same names in `pronghorn.param_functions`, which create these objects.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypedDict

from pydantic import AliasChoices, AliasPath, Discriminator
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined
from typing_extensions import Unpack
from typing_extensions import deprecated as deprecated_mark

from pronghorn.concurrency import ConcurrencyLimit
from pronghorn.datastructures import _Unset
from pronghorn.diagnostics import setup_error, user_place, warn_deprecated
from pronghorn.exceptions import SetupAssertionError, SetupValueError
from pronghorn.keywords import DefaultIs, expanded_signature

if TYPE_CHECKING:
    from pronghorn.openapi.models import Example

Undefined: Any = PydanticUndefined
"""Stands for "no default: the value is required"."""

UNSET = DefaultIs(_Unset)


class ParamTypes(Enum):
    """The part of a request that a parameter comes from, as OpenAPI names it."""

    query = "query"
    header = "header"
    path = "path"
    cookie = "cookie"


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
    openapi_examples: "dict[str, Example] | None"
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


# Options that are facts about the parameter in HTTP, not about the type of its value.
_OUR_OPTIONS = frozenset(
    {
        "convert_underscores",
        "embed",
        "example",
        "include_in_schema",
        "media_type",
        "openapi_examples",
        "regex",
    }
)


def _field_info_options(default: Any, options: Mapping[str, Any]) -> dict[str, Any]:
    """The keyword arguments for Pydantic's ``FieldInfo``: only what was written."""
    given = {
        name: value
        for name, value in options.items()
        if name not in _OUR_OPTIONS and value is not _Unset
    }
    given.setdefault("annotation", None)
    if default is not Undefined:
        given["default"] = default
    if given.get("pattern") is None and options.get("regex") is not None:
        given["pattern"] = options["regex"]
    alias = given.get("alias")
    if given.get("serialization_alias") is None and isinstance(alias, str):
        given["serialization_alias"] = alias
    if given.get("validation_alias") is None and "alias" in given:
        given["validation_alias"] = alias
    return given


class _Declared(FieldInfo):  # type: ignore[misc]  # Pydantic types it as final
    """What `Param` and `Body` have in common: a ``FieldInfo`` with facts for the OpenAPI document.

    Attributes:
        example: One example value, or the unset placeholder.
        openapi_examples: Named examples for the OpenAPI document.
        include_in_schema: Whether the documentation shows this parameter.
    """

    def _declare(self, default: Any, options: Mapping[str, Any]) -> None:
        if options.get("example", _Unset) is not _Unset:
            warn_deprecated("`example` has been deprecated, please use `examples` instead")
        if options.get("regex") is not None:
            warn_deprecated("`regex` has been deprecated, please use `pattern` instead")
        self.example = options.get("example", _Unset)
        self.include_in_schema = options.get("include_in_schema", True)
        self.openapi_examples = options.get("openapi_examples")
        super().__init__(**_field_info_options(default, options))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.default})"


class Param(_Declared):  # type: ignore[misc]  # Pydantic types it as final
    """A parameter that comes from the path, the query string, a header or a cookie.

    Args:
        default: The value when the request has none; without it the parameter is required.
        **options: See `ParamOptions`.
    """

    in_: ParamTypes

    @expanded_signature(FieldOptions)
    def __init__(self, default: Any = Undefined, **options: Unpack[FieldOptions]) -> None:
        self._declare(default, options)


class Path(Param):  # type: ignore[misc]  # Pydantic types it as final
    """A part of the path, named in the path template: ``/items/{item_id}``. Always required.

    Args:
        default: Left out, or ``...``.
        **options: See `ParamOptions`.
    """

    in_ = ParamTypes.path

    @expanded_signature(FieldOptions)
    def __init__(self, default: Any = ..., **options: Unpack[FieldOptions]) -> None:
        if default is not ... and default is not Undefined:
            raise setup_error(
                "Path parameters cannot have a default value",
                "a request always has every part of its path",
                "Path() without a default, or another route for the shorter path",
                where=user_place(),
                kind=SetupAssertionError,
            )
        self._declare(Undefined, options)


class Query(Param):  # type: ignore[misc]  # Pydantic types it as final
    """A parameter of the query string: ``?q=...``.

    Args:
        default: The value when the request has none; without it the parameter is required.
        **options: See `ParamOptions`.
    """

    in_ = ParamTypes.query

    @expanded_signature(FieldOptions)
    def __init__(self, default: Any = Undefined, **options: Unpack[FieldOptions]) -> None:
        self._declare(default, options)


class Header(Param):  # type: ignore[misc]  # Pydantic types it as final
    """A request header; its name is compared without regard to case (RFC 9110 section 5.1).

    Args:
        default: The value when the request has none; without it the parameter is required.
        **options: See `HeaderOptions`.
    """

    in_ = ParamTypes.header

    @expanded_signature(HeaderFieldOptions)
    def __init__(self, default: Any = Undefined, **options: Unpack[HeaderFieldOptions]) -> None:
        self.convert_underscores = options.get("convert_underscores", True)
        self._declare(default, options)


class Cookie(Param):  # type: ignore[misc]  # Pydantic types it as final
    """A cookie of the request (RFC 6265).

    Args:
        default: The value when the request has none; without it the parameter is required.
        **options: See `ParamOptions`.
    """

    in_ = ParamTypes.cookie

    @expanded_signature(FieldOptions)
    def __init__(self, default: Any = Undefined, **options: Unpack[FieldOptions]) -> None:
        self._declare(default, options)


class Body(_Declared):  # type: ignore[misc]  # Pydantic types it as final
    """The request body, or one key of it.

    Args:
        default: The value when the request has none; without it the parameter is required.
        **options: See `BodyOptions`.
    """

    @expanded_signature(BodyFieldOptions)
    def __init__(self, default: Any = Undefined, **options: Unpack[BodyFieldOptions]) -> None:
        self.embed = options.get("embed")
        self.media_type = options.get("media_type", "application/json")
        self._declare(default, options)


class Form(Body):  # type: ignore[misc]  # Pydantic types it as final
    """A field of a form (``application/x-www-form-urlencoded`` or ``multipart/form-data``).

    Args:
        default: The value when the form has none; without it the field is required.
        **options: See `FormOptions`.
    """

    @expanded_signature(FormFieldOptions)
    def __init__(self, default: Any = Undefined, **options: Unpack[FormFieldOptions]) -> None:
        self.embed = None
        self.media_type = options.get("media_type", "application/x-www-form-urlencoded")
        self._declare(default, options)


class File(Form):  # type: ignore[misc]  # Pydantic types it as final
    """A file of a multipart form (RFC 7578), as ``UploadFile`` or, in memory, as ``bytes``.

    Args:
        default: The value when the form has none; without it the file is required.
        **options: See `FileOptions`.
    """

    @expanded_signature(FileFieldOptions)
    def __init__(self, default: Any = Undefined, **options: Unpack[FileFieldOptions]) -> None:
        self.embed = None
        self.media_type = options.get("media_type", "multipart/form-data")
        self._declare(default, options)


@dataclass(frozen=True)
class Depends:
    """A value that a callable provides.

    Args:
        dependency: The callable; left out, it is the annotated type.
        use_cache: Whether one call serves all uses in the same request.
        scope: When a dependency with ``yield`` is closed: ``"function"`` before the response is
            sent, ``"request"`` after it.
        max_concurrency: How many uses of this object may run at the same time in each event
            loop; at least 1, ``None`` for no limit. Share the object, for example in an
            ``Annotated`` alias, to share the limit.

    Raises:
        SetupValueError: ``max_concurrency`` is not a positive integer.
    """

    dependency: Callable[..., Any] | None = None
    use_cache: bool = True
    scope: Literal["function", "request"] | None = None
    max_concurrency: int | None = field(default=None, kw_only=True)
    # Kept by `dataclasses.replace`, so that a copy with the same number shares the limit, and
    # compared, so that equal-looking declarations with limits of their own stay apart.
    _concurrency: ConcurrencyLimit | None = field(default=None, kw_only=True, repr=False)

    def __post_init__(self) -> None:
        limit = self.max_concurrency
        shared = self._concurrency
        if limit is None:
            object.__setattr__(self, "_concurrency", None)
            return
        if shared is not None and shared.max_concurrency == limit:
            return
        if type(limit) is not int or limit < 1:
            raise setup_error(
                "max_concurrency must be a positive integer or None",
                f"{limit!r} was given",
                "Depends(..., max_concurrency=10)",
                where=user_place(),
                kind=SetupValueError,
            )
        object.__setattr__(self, "_concurrency", ConcurrencyLimit(limit))


@dataclass(frozen=True)
class Security(Depends):
    """A dependency that also asks for OAuth 2.0 scopes (RFC 6749 section 3.3).

    Args:
        dependency: The callable; left out, it is the annotated type.
        use_cache: Whether one call serves all uses with the same scopes in the same request.
        scope: See `Depends`.
        max_concurrency: See `Depends`.
        scopes: The OAuth scopes needed here, in addition to those of the dependents.
    """

    scopes: Sequence[str] | None = None
