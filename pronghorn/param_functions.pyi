# Written by `make stubs`, from the sources of this module. Do not edit it.
"""The functions that declare parameters: `q: str = Query(max_length=50)`.

Each creates the object of the same name in `pronghorn.params`. They return `Any`, so that a
type checker accepts them as the default of a parameter of any type.
"""

import re
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Literal

from pydantic import AliasChoices, AliasPath, Discriminator
from typing_extensions import Doc
from typing_extensions import deprecated as deprecated_mark

from pronghorn.datastructures import Undefined, _Unset
from pronghorn.fields.openapi_example import Example

__all__ = ["Body", "Cookie", "Depends", "File", "Form", "Header", "Path", "Query", "Security"]

def Path(
    default: Annotated[Any, Doc("Left out, or `...`.")] = ...,
    *,
    default_factory: Annotated[
        Callable[[], Any] | None,
        Doc(
            "A function that returns the default value for each request; replaces a fixed default."
        ),
    ] = _Unset,
    alias: Annotated[
        str | None, Doc("The name of the parameter in the request. Defaults to the name in Python.")
    ] = _Unset,
    alias_priority: Annotated[
        int | None, Doc("The priority of the alias over an alias generator, as in Pydantic.")
    ] = _Unset,
    validation_alias: Annotated[
        str | AliasPath | AliasChoices | None,
        Doc("Like `alias`, but may list several names; the first one in the request is used."),
    ] = _Unset,
    serialization_alias: Annotated[
        str | None, Doc("The name under which the value is serialised, as in Pydantic.")
    ] = _Unset,
    title: Annotated[str | None, Doc("A title for the documentation.")] = _Unset,
    description: Annotated[
        str | None, Doc("A description for the documentation, in Markdown.")
    ] = _Unset,
    gt: Annotated[float | None, Doc("The value must be greater than this number.")] = None,
    ge: Annotated[
        float | None, Doc("The value must be greater than or equal to this number.")
    ] = None,
    lt: Annotated[float | None, Doc("The value must be less than this number.")] = None,
    le: Annotated[float | None, Doc("The value must be less than or equal to this number.")] = None,
    min_length: Annotated[int | None, Doc("The minimum number of characters or items.")] = None,
    max_length: Annotated[int | None, Doc("The maximum number of characters or items.")] = None,
    pattern: Annotated[
        str | re.Pattern[str] | None,
        Doc("A regular expression; a match must occur somewhere in the value."),
    ] = None,
    regex: Annotated[
        Annotated[str | None, deprecated_mark("Use `pattern`, as Pydantic 2 does")],
        Doc("The old name of `pattern`."),
    ] = None,
    discriminator: Annotated[
        str | Discriminator | None,
        Doc("The field by which Pydantic chooses the member of a union."),
    ] = _Unset,
    strict: Annotated[
        bool | None, Doc("Whether to reject values of another type instead of converting them.")
    ] = _Unset,
    validate_default: Annotated[
        bool | None, Doc("Whether to validate the default value.")
    ] = _Unset,
    union_mode: Annotated[
        Literal["smart", "left_to_right"] | None,
        Doc("The strategy for choosing the member of a union, as in Pydantic."),
    ] = _Unset,
    fail_fast: Annotated[
        bool | None, Doc("Whether to stop validating a list at its first invalid item.")
    ] = _Unset,
    multiple_of: Annotated[
        float | None, Doc("The value must be an integer multiple of this number.")
    ] = _Unset,
    allow_inf_nan: Annotated[
        bool | None, Doc('Whether infinity and "not a number" are allowed.')
    ] = _Unset,
    max_digits: Annotated[
        int | None,
        Doc("The maximum number of digits of a decimal, without leading and trailing zeros."),
    ] = _Unset,
    decimal_places: Annotated[
        int | None,
        Doc("The maximum number of decimal places of a decimal, without trailing zeros."),
    ] = _Unset,
    examples: Annotated[list[Any] | None, Doc("Example values for the JSON schema.")] = _Unset,
    example: Annotated[
        Annotated[Any | None, deprecated_mark("Use `examples`, as OpenAPI 3.1 does")],
        Doc("One example value, as in OpenAPI 3.0."),
    ] = _Unset,
    openapi_examples: Annotated[
        dict[str, Example] | None,
        Doc("Named examples for the OpenAPI document, shown by the documentation pages."),
    ] = None,
    deprecated: Annotated[
        deprecated_mark | str | bool | None,
        Doc("Whether to mark the parameter as deprecated in the documentation."),
    ] = _Unset,
    include_in_schema: Annotated[
        bool, Doc("Whether the documentation shows this parameter.")
    ] = True,
    json_schema_extra: Annotated[
        dict[str, Any] | Callable[[dict[str, Any]], None] | None,
        Doc("Additional keys for the JSON schema, or a function that changes the schema in place."),
    ] = _Unset,
) -> Any:
    """A part of the path, named in the path template: `/items/{item_id}`. Always required.

    Args:
        default: Left out, or `...`.
        default_factory: A function that returns the default value for each request; replaces a fixed default.
        alias: The name of the parameter in the request. Defaults to the name in Python.
        alias_priority: The priority of the alias over an alias generator, as in Pydantic.
        validation_alias: Like `alias`, but may list several names; the first one in the request is used.
        serialization_alias: The name under which the value is serialised, as in Pydantic.
        title: A title for the documentation.
        description: A description for the documentation, in Markdown.
        gt: The value must be greater than this number.
        ge: The value must be greater than or equal to this number.
        lt: The value must be less than this number.
        le: The value must be less than or equal to this number.
        min_length: The minimum number of characters or items.
        max_length: The maximum number of characters or items.
        pattern: A regular expression; a match must occur somewhere in the value.
        regex: The old name of `pattern`.
        discriminator: The field by which Pydantic chooses the member of a union.
        strict: Whether to reject values of another type instead of converting them.
        validate_default: Whether to validate the default value.
        union_mode: The strategy for choosing the member of a union, as in Pydantic.
        fail_fast: Whether to stop validating a list at its first invalid item.
        multiple_of: The value must be an integer multiple of this number.
        allow_inf_nan: Whether infinity and "not a number" are allowed.
        max_digits: The maximum number of digits of a decimal, without leading and trailing zeros.
        decimal_places: The maximum number of decimal places of a decimal, without trailing zeros.
        examples: Example values for the JSON schema.
        example: One example value, as in OpenAPI 3.0.
        openapi_examples: Named examples for the OpenAPI document, shown by the documentation pages.
        deprecated: Whether to mark the parameter as deprecated in the documentation.
        include_in_schema: Whether the documentation shows this parameter.
        json_schema_extra: Additional keys for the JSON schema, or a function that changes the schema in place.

    Raises:
        SetupAssertionError: A default was given.

    Example::

        @app.get("/items/{item_id}")
        async def read_item(item_id: Annotated[int, Path(ge=1)]) -> Item: ...
    """

