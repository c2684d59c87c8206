"""The source of a parameter and the values that it may have, as data.

`Path`, `Query`, `Header`, `Cookie`, `Body`, `Form` and `File` extend Pydantic's `FieldInfo`;
`Depends` and `Security` name a callable whose result is the value. Programs normally use the
functions of the same names in `pronghorn.param_functions`, which create these objects.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic.fields import FieldInfo
from typing_extensions import Unpack

from pronghorn.core.reexports import find_elsewhere
from pronghorn.core.setup_errors import user_error, warn_deprecated
from pronghorn.core.typed_kwargs import expand_signature
from pronghorn.datastructures import Undefined, _Unset
from pronghorn.exceptions import SetupAssertionError, SetupTypeError, SetupValueError
from pronghorn.fields.parameter_options import (
    BodyFieldOptions,
    FieldOptions,
    FileFieldOptions,
    FormFieldOptions,
    HeaderFieldOptions,
)

if TYPE_CHECKING:
    from pronghorn.core.concurrency_limits import ConcurrencyLimit

__all__ = [
    "Body",
    "Cookie",
    "Depends",
    "File",
    "Form",
    "Header",
    "Param",
    "ParamTypes",
    "Path",
    "Query",
    "Security",
]


class ParamTypes(Enum):
    """The part of a request that a parameter comes from, as OpenAPI names it."""

    query = "query"
    header = "header"
    path = "path"
    cookie = "cookie"


# Options that describe the parameter in HTTP, not the type of its value.
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
    """Return the keyword arguments for Pydantic's `FieldInfo`: only those that were written."""
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


def _check_options(kind: str, options: Mapping[str, Any]) -> None:
    """Refuse an alias that is not a text, and a factory that is not a function.

    Raises:
        SetupTypeError: One of them cannot work.
    """
    alias, factory = options.get("alias"), options.get("default_factory")
    if alias is not None and alias is not _Unset and not isinstance(alias, str):
        raise user_error(
            f"The alias of a parameter must be a text, not {alias!r}",
            None,
            f'{kind}(alias="...")',
            kind=SetupTypeError,
        )
    if factory is not None and factory is not _Unset and not callable(factory):
        raise user_error(
            f"default_factory must be a function, not {factory!r}",
            "the value itself was given",
            f"{kind}({factory!r}), or {kind}(default_factory=lambda: {factory!r})",
            kind=SetupTypeError,
        )


class _ParameterField(FieldInfo):  # type: ignore[misc]  # Pydantic types it as final
    """The common base of `Param` and `Body`: a `FieldInfo` with facts for the OpenAPI document.

    Attributes:
        example: One example value, or the unset placeholder.
        openapi_examples: Named examples for the OpenAPI document.
        include_in_schema: Whether the documentation shows this parameter.
    """

    example: Any
    openapi_examples: dict[str, Any] | None
    include_in_schema: bool

    def _declare(self, default: Any, options: Mapping[str, Any]) -> None:
        if options.get("example", _Unset) is not _Unset:
            warn_deprecated("`example` has been deprecated, please use `examples` instead")
        if options.get("regex") is not None:
            warn_deprecated("`regex` has been deprecated, please use `pattern` instead")
        _check_options(type(self).__name__, options)
        self.example = options.get("example", _Unset)
        self.include_in_schema = options.get("include_in_schema", True)
        self.openapi_examples = options.get("openapi_examples")
        super().__init__(**_field_info_options(default, options))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.default})"


class Param(_ParameterField):  # type: ignore[misc]  # Pydantic types it as final
    """A parameter that comes from the path, the query string, a header or a cookie.

    Args:
        default: The value if the request has none; without it the parameter is required.
        **options: See `pronghorn.fields.parameter_options.ParamOptions`.
    """

    in_: ParamTypes

    @expand_signature(FieldOptions)
    def __init__(self, default: Any = Undefined, **options: Unpack[FieldOptions]) -> None:
        self._declare(default, options)


class Path(Param):  # type: ignore[misc]  # Pydantic types it as final
    """A part of the path, named in the path template: `/items/{item_id}`. Always required.

    Args:
        default: Left out, or `...`.
        **options: See `pronghorn.fields.parameter_options.ParamOptions`.
    """

    in_ = ParamTypes.path

    @expand_signature(FieldOptions)
    def __init__(self, default: Any = ..., **options: Unpack[FieldOptions]) -> None:
        if default is not ... and default is not Undefined:
            raise user_error(
                "Path parameters cannot have a default value",
                "a request always has every part of its path",
                "Path() without a default, or another route for the shorter path",
                kind=SetupAssertionError,
            )
        self._declare(Undefined, options)


class Query(Param):  # type: ignore[misc]  # Pydantic types it as final
    """A parameter of the query string: `?q=...`.

    Args:
        default: The value if the request has none; without it the parameter is required.
        **options: See `pronghorn.fields.parameter_options.ParamOptions`.
    """

    in_ = ParamTypes.query

    @expand_signature(FieldOptions)
    def __init__(self, default: Any = Undefined, **options: Unpack[FieldOptions]) -> None:
        self._declare(default, options)


