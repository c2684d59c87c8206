"""Turn the value that an endpoint returns into the bytes of the response."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from pydantic import ValidationError
from pydantic_core import PydanticSerializationError
from starlette.background import BackgroundTasks
from starlette.responses import JSONResponse, Response

from pronghorn.core.monkeypatches import is_overridden
from pronghorn.encoders import jsonable_encoder
from pronghorn.exceptions import EndpointContext, ResponseValidationError
from pronghorn.fields.field import Field
from pronghorn.fields.json_writer import dump_json_bytes, json_bytes, json_bytes_without_nan
from pronghorn.fields.serialization import Serialization
from pronghorn.run.exchange import Exchange
from pronghorn.utils import is_body_allowed_for_status_code

#: Returns where the endpoint of a route is, for error messages.
ContextOf = Callable[[], EndpointContext]


class Responder:
    """Turns the results of one route into responses; made once, at compile time.

    Args:
        model_field: The response model.
        response_class: The class of a response that is made from a value.
        direct: True if the program chose no class, so the model is written straight to bytes.
        status_code: The status of a response; None for the default of the class.
        context: Returns where the endpoint is.
        serialization: The options of `response_model_...`.
        as_it_is: True if the result is a generator that is not a stream; the response class must
            handle it.
    """

    __slots__ = (
        "as_it_is",
        "context",
        "direct",
        "model_field",
        "options",
        "render",
        "response_class",
        "serialization",
        "status_code",
    )

    def __init__(
        self,
        model_field: Field | None,
        response_class: type[Response],
        direct: bool,
        status_code: int | None,
        context: ContextOf,
        serialization: Serialization,
        as_it_is: bool = False,
    ) -> None:
        self.model_field = model_field
        self.response_class = response_class
        self.direct = direct
        self.status_code = status_code
        self.context = context
        self.serialization = serialization
        self.as_it_is = as_it_is
        self.options = serialization.arguments()
        self.render = self._renderer()

    def _renderer(self) -> Callable[[Any], Any]:
        """Return a function that validates and serialises a result.

        If `direct`, it returns the body as bytes, otherwise the content for the response class.
        It takes longer than all other steps, so for a `def` endpoint it runs in the same worker
        thread as the endpoint.
        """
        field, validate = self.model_field, self.validate
        if self.as_it_is:
            return lambda result: result
        if field is None:  # The options filter the fields of a model, so they do not apply here.
            return json_bytes if self.direct else jsonable_encoder
        if not self.direct:
            return lambda result: field.serialize(validate(result), mode="json", **self.options)
        to_json = field.json_writer(**self.serialization.non_default_arguments())
        check, kept = field.check, field.kept_class

        def render(result: Any) -> bytes:
            value = result
            if type(result) is not kept:  # An instance of `kept` needs no check.
                try:
                    value = check(result)
                except ValidationError:
                    value = validate(result)
            try:
                return to_json(value)
            except (PydanticSerializationError, UnicodeEncodeError):
                dump = partial(field.serialize, mode="json", **self.options)
                return dump_json_bytes(dump, value)

        return render

    def validate(self, result: Any) -> Any:
        """Return the result as its model validates it.

        Raises:
            ResponseValidationError: The result does not fit the model.
        """
        if self.model_field is None:
            return result
        value, errors = self.model_field.validate(result, ("response",))
        if errors:
            from pronghorn.fields.masked_errors import mask_errors  # Only mistakes need it.

            errors = mask_errors(errors, self.model_field)
            # Not with the error of Pydantic, which would show its input in a log.
            raise ResponseValidationError(
                errors, body=result, endpoint_ctx=self.context()
            ) from None
        return value

    def make(
        self, content: Any, injected: Response | None, background: BackgroundTasks | None
    ) -> Response:
        """Return the response object for a rendered result.

        Args:
            content: The rendered result.
            injected: The `Response` parameter of the endpoint or its dependencies: its headers
                are added, and its status code wins.
            background: Tasks to run after the response.
        """
        arguments: dict[str, Any] = {"background": background}
        status = (injected and injected.status_code) or self.status_code
        if status is not None:
            arguments["status_code"] = status
        if self.direct:
            response = Response(content, media_type="application/json", **arguments)
        else:
            response = self._make_by_class(content, arguments)
        if not is_body_allowed_for_status_code(response.status_code):
            response.body = b""
        if injected is not None:
            response.headers.raw.extend(injected.headers.raw)
        return response

    def _make_by_class(self, content: Any, arguments: Mapping[str, Any]) -> Response:
        """Let the chosen class write the content; repair what `JSONResponse` cannot write."""
        try:
            return self.response_class(content, **arguments)
        except ValueError:
            if is_overridden(self.response_class, JSONResponse, "render"):
                raise
            response = self.response_class(None, **arguments)
            response.body = json_bytes_without_nan(content)
            response.headers["content-length"] = str(len(response.body))
            return response


async def send_json_with(
    exchange: Exchange, responder: Responder, content: bytes, injected: Response
) -> None:
    """Send rendered JSON with the headers and the status code of an injected response."""
    status = injected.status_code or responder.status_code or 200
    if is_body_allowed_for_status_code(status):
        await exchange.send_json(content, status, injected.headers.raw)
    else:
        await exchange.send_response(responder.make(content, injected, None))


def make_injected_response() -> Response:
    """Return the value for a `Response` parameter: a response without status code and headers."""
    response = Response.__new__(Response)
    response.body = b""
    response.background = None
    response.raw_headers = []
    response.status_code = None  # type: ignore[assignment]  # None: not decided yet
    return response