def Query(
    default: Annotated[
        Any, Doc("The value if the request has none; without it the parameter is required.")
    ] = Undefined,
    *,
    default_factory: Annotated[
        Callable[[], Any] | None,
        Doc(
            "A function that returns the default value for each request; replaces a fixed default."
        ),
    ] = _Unset,
    alias: Annotated[
        str | None, Doc("The name of the parameter in the request. Defaults to the name in Python.")
    ] = _Unset,
    alias_priority: Annotated[
        int | None, Doc("The priority of the alias over an alias generator, as in Pydantic.")
    ] = _Unset,
    validation_alias: Annotated[
        str | AliasPath | AliasChoices | None,
        Doc("Like `alias`, but may list several names; the first one in the request is used."),
    ] = _Unset,
    serialization_alias: Annotated[
        str | None, Doc("The name under which the value is serialised, as in Pydantic.")
    ] = _Unset,
    title: Annotated[str | None, Doc("A title for the documentation.")] = _Unset,
    description: Annotated[
        str | None, Doc("A description for the documentation, in Markdown.")
    ] = _Unset,
    gt: Annotated[float | None, Doc("The value must be greater than this number.")] = None,
    ge: Annotated[
        float | None, Doc("The value must be greater than or equal to this number.")
    ] = None,
    lt: Annotated[float | None, Doc("The value must be less than this number.")] = None,
    le: Annotated[float | None, Doc("The value must be less than or equal to this number.")] = None,
    min_length: Annotated[int | None, Doc("The minimum number of characters or items.")] = None,
    max_length: Annotated[int | None, Doc("The maximum number of characters or items.")] = None,
    pattern: Annotated[
        str | re.Pattern[str] | None,
        Doc("A regular expression; a match must occur somewhere in the value."),
    ] = None,
    regex: Annotated[
        Annotated[str | None, deprecated_mark("Use `pattern`, as Pydantic 2 does")],
        Doc("The old name of `pattern`."),
    ] = None,
    discriminator: Annotated[
        str | Discriminator | None,
        Doc("The field by which Pydantic chooses the member of a union."),
    ] = _Unset,
    strict: Annotated[
        bool | None, Doc("Whether to reject values of another type instead of converting them.")
    ] = _Unset,
    validate_default: Annotated[
        bool | None, Doc("Whether to validate the default value.")
    ] = _Unset,
    union_mode: Annotated[
        Literal["smart", "left_to_right"] | None,
        Doc("The strategy for choosing the member of a union, as in Pydantic."),
    ] = _Unset,
    fail_fast: Annotated[
        bool | None, Doc("Whether to stop validating a list at its first invalid item.")
    ] = _Unset,
    multiple_of: Annotated[
        float | None, Doc("The value must be an integer multiple of this number.")
    ] = _Unset,
    allow_inf_nan: Annotated[
        bool | None, Doc('Whether infinity and "not a number" are allowed.')
    ] = _Unset,
    max_digits: Annotated[
        int | None,
        Doc("The maximum number of digits of a decimal, without leading and trailing zeros."),
    ] = _Unset,
    decimal_places: Annotated[
        int | None,
        Doc("The maximum number of decimal places of a decimal, without trailing zeros."),
    ] = _Unset,
    examples: Annotated[list[Any] | None, Doc("Example values for the JSON schema.")] = _Unset,
    example: Annotated[
        Annotated[Any | None, deprecated_mark("Use `examples`, as OpenAPI 3.1 does")],
        Doc("One example value, as in OpenAPI 3.0."),
    ] = _Unset,
    openapi_examples: Annotated[
        dict[str, Example] | None,
        Doc("Named examples for the OpenAPI document, shown by the documentation pages."),
    ] = None,
    deprecated: Annotated[
        deprecated_mark | str | bool | None,
        Doc("Whether to mark the parameter as deprecated in the documentation."),
    ] = _Unset,
    include_in_schema: Annotated[
        bool, Doc("Whether the documentation shows this parameter.")
    ] = True,
    json_schema_extra: Annotated[
        dict[str, Any] | Callable[[dict[str, Any]], None] | None,
        Doc("Additional keys for the JSON schema, or a function that changes the schema in place."),
    ] = _Unset,
) -> Any:
    """A parameter of the query string: `?q=...`.

    Args:
        default: The value if the request has none; without it the parameter is required.
        default_factory: A function that returns the default value for each request; replaces a fixed default.
        alias: The name of the parameter in the request. Defaults to the name in Python.
        alias_priority: The priority of the alias over an alias generator, as in Pydantic.
        validation_alias: Like `alias`, but may list several names; the first one in the request is used.
        serialization_alias: The name under which the value is serialised, as in Pydantic.
        title: A title for the documentation.
        description: A description for the documentation, in Markdown.
        gt: The value must be greater than this number.
        ge: The value must be greater than or equal to this number.
        lt: The value must be less than this number.
        le: The value must be less than or equal to this number.
        min_length: The minimum number of characters or items.
        max_length: The maximum number of characters or items.
        pattern: A regular expression; a match must occur somewhere in the value.
        regex: The old name of `pattern`.
        discriminator: The field by which Pydantic chooses the member of a union.
        strict: Whether to reject values of another type instead of converting them.
        validate_default: Whether to validate the default value.
        union_mode: The strategy for choosing the member of a union, as in Pydantic.
        fail_fast: Whether to stop validating a list at its first invalid item.
        multiple_of: The value must be an integer multiple of this number.
        allow_inf_nan: Whether infinity and "not a number" are allowed.
        max_digits: The maximum number of digits of a decimal, without leading and trailing zeros.
        decimal_places: The maximum number of decimal places of a decimal, without trailing zeros.
        examples: Example values for the JSON schema.
        example: One example value, as in OpenAPI 3.0.
        openapi_examples: Named examples for the OpenAPI document, shown by the documentation pages.
        deprecated: Whether to mark the parameter as deprecated in the documentation.
        include_in_schema: Whether the documentation shows this parameter.
        json_schema_extra: Additional keys for the JSON schema, or a function that changes the schema in place.

    Example::

        @app.get("/items")
        async def find_items(q: Annotated[str, Query(min_length=3)]) -> list[Item]: ...
    """