class Header(Param):  # type: ignore[misc]  # Pydantic types it as final
    """A request header; its name is case-insensitive (RFC 9110 section 5.1).

    Args:
        default: The value if the request has none; without it the parameter is required.
        **options: See `pronghorn.fields.parameter_options.HeaderOptions`.
    """

    in_ = ParamTypes.header
    convert_underscores: bool

    @expand_signature(HeaderFieldOptions)
    def __init__(self, default: Any = Undefined, **options: Unpack[HeaderFieldOptions]) -> None:
        self.convert_underscores = options.get("convert_underscores", True)
        self._declare(default, options)


class Cookie(Param):  # type: ignore[misc]  # Pydantic types it as final
    """A cookie of the request (RFC 6265).

    Args:
        default: The value if the request has none; without it the parameter is required.
        **options: See `pronghorn.fields.parameter_options.ParamOptions`.
    """

    in_ = ParamTypes.cookie

    @expand_signature(FieldOptions)
    def __init__(self, default: Any = Undefined, **options: Unpack[FieldOptions]) -> None:
        self._declare(default, options)


class Body(_ParameterField):  # type: ignore[misc]  # Pydantic types it as final
    """The request body, or one key of it.

    Args:
        default: The value if the request has none; without it the parameter is required.
        **options: See `pronghorn.fields.parameter_options.BodyOptions`.
    """

    embed: bool | None
    media_type: str

    @expand_signature(BodyFieldOptions)
    def __init__(self, default: Any = Undefined, **options: Unpack[BodyFieldOptions]) -> None:
        self.embed = options.get("embed")
        self.media_type = options.get("media_type", "application/json")
        self._declare(default, options)


class Form(Body):  # type: ignore[misc]  # Pydantic types it as final
    """A field of a form (`application/x-www-form-urlencoded` or `multipart/form-data`).

    Args:
        default: The value if the form has none; without it the field is required.
        **options: See `pronghorn.fields.parameter_options.FormOptions`.
    """

    _form_part: ClassVar[Literal["field", "file"]] = "field"

    @expand_signature(FormFieldOptions)
    def __init__(self, default: Any = Undefined, **options: Unpack[FormFieldOptions]) -> None:
        self.embed = None
        self.media_type = options.get("media_type", "application/x-www-form-urlencoded")
        self._declare(default, options)


class File(Form):  # type: ignore[misc]  # Pydantic types it as final
    """A file of a multipart form (RFC 7578), as `UploadFile` or, in memory, as `bytes`.

    Args:
        default: The value if the form has none; without it the file is required.
        **options: See `pronghorn.fields.parameter_options.FileOptions`.
    """

    _form_part = "file"

    @expand_signature(FileFieldOptions)
    def __init__(self, default: Any = Undefined, **options: Unpack[FileFieldOptions]) -> None:
        self.embed = None
        self.media_type = options.get("media_type", "multipart/form-data")
        self._declare(default, options)


@dataclass(frozen=True)
class Depends:
    """A value that a callable provides.

    Args:
        dependency: The callable; by default the annotated type.
        use_cache: Whether one call serves all uses in the same request.
        scope: The time at which a dependency with `yield` is closed: `"function"` before the
            response is sent, `"request"` after it. With `"app"` the callable runs once, when the
            application starts, and is closed when it stops.
        max_concurrency: The maximum number of concurrent uses of this object in each event loop; at
            least 1, `None` for no limit. Share the object, for example in an `Annotated` alias, to
            share the limit.

    Raises:
        SetupValueError: `max_concurrency` is not a positive integer.
    """

    dependency: Callable[..., Any] | None = None
    use_cache: bool = True
    scope: Literal["function", "request", "app"] | None = None
    max_concurrency: int | None = field(default=None, kw_only=True)
    # `dataclasses.replace` keeps it, so that a copy with the same number shares the limit. It is
    # compared, so that equal declarations with limits of their own stay distinct.
    _concurrency: "ConcurrencyLimit | None" = field(default=None, kw_only=True, repr=False)

    def __post_init__(self) -> None:
        limit = self.max_concurrency
        shared = self._concurrency
        if limit is None:
            object.__setattr__(self, "_concurrency", None)
            return
        if shared is not None and shared.max_concurrency == limit:
            return
        if type(limit) is not int or limit < 1:
            raise user_error(
                "max_concurrency must be a positive integer or None",
                f"{limit!r} was given",
                "Depends(..., max_concurrency=10)",
                kind=SetupValueError,
            )
        from pronghorn.core.concurrency_limits import ConcurrencyLimit  # Few programs limit one.

        object.__setattr__(self, "_concurrency", ConcurrencyLimit(limit))


@dataclass(frozen=True)
class Security(Depends):
    """A dependency that also requires scopes of OAuth 2.0 (RFC 6749, section 3.3).

    Args:
        dependency: The callable; by default the annotated type.
        use_cache: Whether one call serves all uses with the same scopes in the same request.
        scope: See `Depends`.
        max_concurrency: See `Depends`.
        scopes: The OAuth scopes needed here, in addition to those of the dependents.
    """

    scopes: Sequence[str] | None = None


find_elsewhere(__name__)
