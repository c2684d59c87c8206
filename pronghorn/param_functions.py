"""The functions that declare parameters: `q: str = Query(max_length=50)`.

Each creates the object of the same name in `pronghorn.params`. They return `Any`, so that a
type checker accepts them as the default of a parameter of any type.
"""

# ruff: noqa: N802 - these are the names that programs import

from collections.abc import Callable, Sequence
from typing import Any, Literal

from typing_extensions import Unpack

from pronghorn import params
from pronghorn.core.reexports import find_elsewhere
from pronghorn.core.typed_kwargs import expand_signature
from pronghorn.datastructures import Undefined
from pronghorn.fields.parameter_options import (
    BodyOptions,
    FileOptions,
    FormOptions,
    HeaderOptions,
    ParamOptions,
)

__all__ = [
    "Body",
    "Cookie",
    "Depends",
    "File",
    "Form",
    "Header",
    "Path",
    "Query",
    "Security",
]


@expand_signature(ParamOptions)
def Path(default: Any = ..., **options: Unpack[ParamOptions]) -> Any:
    """A part of the path, named in the path template: `/items/{item_id}`. Always required.

    Args:
        default: Left out, or `...`.
        **options: Name, constraints and documentation, see `ParamOptions`.

    Raises:
        SetupAssertionError: A default was given.

    Example::

        @app.get("/items/{item_id}")
        async def read_item(item_id: Annotated[int, Path(ge=1)]) -> Item: ...
    """
    return params.Path(default, **options)


@expand_signature(ParamOptions)
def Query(default: Any = Undefined, **options: Unpack[ParamOptions]) -> Any:
    """A parameter of the query string: `?q=...`.

    Args:
        default: The value if the request has none; without it the parameter is required.
        **options: Name, constraints and documentation, see `ParamOptions`.

    Example::

        @app.get("/items")
        async def find_items(q: Annotated[str, Query(min_length=3)]) -> list[Item]: ...
    """
    return params.Query(default, **options)


@expand_signature(HeaderOptions)
def Header(default: Any = Undefined, **options: Unpack[HeaderOptions]) -> Any:
    """A request header; its name is case-insensitive (RFC 9110 section 5.1).

    Args:
        default: The value if the request has none; without it the parameter is required.
        **options: Name, constraints and documentation, see `HeaderOptions`.

    Example::

        @app.get("/items")
        async def find_items(accept_language: Annotated[str | None, Header()] = None): ...
    """
    return params.Header(default, **options)


@expand_signature(ParamOptions)
def Cookie(default: Any = Undefined, **options: Unpack[ParamOptions]) -> Any:
    """A cookie of the request (RFC 6265).

    Args:
        default: The value if the request has none; without it the parameter is required.
        **options: Name, constraints and documentation, see `ParamOptions`.

    Example::

        @app.get("/cart")
        async def read_cart(session_id: Annotated[str, Cookie()]) -> Cart: ...
    """
    return params.Cookie(default, **options)


@expand_signature(BodyOptions)
def Body(default: Any = Undefined, **options: Unpack[BodyOptions]) -> Any:
    """The request body, or one key of it.

    Args:
        default: The value if the request has none; without it the parameter is required.
        **options: Embedding, media type, constraints and documentation, see `BodyOptions`.

    Example::

        @app.post("/items")
        async def create_item(item: Item, urgent: Annotated[bool, Body()] = False) -> Item: ...
    """
    return params.Body(default, **options)


@expand_signature(FormOptions)
def Form(default: Any = Undefined, **options: Unpack[FormOptions]) -> Any:
    """A field of a form (`application/x-www-form-urlencoded` or `multipart/form-data`).

    Args:
        default: The value if the form has none; without it the field is required.
        **options: Name, constraints and documentation, see `FormOptions`.

    Example::

        @app.post("/login")
        async def log_in(name: Annotated[str, Form()], password: Annotated[str, Form()]): ...
    """
    return params.Form(default, **options)


@expand_signature(FileOptions)
def File(default: Any = Undefined, **options: Unpack[FileOptions]) -> Any:
    """A file of a multipart form (RFC 7578), as `UploadFile` or, in memory, as `bytes`.

    Args:
        default: The value if the form has none; without it the file is required.
        **options: Name, constraints and documentation, see `FileOptions`.

    Example::

        @app.post("/pictures")
        async def add_picture(picture: Annotated[UploadFile, File()]) -> None: ...
    """
    return params.File(default, **options)


def Depends(
    dependency: Callable[..., Any] | None = None,
    *,
    use_cache: bool = True,
    scope: Literal["function", "request", "app"] | None = None,
    max_concurrency: int | None = None,
) -> Any:
    """A value that a callable provides: a function, a class, or any other callable.

    Its parameters are declared and filled like those of an endpoint.

    Args:
        dependency: The callable; by default the annotated type.
        use_cache: Whether one call serves all uses in the same request.
        scope: The time at which a dependency with `yield` is closed: `"function"` before the
            response is sent, `"request"` after it. By default `"request"`. With `"app"` the
            callable runs once, when the application starts, and is closed when it stops; it may
            depend only on others with this scope.
        max_concurrency: The maximum number of concurrent uses of the returned object in each
            event loop; at least 1, `None` for no limit.

    Raises:
        SetupValueError: `max_concurrency` is not a positive integer.

    Example::

        async def get_session() -> AsyncIterator[Session]:
            async with Session() as session:
                yield session


        @app.get("/items")
        async def read_items(session: Annotated[Session, Depends(get_session)]): ...
    """
    return params.Depends(
        dependency, use_cache=use_cache, scope=scope, max_concurrency=max_concurrency
    )


def Security(
    dependency: Callable[..., Any] | None = None,
    *,
    scopes: Sequence[str] | None = None,
    use_cache: bool = True,
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
    return params.Security(dependency, scopes=scopes, use_cache=use_cache)


find_elsewhere(__name__)