def Header(
    default: Annotated[
        Any, Doc("The value if the request has none; without it the parameter is required.")
    ] = Undefined,
    *,
    convert_underscores: Annotated[
        bool,
        Doc("Whether underscores become hyphens: the parameter `user_agent` reads `user-agent`."),
    ] = True,
    default_factory: Annotated[
        Callable[[], Any] | None,
        Doc(
            "A function that returns the default value for each request; replaces a fixed default."
        ),
    ] = _Unset,
    alias: Annotated[
        str | None, Doc("The name of the parameter in the request. Defaults to the name in Python.")
    ] = _Unset,
    alias_priority: Annotated[
        int | None, Doc("The priority of the alias over an alias generator, as in Pydantic.")
    ] = _Unset,
    validation_alias: Annotated[
        str | AliasPath | AliasChoices | None,
        Doc("Like `alias`, but may list several names; the first one in the request is used."),
    ] = _Unset,
    serialization_alias: Annotated[
        str | None, Doc("The name under which the value is serialised, as in Pydantic.")
    ] = _Unset,
    title: Annotated[str | None, Doc("A title for the documentation.")] = _Unset,
    description: Annotated[
        str | None, Doc("A description for the documentation, in Markdown.")
    ] = _Unset,
    gt: Annotated[float | None, Doc("The value must be greater than this number.")] = None,
    ge: Annotated[
        float | None, Doc("The value must be greater than or equal to this number.")
    ] = None,
    lt: Annotated[float | None, Doc("The value must be less than this number.")] = None,
    le: Annotated[float | None, Doc("The value must be less than or equal to this number.")] = None,
    min_length: Annotated[int | None, Doc("The minimum number of characters or items.")] = None,
    max_length: Annotated[int | None, Doc("The maximum number of characters or items.")] = None,
    pattern: Annotated[
        str | re.Pattern[str] | None,
        Doc("A regular expression; a match must occur somewhere in the value."),
    ] = None,
    regex: Annotated[
        Annotated[str | None, deprecated_mark("Use `pattern`, as Pydantic 2 does")],
        Doc("The old name of `pattern`."),
    ] = None,
    discriminator: Annotated[
        str | Discriminator | None,
        Doc("The field by which Pydantic chooses the member of a union."),
    ] = _Unset,
    strict: Annotated[
        bool | None, Doc("Whether to reject values of another type instead of converting them.")
    ] = _Unset,
    validate_default: Annotated[
        bool | None, Doc("Whether to validate the default value.")
    ] = _Unset,
    union_mode: Annotated[
        Literal["smart", "left_to_right"] | None,
        Doc("The strategy for choosing the member of a union, as in Pydantic."),
    ] = _Unset,
    fail_fast: Annotated[
        bool | None, Doc("Whether to stop validating a list at its first invalid item.")
    ] = _Unset,
    multiple_of: Annotated[
        float | None, Doc("The value must be an integer multiple of this number.")
    ] = _Unset,
    allow_inf_nan: Annotated[
        bool | None, Doc('Whether infinity and "not a number" are allowed.')
    ] = _Unset,
    max_digits: Annotated[
        int | None,
        Doc("The maximum number of digits of a decimal, without leading and trailing zeros."),
    ] = _Unset,
    decimal_places: Annotated[
        int | None,
        Doc("The maximum number of decimal places of a decimal, without trailing zeros."),
    ] = _Unset,
    examples: Annotated[list[Any] | None, Doc("Example values for the JSON schema.")] = _Unset,
    example: Annotated[
        Annotated[Any | None, deprecated_mark("Use `examples`, as OpenAPI 3.1 does")],
        Doc("One example value, as in OpenAPI 3.0."),
    ] = _Unset,
    openapi_examples: Annotated[
        dict[str, Example] | None,
        Doc("Named examples for the OpenAPI document, shown by the documentation pages."),
    ] = None,
    deprecated: Annotated[
        deprecated_mark | str | bool | None,
        Doc("Whether to mark the parameter as deprecated in the documentation."),
    ] = _Unset,
    include_in_schema: Annotated[
        bool, Doc("Whether the documentation shows this parameter.")
    ] = True,
    json_schema_extra: Annotated[
        dict[str, Any] | Callable[[dict[str, Any]], None] | None,
        Doc("Additional keys for the JSON schema, or a function that changes the schema in place."),
    ] = _Unset,
) -> Any:
    """A request header; its name is case-insensitive (RFC 9110 section 5.1).

    Args:
        default: The value if the request has none; without it the parameter is required.
        convert_underscores: Whether underscores become hyphens: the parameter `user_agent` reads `user-agent`.
        default_factory: A function that returns the default value for each request; replaces a fixed default.
        alias: The name of the parameter in the request. Defaults to the name in Python.
        alias_priority: The priority of the alias over an alias generator, as in Pydantic.
        validation_alias: Like `alias`, but may list several names; the first one in the request is used.
        serialization_alias: The name under which the value is serialised, as in Pydantic.
        title: A title for the documentation.
        description: A description for the documentation, in Markdown.
        gt: The value must be greater than this number.
        ge: The value must be greater than or equal to this number.
        lt: The value must be less than this number.
        le: The value must be less than or equal to this number.
        min_length: The minimum number of characters or items.
        max_length: The maximum number of characters or items.
        pattern: A regular expression; a match must occur somewhere in the value.
        regex: The old name of `pattern`.
        discriminator: The field by which Pydantic chooses the member of a union.
        strict: Whether to reject values of another type instead of converting them.
        validate_default: Whether to validate the default value.
        union_mode: The strategy for choosing the member of a union, as in Pydantic.
        fail_fast: Whether to stop validating a list at its first invalid item.
        multiple_of: The value must be an integer multiple of this number.
        allow_inf_nan: Whether infinity and "not a number" are allowed.
        max_digits: The maximum number of digits of a decimal, without leading and trailing zeros.
        decimal_places: The maximum number of decimal places of a decimal, without trailing zeros.
        examples: Example values for the JSON schema.
        example: One example value, as in OpenAPI 3.0.
        openapi_examples: Named examples for the OpenAPI document, shown by the documentation pages.
        deprecated: Whether to mark the parameter as deprecated in the documentation.
        include_in_schema: Whether the documentation shows this parameter.
        json_schema_extra: Additional keys for the JSON schema, or a function that changes the schema in place.

    Example::

        @app.get("/items")
        async def find_items(accept_language: Annotated[str | None, Header()] = None): ...
    """

