"""Every error that pronghorn raises or hands to an exception handler.

::

    starlette HTTPException
    └─ HTTPException                      answer this request with a status code
    starlette WebSocketException
    └─ WebSocketException                 close this websocket with a close code
    ValidationException                   data did not match its declaration
    ├─ RequestValidationError             ... sent by the client: 422
    ├─ WebSocketRequestValidationError    ... sent by the client: close code 1008
    └─ ResponseValidationError            ... returned by the endpoint: 500
    FastAPIError (RuntimeError)           the application itself is wrong
    ├─ SetupError                         found while the application is put together
    │  ├─ EnvironmentMistake              a missing or wrong setting, not a line of the program
    │  ├─ SetupAssertionError             also an AssertionError
    │  ├─ SetupNameError                  also a NameError
    │  ├─ SetupTypeError                  also a TypeError
    │  └─ SetupValueError                 also a ValueError
    ├─ DependencyScopeError               a long-lived dependency uses a shorter-lived one
    └─ PydanticV1NotSupportedError        a model of `pydantic.v1`
    UserWarning
    └─ FastAPIDeprecationWarning          a feature that is on its way out

The names and the built-in bases are the ones FastAPI programs catch.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypedDict

from pydantic import BaseModel, create_model
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.exceptions import WebSocketException as StarletteWebSocketException

from pronghorn.core.reexports import find_elsewhere
from pronghorn.core.setup_errors import (
    EnvironmentMistake,
    FastAPIDeprecationWarning,
    FastAPIError,
    SetupAssertionError,
    SetupError,
    SetupNameError,
    SetupTypeError,
    SetupValueError,
)

__all__ = [
    "DependencyScopeError",
    "EndpointContext",
    "EndpointTimeout",
    "EnvironmentMistake",
    "FastAPIDeprecationWarning",
    "FastAPIError",
    "HTTPException",
    "PydanticV1NotSupportedError",
    "RequestErrorModel",
    "RequestValidationError",
    "ResponseValidationError",
    "SetupAssertionError",
    "SetupError",
    "SetupNameError",
    "SetupTypeError",
    "SetupValueError",
    "StarletteHTTPException",
    "StarletteWebSocketException",
    "ValidationException",
    "WebSocketErrorModel",
    "WebSocketException",
    "WebSocketRequestValidationError",
]


class EndpointContext(TypedDict, total=False):
    """The location of the endpoint of a failed validation in the program."""

    function: str
    """Name of the endpoint function."""
    path: str
    """Method and full path of the route, mount prefix included: `"GET /items/{id}"`."""
    file: str
    """Source file of the endpoint."""
    line: int
    """First line of the endpoint in that file."""


class HTTPException(StarletteHTTPException):
    """Stop handling the request and answer with a status code.

    The default handler sends `{"detail": detail}` as JSON with `headers`, and no body for
    the status codes that must not have one (1xx, 204, 205, 304; RFC 9110 section 15).

    Args:
        status_code: HTTP status code of the response.
        detail: Anything that can be sent as JSON; by default the standard reason phrase.
        headers: Headers to add to the response, for example `{"WWW-Authenticate": "Bearer"}`.
    """

    def __init__(
        self,
        status_code: int,
        detail: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(status_code=status_code, detail=detail, headers=headers)


class EndpointTimeout(HTTPException):
    """An endpoint has not answered within the `timeout` of its route; the response is 504.

    Args:
        seconds: The `timeout` of the route.
    """

    def __init__(self, seconds: float) -> None:
        super().__init__(status_code=504)
        self.seconds = seconds


class WebSocketException(StarletteWebSocketException):
    """Stop handling a websocket and close it.

    Args:
        code: Close code (RFC 6455 section 7.4), for example 1008 for a policy violation.
        reason: Text for the client; at most 123 bytes fit into a close frame.
    """

    def __init__(self, code: int, reason: str | None = None) -> None:
        super().__init__(code=code, reason=reason)


# The names "Request" and "WebSocket" date from the time when the models only described errors;
# programs still import them.
ERROR_MODELS = {"RequestErrorModel": "Request", "WebSocketErrorModel": "WebSocket"}
if TYPE_CHECKING:
    RequestErrorModel: type[BaseModel]
    WebSocketErrorModel: type[BaseModel]
else:  # A type checker that sees this function accepts every name.

    def __getattr__(name: str) -> Any:
        """Create models that few programs import, at the first access (PEP 562).

        Creating the first model of a process is slow, because Pydantic then looks for its plugins.
        """
        if name not in ERROR_MODELS:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        model = globals()[name] = create_model(ERROR_MODELS[name])
        return model


class DependencyScopeError(FastAPIError):
    """A request-scoped generator dependency uses a function-scoped one.

    The inner one would close while the outer one still needs it.
    """


class PydanticV1NotSupportedError(FastAPIError):
    """A model of `pydantic.v1` was used where only Pydantic 2 models work."""


class ValidationException(Exception):
    """Data did not match its declaration.

    Args:
        errors: Errors in the form of Pydantic's `ValidationError.errors()`.
        endpoint_ctx: The location of the endpoint; shown by `str()`.
    """

    def __init__(
        self, errors: Sequence[Any], *, endpoint_ctx: EndpointContext | None = None
    ) -> None:
        self._errors = errors
        self.endpoint_ctx = endpoint_ctx
        context = endpoint_ctx or {}
        self.endpoint_function = context.get("function")
        self.endpoint_path = context.get("path")
        self.endpoint_file = context.get("file")
        self.endpoint_line = context.get("line")

    def errors(self) -> Sequence[Any]:
        """Return the list of errors, each with `type`, `loc`, `msg` and `input`."""
        return self._errors

    def __str__(self) -> str:
        count = len(self._errors)
        lines = [f"{count} validation error{'' if count == 1 else 's'}:"]
        lines += [f"  {error}" for error in self._errors]
        return "\n".join(lines + self._endpoint_lines())

    def _endpoint_lines(self) -> list[str]:
        """Return the endpoint in the form of a traceback entry, which editors turn into a link."""
        if self.endpoint_file and self.endpoint_line and self.endpoint_function:
            entry = (
                f'  File "{self.endpoint_file}", line {self.endpoint_line}, '
                f"in {self.endpoint_function}"
            )
            return ["", entry] + ([f"    {self.endpoint_path}"] if self.endpoint_path else [])
        if self.endpoint_path:
            return ["", f"  Endpoint: {self.endpoint_path}"]
        return []


class _WithBody(ValidationException):
    """A `ValidationException` with the data that was validated."""

    def __init__(
        self,
        errors: Sequence[Any],
        *,
        body: Any = None,
        endpoint_ctx: EndpointContext | None = None,
    ) -> None:
        super().__init__(errors, endpoint_ctx=endpoint_ctx)
        self.body = body


class RequestValidationError(_WithBody):
    """A request did not match its declaration; the default response is 422.

    Args:
        errors: Errors in the form of Pydantic's `ValidationError.errors()`.
        body: The body as it was received: parsed JSON, form data or bytes.
        endpoint_ctx: The location of the endpoint; shown by `str()`.
    """


class WebSocketRequestValidationError(ValidationException):
    """A websocket handshake did not match its declaration; closed with code 1008 by default."""


class ResponseValidationError(_WithBody):
    """An endpoint returned a value that does not match its declaration; the response is 500.

    Args:
        errors: Errors in the form of Pydantic's `ValidationError.errors()`.
        body: The value that the endpoint returned.
        endpoint_ctx: The location of the endpoint; shown by `str()`.
    """


find_elsewhere(__name__)
