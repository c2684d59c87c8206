"""From the value that an endpoint returns to the bytes of the response."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.background import BackgroundTasks
from starlette.responses import Response

from pronghorn.encoders import jsonable_encoder
from pronghorn.exceptions import EndpointContext, ResponseValidationError
from pronghorn.fields import Field
from pronghorn.run.exchange import Exchange
from pronghorn.utils import is_body_allowed_for_status_code

#: What Starlette's JSONResponse writes, without making a response object.
_encode_json = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode
#: `jsonable_encoder` leaves out keys that begin so (SQLAlchemy's bookkeeping).
_HIDDEN_KEY = '"_sa'

Context = Callable[[], EndpointContext]


@dataclass(slots=True)
class Responder:
    """How one route turns results into responses; made once, at compile time."""

    model_field: Field | None
    response_class: type[Response]
    #: True: nobody chose a response class, so the model is written straight to bytes.
    direct: bool
    status_code: int | None
    context: Context
    include: Any = None
    exclude: Any = None
    by_alias: bool = True
    exclude_unset: bool = False
    exclude_defaults: bool = False
    exclude_none: bool = False
    options: Mapping[str, Any] = field(init=False)
    encodes_as_is: bool = field(init=False)

    def __post_init__(self) -> None:
        self.options = {
            "include": self.include,
            "exclude": self.exclude,
            "by_alias": self.by_alias,
            "exclude_unset": self.exclude_unset,
            "exclude_defaults": self.exclude_defaults,
            "exclude_none": self.exclude_none,
        }
        # Dicts, lists, strings and numbers are what `jsonable_encoder` makes of them.
        self.encodes_as_is = not (
            self.include is not None
            or self.exclude is not None
            or self.exclude_unset
            or self.exclude_defaults
            or self.exclude_none
        )

    def validated(self, result: Any) -> Any:
        """The result after its model; raises `ResponseValidationError` where it does not fit."""
        if self.model_field is None:
            return result
        value, errors = self.model_field.validate(result, ("response",))
        if errors:
            raise ResponseValidationError(errors, body=result, endpoint_ctx=self.context())
        return value

    def render(self, result: Any) -> Any:
        """Validate and serialise: the body itself if `direct`, else what the class renders.

        The longest part of answering; a `def` endpoint runs it in its own worker thread.
        """
        if self.direct:
            return self._json(result)
        if self.model_field is None:
            return jsonable_encoder(result, **self.options)
        return self.model_field.serialize(self.validated(result), mode="json", **self.options)

    def _json(self, result: Any) -> bytes:
        if self.model_field is not None:
            return self.model_field.serialize_json(self.validated(result), **self.options)
        if self.encodes_as_is:
            try:
                text = _encode_json(result)
                if _HIDDEN_KEY not in text:
                    return text.encode()
            except (TypeError, ValueError):
                pass  # something that only `jsonable_encoder` knows how to write
        return _encode_json(jsonable_encoder(result, **self.options)).encode()

    def make(
        self, content: Any, injected: Response | None, background: BackgroundTasks | None
    ) -> Response:
        """The response object for a rendered result.

        - `injected`: the `Response` parameter of the endpoint or its dependencies: its headers
          are added, its status code wins.
        - `background`: tasks to run after the response.
        """
        arguments: dict[str, Any] = {"background": background}
        status = (injected and injected.status_code) or self.status_code
        if status is not None:
            arguments["status_code"] = status
        if self.direct:
            response = Response(content, media_type="application/json", **arguments)
        else:
            response = self.response_class(content, **arguments)
        if not is_body_allowed_for_status_code(response.status_code):
            response.body = b""
        if injected is not None:
            response.headers.raw.extend(injected.headers.raw)
        return response

    def response(
        self, result: Any, injected: Response | None, background: BackgroundTasks | None
    ) -> Response:
        """The response object for any result; a response that was returned is sent as it is."""
        if isinstance(result, Response):
            if result.background is None:
                result.background = background
            return result
        return self.make(self.render(result), injected, background)


async def send_json_with(
    exchange: Exchange, responder: Responder, content: bytes, injected: Response
) -> None:
    """Send rendered JSON with the headers and the status code of an injected response."""
    status = injected.status_code or responder.status_code or 200
    if is_body_allowed_for_status_code(status):
        await exchange.send_json(content, status, injected.headers.raw)
    else:
        await exchange.send_response(responder.make(content, injected, None))


def injected_response() -> Response:
    """The object that endpoints with a `Response` parameter receive: no status, no length."""
    response = Response()
    del response.headers["content-length"]
    response.status_code = None  # type: ignore[assignment]  # means: not decided
    return response