def Cookie(
    default: Annotated[
        Any, Doc("The value if the request has none; without it the parameter is required.")
    ] = Undefined,
    *,
    default_factory: Annotated[
        Callable[[], Any] | None,
        Doc(
            "A function that returns the default value for each request; replaces a fixed default."
        ),
    ] = _Unset,
    alias: Annotated[
        str | None, Doc("The name of the parameter in the request. Defaults to the name in Python.")
    ] = _Unset,
    alias_priority: Annotated[
        int | None, Doc("The priority of the alias over an alias generator, as in Pydantic.")
    ] = _Unset,
    validation_alias: Annotated[
        str | AliasPath | AliasChoices | None,
        Doc("Like `alias`, but may list several names; the first one in the request is used."),
    ] = _Unset,
    serialization_alias: Annotated[
        str | None, Doc("The name under which the value is serialised, as in Pydantic.")
    ] = _Unset,
    title: Annotated[str | None, Doc("A title for the documentation.")] = _Unset,
    description: Annotated[
        str | None, Doc("A description for the documentation, in Markdown.")
    ] = _Unset,
    gt: Annotated[float | None, Doc("The value must be greater than this number.")] = None,
    ge: Annotated[
        float | None, Doc("The value must be greater than or equal to this number.")
    ] = None,
    lt: Annotated[float | None, Doc("The value must be less than this number.")] = None,
    le: Annotated[float | None, Doc("The value must be less than or equal to this number.")] = None,
    min_length: Annotated[int | None, Doc("The minimum number of characters or items.")] = None,
    max_length: Annotated[int | None, Doc("The maximum number of characters or items.")] = None,
    pattern: Annotated[
        str | re.Pattern[str] | None,
        Doc("A regular expression; a match must occur somewhere in the value."),
    ] = None,
    regex: Annotated[
        Annotated[str | None, deprecated_mark("Use `pattern`, as Pydantic 2 does")],
        Doc("The old name of `pattern`."),
    ] = None,
    discriminator: Annotated[
        str | Discriminator | None,
        Doc("The field by which Pydantic chooses the member of a union."),
    ] = _Unset,
    strict: Annotated[
        bool | None, Doc("Whether to reject values of another type instead of converting them.")
    ] = _Unset,
    validate_default: Annotated[
        bool | None, Doc("Whether to validate the default value.")
    ] = _Unset,
    union_mode: Annotated[
        Literal["smart", "left_to_right"] | None,
        Doc("The strategy for choosing the member of a union, as in Pydantic."),
    ] = _Unset,
    fail_fast: Annotated[
        bool | None, Doc("Whether to stop validating a list at its first invalid item.")
    ] = _Unset,
    multiple_of: Annotated[
        float | None, Doc("The value must be an integer multiple of this number.")
    ] = _Unset,
    allow_inf_nan: Annotated[
        bool | None, Doc('Whether infinity and "not a number" are allowed.')
    ] = _Unset,
    max_digits: Annotated[
        int | None,
        Doc("The maximum number of digits of a decimal, without leading and trailing zeros."),
    ] = _Unset,
    decimal_places: Annotated[
        int | None,
        Doc("The maximum number of decimal places of a decimal, without trailing zeros."),
    ] = _Unset,
    examples: Annotated[list[Any] | None, Doc("Example values for the JSON schema.")] = _Unset,
    example: Annotated[
        Annotated[Any | None, deprecated_mark("Use `examples`, as OpenAPI 3.1 does")],
        Doc("One example value, as in OpenAPI 3.0."),
    ] = _Unset,
    openapi_examples: Annotated[
        dict[str, Example] | None,
        Doc("Named examples for the OpenAPI document, shown by the documentation pages."),
    ] = None,
    deprecated: Annotated[
        deprecated_mark | str | bool | None,
        Doc("Whether to mark the parameter as deprecated in the documentation."),
    ] = _Unset,
    include_in_schema: Annotated[
        bool, Doc("Whether the documentation shows this parameter.")
    ] = True,
    json_schema_extra: Annotated[
        dict[str, Any] | Callable[[dict[str, Any]], None] | None,
        Doc("Additional keys for the JSON schema, or a function that changes the schema in place."),
    ] = _Unset,
) -> Any:
    """A cookie of the request (RFC 6265).

    Args:
        default: The value if the request has none; without it the parameter is required.
        default_factory: A function that returns the default value for each request; replaces a fixed default.
        alias: The name of the parameter in the request. Defaults to the name in Python.
        alias_priority: The priority of the alias over an alias generator, as in Pydantic.
        validation_alias: Like `alias`, but may list several names; the first one in the request is used.
        serialization_alias: The name under which the value is serialised, as in Pydantic.
        title: A title for the documentation.
        description: A description for the documentation, in Markdown.
        gt: The value must be greater than this number.
        ge: The value must be greater than or equal to this number.
        lt: The value must be less than this number.
        le: The value must be less than or equal to this number.
        min_length: The minimum number of characters or items.
        max_length: The maximum number of characters or items.
        pattern: A regular expression; a match must occur somewhere in the value.
        regex: The old name of `pattern`.
        discriminator: The field by which Pydantic chooses the member of a union.
        strict: Whether to reject values of another type instead of converting them.
        validate_default: Whether to validate the default value.
        union_mode: The strategy for choosing the member of a union, as in Pydantic.
        fail_fast: Whether to stop validating a list at its first invalid item.
        multiple_of: The value must be an integer multiple of this number.
        allow_inf_nan: Whether infinity and "not a number" are allowed.
        max_digits: The maximum number of digits of a decimal, without leading and trailing zeros.
        decimal_places: The maximum number of decimal places of a decimal, without trailing zeros.
        examples: Example values for the JSON schema.
        example: One example value, as in OpenAPI 3.0.
        openapi_examples: Named examples for the OpenAPI document, shown by the documentation pages.
        deprecated: Whether to mark the parameter as deprecated in the documentation.
        include_in_schema: Whether the documentation shows this parameter.
        json_schema_extra: Additional keys for the JSON schema, or a function that changes the schema in place.

    Example::

        @app.get("/cart")
        async def read_cart(session_id: Annotated[str, Cookie()]) -> Cart: ...
    """

def Body(
    default: Annotated[
        Any, Doc("The value if the request has none; without it the parameter is required.")
    ] = Undefined,
    *,
    embed: Annotated[
        bool | None,
        Doc(
            "Whether the body is an object with this parameter as a key, instead of the "
            "value itself. If an operation has several body parameters, they are always "
            "embedded."
        ),
    ] = None,
    media_type: Annotated[str, Doc("The media type of the body.")] = "application/json",
    default_factory: Annotated[
        Callable[[], Any] | None,
        Doc(
            "A function that returns the default value for each request; replaces a fixed default."
        ),
    ] = _Unset,
    alias: Annotated[
        str | None, Doc("The name of the parameter in the request. Defaults to the name in Python.")
    ] = _Unset,
    alias_priority: Annotated[
        int | None, Doc("The priority of the alias over an alias generator, as in Pydantic.")
    ] = _Unset,
    validation_alias: Annotated[
        str | AliasPath | AliasChoices | None,
        Doc("Like `alias`, but may list several names; the first one in the request is used."),
    ] = _Unset,
    serialization_alias: Annotated[
        str | None, Doc("The name under which the value is serialised, as in Pydantic.")
    ] = _Unset,
    title: Annotated[str | None, Doc("A title for the documentation.")] = _Unset,
    description: Annotated[
        str | None, Doc("A description for the documentation, in Markdown.")
    ] = _Unset,
    gt: Annotated[float | None, Doc("The value must be greater than this number.")] = None,
    ge: Annotated[
        float | None, Doc("The value must be greater than or equal to this number.")
    ] = None,
    lt: Annotated[float | None, Doc("The value must be less than this number.")] = None,
    le: Annotated[float | None, Doc("The value must be less than or equal to this number.")] = None,
    min_length: Annotated[int | None, Doc("The minimum number of characters or items.")] = None,
    max_length: Annotated[int | None, Doc("The maximum number of characters or items.")] = None,
    pattern: Annotated[
        str | re.Pattern[str] | None,
        Doc("A regular expression; a match must occur somewhere in the value."),
    ] = None,
    regex: Annotated[
        Annotated[str | None, deprecated_mark("Use `pattern`, as Pydantic 2 does")],
        Doc("The old name of `pattern`."),
    ] = None,
    discriminator: Annotated[
        str | Discriminator | None,
        Doc("The field by which Pydantic chooses the member of a union."),
    ] = _Unset,
    strict: Annotated[
        bool | None, Doc("Whether to reject values of another type instead of converting them.")
    ] = _Unset,
    validate_default: Annotated[
        bool | None, Doc("Whether to validate the default value.")
    ] = _Unset,
    union_mode: Annotated[
        Literal["smart", "left_to_right"] | None,
        Doc("The strategy for choosing the member of a union, as in Pydantic."),
    ] = _Unset,
    fail_fast: Annotated[
        bool | None, Doc("Whether to stop validating a list at its first invalid item.")
    ] = _Unset,
    multiple_of: Annotated[
        float | None, Doc("The value must be an integer multiple of this number.")
    ] = _Unset,
    allow_inf_nan: Annotated[
        bool | None, Doc('Whether infinity and "not a number" are allowed.')
    ] = _Unset,
    max_digits: Annotated[
        int | None,
        Doc("The maximum number of digits of a decimal, without leading and trailing zeros."),
    ] = _Unset,
    decimal_places: Annotated[
        int | None,
        Doc("The maximum number of decimal places of a decimal, without trailing zeros."),
    ] = _Unset,
    examples: Annotated[list[Any] | None, Doc("Example values for the JSON schema.")] = _Unset,
    example: Annotated[
        Annotated[Any | None, deprecated_mark("Use `examples`, as OpenAPI 3.1 does")],
        Doc("One example value, as in OpenAPI 3.0."),
    ] = _Unset,
    openapi_examples: Annotated[
        dict[str, Example] | None,
        Doc("Named examples for the OpenAPI document, shown by the documentation pages."),
    ] = None,
    deprecated: Annotated[
        deprecated_mark | str | bool | None,
        Doc("Whether to mark the parameter as deprecated in the documentation."),
    ] = _Unset,
    include_in_schema: Annotated[
        bool, Doc("Whether the documentation shows this parameter.")
    ] = True,
    json_schema_extra: Annotated[
        dict[str, Any] | Callable[[dict[str, Any]], None] | None,
        Doc("Additional keys for the JSON schema, or a function that changes the schema in place."),
    ] = _Unset,
) -> Any:
    """The request body, or one key of it.

    Args:
        default: The value if the request has none; without it the parameter is required.
        embed: Whether the body is an object with this parameter as a key, instead of the value itself. If an operation has several body parameters, they are always embedded.
        media_type: The media type of the body.
        default_factory: A function that returns the default value for each request; replaces a fixed default.
        alias: The name of the parameter in the request. Defaults to the name in Python.
        alias_priority: The priority of the alias over an alias generator, as in Pydantic.
        validation_alias: Like `alias`, but may list several names; the first one in the request is used.
        serialization_alias: The name under which the value is serialised, as in Pydantic.
        title: A title for the documentation.
        description: A description for the documentation, in Markdown.
        gt: The value must be greater than this number.
        ge: The value must be greater than or equal to this number.
        lt: The value must be less than this number.
        le: The value must be less than or equal to this number.
        min_length: The minimum number of characters or items.
        max_length: The maximum number of characters or items.
        pattern: A regular expression; a match must occur somewhere in the value.
        regex: The old name of `pattern`.
        discriminator: The field by which Pydantic chooses the member of a union.
        strict: Whether to reject values of another type instead of converting them.
        validate_default: Whether to validate the default value.
        union_mode: The strategy for choosing the member of a union, as in Pydantic.
        fail_fast: Whether to stop validating a list at its first invalid item.
        multiple_of: The value must be an integer multiple of this number.
        allow_inf_nan: Whether infinity and "not a number" are allowed.
        max_digits: The maximum number of digits of a decimal, without leading and trailing zeros.
        decimal_places: The maximum number of decimal places of a decimal, without trailing zeros.
        examples: Example values for the JSON schema.
        example: One example value, as in OpenAPI 3.0.
        openapi_examples: Named examples for the OpenAPI document, shown by the documentation pages.
        deprecated: Whether to mark the parameter as deprecated in the documentation.
        include_in_schema: Whether the documentation shows this parameter.
        json_schema_extra: Additional keys for the JSON schema, or a function that changes the schema in place.

    Example::

        @app.post("/items")
        async def create_item(item: Item, urgent: Annotated[bool, Body()] = False) -> Item: ...
    """

def Form(
    default: Annotated[
        Any, Doc("The value if the form has none; without it the field is required.")
    ] = Undefined,
    *,
    default_factory: Annotated[
        Callable[[], Any] | None,
        Doc(
            "A function that returns the default value for each request; replaces a fixed default."
        ),
    ] = _Unset,
    alias: Annotated[
        str | None, Doc("The name of the parameter in the request. Defaults to the name in Python.")
    ] = _Unset,
    alias_priority: Annotated[
        int | None, Doc("The priority of the alias over an alias generator, as in Pydantic.")
    ] = _Unset,
    validation_alias: Annotated[
        str | AliasPath | AliasChoices | None,
        Doc("Like `alias`, but may list several names; the first one in the request is used."),
    ] = _Unset,
    serialization_alias: Annotated[
        str | None, Doc("The name under which the value is serialised, as in Pydantic.")
    ] = _Unset,
    title: Annotated[str | None, Doc("A title for the documentation.")] = _Unset,
    description: Annotated[
        str | None, Doc("A description for the documentation, in Markdown.")
    ] = _Unset,
    gt: Annotated[float | None, Doc("The value must be greater than this number.")] = None,
    ge: Annotated[
        float | None, Doc("The value must be greater than or equal to this number.")
    ] = None,
    lt: Annotated[float | None, Doc("The value must be less than this number.")] = None,
    le: Annotated[float | None, Doc("The value must be less than or equal to this number.")] = None,
    min_length: Annotated[int | None, Doc("The minimum number of characters or items.")] = None,
    max_length: Annotated[int | None, Doc("The maximum number of characters or items.")] = None,
    pattern: Annotated[
        str | re.Pattern[str] | None,
        Doc("A regular expression; a match must occur somewhere in the value."),
    ] = None,
    regex: Annotated[
        Annotated[str | None, deprecated_mark("Use `pattern`, as Pydantic 2 does")],
        Doc("The old name of `pattern`."),
    ] = None,
    discriminator: Annotated[
        str | Discriminator | None,
        Doc("The field by which Pydantic chooses the member of a union."),
    ] = _Unset,
    strict: Annotated[
        bool | None, Doc("Whether to reject values of another type instead of converting them.")
    ] = _Unset,
    validate_default: Annotated[
        bool | None, Doc("Whether to validate the default value.")
    ] = _Unset,
    union_mode: Annotated[
        Literal["smart", "left_to_right"] | None,
        Doc("The strategy for choosing the member of a union, as in Pydantic."),
    ] = _Unset,
    fail_fast: Annotated[
        bool | None, Doc("Whether to stop validating a list at its first invalid item.")
    ] = _Unset,
    multiple_of: Annotated[
        float | None, Doc("The value must be an integer multiple of this number.")
    ] = _Unset,
    allow_inf_nan: Annotated[
        bool | None, Doc('Whether infinity and "not a number" are allowed.')
    ] = _Unset,
    max_digits: Annotated[
        int | None,
        Doc("The maximum number of digits of a decimal, without leading and trailing zeros."),
    ] = _Unset,
    decimal_places: Annotated[
        int | None,
        Doc("The maximum number of decimal places of a decimal, without trailing zeros."),
    ] = _Unset,
    examples: Annotated[list[Any] | None, Doc("Example values for the JSON schema.")] = _Unset,
    example: Annotated[
        Annotated[Any | None, deprecated_mark("Use `examples`, as OpenAPI 3.1 does")],
        Doc("One example value, as in OpenAPI 3.0."),
    ] = _Unset,
    openapi_examples: Annotated[
        dict[str, Example] | None,
        Doc("Named examples for the OpenAPI document, shown by the documentation pages."),
    ] = None,
    deprecated: Annotated[
        deprecated_mark | str | bool | None,
        Doc("Whether to mark the parameter as deprecated in the documentation."),
    ] = _Unset,
    include_in_schema: Annotated[
        bool, Doc("Whether the documentation shows this parameter.")
    ] = True,
    json_schema_extra: Annotated[
        dict[str, Any] | Callable[[dict[str, Any]], None] | None,
        Doc("Additional keys for the JSON schema, or a function that changes the schema in place."),
    ] = _Unset,
    media_type: Annotated[
        str, Doc("The media type of the body, for the documentation.")
    ] = "application/x-www-form-urlencoded",
) -> Any:
    """A field of a form (`application/x-www-form-urlencoded` or `multipart/form-data`).

    Args:
        default: The value if the form has none; without it the field is required.
        default_factory: A function that returns the default value for each request; replaces a fixed default.
        alias: The name of the parameter in the request. Defaults to the name in Python.
        alias_priority: The priority of the alias over an alias generator, as in Pydantic.
        validation_alias: Like `alias`, but may list several names; the first one in the request is used.
        serialization_alias: The name under which the value is serialised, as in Pydantic.
        title: A title for the documentation.
        description: A description for the documentation, in Markdown.
        gt: The value must be greater than this number.
        ge: The value must be greater than or equal to this number.
        lt: The value must be less than this number.
        le: The value must be less than or equal to this number.
        min_length: The minimum number of characters or items.
        max_length: The maximum number of characters or items.
        pattern: A regular expression; a match must occur somewhere in the value.
        regex: The old name of `pattern`.
        discriminator: The field by which Pydantic chooses the member of a union.
        strict: Whether to reject values of another type instead of converting them.
        validate_default: Whether to validate the default value.
        union_mode: The strategy for choosing the member of a union, as in Pydantic.
        fail_fast: Whether to stop validating a list at its first invalid item.
        multiple_of: The value must be an integer multiple of this number.
        allow_inf_nan: Whether infinity and "not a number" are allowed.
        max_digits: The maximum number of digits of a decimal, without leading and trailing zeros.
        decimal_places: The maximum number of decimal places of a decimal, without trailing zeros.
        examples: Example values for the JSON schema.
        example: One example value, as in OpenAPI 3.0.
        openapi_examples: Named examples for the OpenAPI document, shown by the documentation pages.
        deprecated: Whether to mark the parameter as deprecated in the documentation.
        include_in_schema: Whether the documentation shows this parameter.
        json_schema_extra: Additional keys for the JSON schema, or a function that changes the schema in place.
        media_type: The media type of the body, for the documentation.

    Example::

        @app.post("/login")
        async def log_in(name: Annotated[str, Form()], password: Annotated[str, Form()]): ...
    """

def File(
    default: Annotated[
        Any, Doc("The value if the form has none; without it the file is required.")
    ] = Undefined,
    *,
    default_factory: Annotated[
        Callable[[], Any] | None,
        Doc(
            "A function that returns the default value for each request; replaces a fixed default."
        ),
    ] = _Unset,
    alias: Annotated[
        str | None, Doc("The name of the parameter in the request. Defaults to the name in Python.")
    ] = _Unset,
    alias_priority: Annotated[
        int | None, Doc("The priority of the alias over an alias generator, as in Pydantic.")
    ] = _Unset,
    validation_alias: Annotated[
        str | AliasPath | AliasChoices | None,
        Doc("Like `alias`, but may list several names; the first one in the request is used."),
    ] = _Unset,
    serialization_alias: Annotated[
        str | None, Doc("The name under which the value is serialised, as in Pydantic.")
    ] = _Unset,
    title: Annotated[str | None, Doc("A title for the documentation.")] = _Unset,
    description: Annotated[
        str | None, Doc("A description for the documentation, in Markdown.")
    ] = _Unset,
    gt: Annotated[float | None, Doc("The value must be greater than this number.")] = None,
    ge: Annotated[
        float | None, Doc("The value must be greater than or equal to this number.")
    ] = None,
    lt: Annotated[float | None, Doc("The value must be less than this number.")] = None,
    le: Annotated[float | None, Doc("The value must be less than or equal to this number.")] = None,
    min_length: Annotated[int | None, Doc("The minimum number of characters or items.")] = None,
    max_length: Annotated[int | None, Doc("The maximum number of characters or items.")] = None,
    pattern: Annotated[
        str | re.Pattern[str] | None,
        Doc("A regular expression; a match must occur somewhere in the value."),
    ] = None,
    regex: Annotated[
        Annotated[str | None, deprecated_mark("Use `pattern`, as Pydantic 2 does")],
        Doc("The old name of `pattern`."),
    ] = None,
    discriminator: Annotated[
        str | Discriminator | None,
        Doc("The field by which Pydantic chooses the member of a union."),
    ] = _Unset,
    strict: Annotated[
        bool | None, Doc("Whether to reject values of another type instead of converting them.")
    ] = _Unset,
    validate_default: Annotated[
        bool | None, Doc("Whether to validate the default value.")
    ] = _Unset,
    union_mode: Annotated[
        Literal["smart", "left_to_right"] | None,
        Doc("The strategy for choosing the member of a union, as in Pydantic."),
    ] = _Unset,
    fail_fast: Annotated[
        bool | None, Doc("Whether to stop validating a list at its first invalid item.")
    ] = _Unset,
    multiple_of: Annotated[
        float | None, Doc("The value must be an integer multiple of this number.")
    ] = _Unset,
    allow_inf_nan: Annotated[
        bool | None, Doc('Whether infinity and "not a number" are allowed.')
    ] = _Unset,
    max_digits: Annotated[
        int | None,
        Doc("The maximum number of digits of a decimal, without leading and trailing zeros."),
    ] = _Unset,
    decimal_places: Annotated[
        int | None,
        Doc("The maximum number of decimal places of a decimal, without trailing zeros."),
    ] = _Unset,
    examples: Annotated[list[Any] | None, Doc("Example values for the JSON schema.")] = _Unset,
    example: Annotated[
        Annotated[Any | None, deprecated_mark("Use `examples`, as OpenAPI 3.1 does")],
        Doc("One example value, as in OpenAPI 3.0."),
    ] = _Unset,
    openapi_examples: Annotated[
        dict[str, Example] | None,
        Doc("Named examples for the OpenAPI document, shown by the documentation pages."),
    ] = None,
    deprecated: Annotated[
        deprecated_mark | str | bool | None,
        Doc("Whether to mark the parameter as deprecated in the documentation."),
    ] = _Unset,
    include_in_schema: Annotated[
        bool, Doc("Whether the documentation shows this parameter.")
    ] = True,
    json_schema_extra: Annotated[
        dict[str, Any] | Callable[[dict[str, Any]], None] | None,
        Doc("Additional keys for the JSON schema, or a function that changes the schema in place."),
    ] = _Unset,
    media_type: Annotated[
        str, Doc("The media type of the body, for the documentation.")
    ] = "multipart/form-data",
) -> Any:
    """A file of a multipart form (RFC 7578), as `UploadFile` or, in memory, as `bytes`.

    Args:
        default: The value if the form has none; without it the file is required.
        default_factory: A function that returns the default value for each request; replaces a fixed default.
        alias: The name of the parameter in the request. Defaults to the name in Python.
        alias_priority: The priority of the alias over an alias generator, as in Pydantic.
        validation_alias: Like `alias`, but may list several names; the first one in the request is used.
        serialization_alias: The name under which the value is serialised, as in Pydantic.
        title: A title for the documentation.
        description: A description for the documentation, in Markdown.
        gt: The value must be greater than this number.
        ge: The value must be greater than or equal to this number.
        lt: The value must be less than this number.
        le: The value must be less than or equal to this number.
        min_length: The minimum number of characters or items.
        max_length: The maximum number of characters or items.
        pattern: A regular expression; a match must occur somewhere in the value.
        regex: The old name of `pattern`.
        discriminator: The field by which Pydantic chooses the member of a union.
        strict: Whether to reject values of another type instead of converting them.
        validate_default: Whether to validate the default value.
        union_mode: The strategy for choosing the member of a union, as in Pydantic.
        fail_fast: Whether to stop validating a list at its first invalid item.
        multiple_of: The value must be an integer multiple of this number.
        allow_inf_nan: Whether infinity and "not a number" are allowed.
        max_digits: The maximum number of digits of a decimal, without leading and trailing zeros.
        decimal_places: The maximum number of decimal places of a decimal, without trailing zeros.
        examples: Example values for the JSON schema.
        example: One example value, as in OpenAPI 3.0.
        openapi_examples: Named examples for the OpenAPI document, shown by the documentation pages.
        deprecated: Whether to mark the parameter as deprecated in the documentation.
        include_in_schema: Whether the documentation shows this parameter.
        json_schema_extra: Additional keys for the JSON schema, or a function that changes the schema in place.
        media_type: The media type of the body, for the documentation.

    Example::

        @app.post("/pictures")
        async def add_picture(picture: Annotated[UploadFile, File()]) -> None: ...
    """

def Depends(
    dependency: Annotated[
        Callable[..., Any] | None, Doc("The callable; by default the annotated type.")
    ] = None,
    *,
    use_cache: Annotated[bool, Doc("Whether one call serves all uses in the same request.")] = True,
    scope: Annotated[
        Literal["function", "request", "app"] | None,
        Doc(
            'The time at which a dependency with `yield` is closed: `"function"` before '
            'the response is sent, `"request"` after it. By default `"request"`. With '
            '`"app"` the callable runs once, when the application starts, and is closed '
            "when it stops; it may depend only on others with this scope."
        ),
    ] = None,
    max_concurrency: Annotated[
        int | None,
        Doc(
            "The maximum number of concurrent uses of the returned object in each event "
            "loop; at least 1, `None` for no limit."
        ),
    ] = None,
) -> Any:
    """A value that a callable provides: a function, a class, or any other callable.

    Its parameters are declared and filled like those of an endpoint.

    Args:
        dependency: The callable; by default the annotated type.
        use_cache: Whether one call serves all uses in the same request.
        scope: The time at which a dependency with `yield` is closed: `"function"` before the response is sent, `"request"` after it. By default `"request"`. With `"app"` the callable runs once, when the application starts, and is closed when it stops; it may depend only on others with this scope.
        max_concurrency: The maximum number of concurrent uses of the returned object in each event loop; at least 1, `None` for no limit.

    Raises:
        SetupValueError: `max_concurrency` is not a positive integer.

    Example::

        async def get_session() -> AsyncIterator[Session]:
            async with Session() as session:
                yield session

        @app.get("/items")
        async def read_items(session: Annotated[Session, Depends(get_session)]): ...
    """

def Security(
    dependency: Annotated[
        Callable[..., Any] | None, Doc("The callable; by default the annotated type.")
    ] = None,
    *,
    scopes: Annotated[
        Sequence[str] | None, Doc('The scopes needed here, for example `["items:read"]`.')
    ] = None,
    use_cache: Annotated[
        bool, Doc("Whether one call serves all uses with the same scopes in the same request.")
    ] = True,
) -> Any:
    """A dependency that also requires scopes of OAuth 2.0 (RFC 6749, section 3.3).

    The callable receives all scopes of its dependents through a `SecurityScopes` parameter, and
    the OpenAPI document lists them.

    Args:
        dependency: The callable; by default the annotated type.
        scopes: The scopes needed here, for example `["items:read"]`.
        use_cache: Whether one call serves all uses with the same scopes in the same request.

    Example::

        @app.get("/items")
        async def read_items(user: Annotated[User, Security(get_user, scopes=["items:read"])]): ...
    """
