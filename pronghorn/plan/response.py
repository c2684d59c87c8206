"""Plan the response of an endpoint: its model, its response class, and the kind of stream."""

from __future__ import annotations

from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Callable,
    Generator,
    Iterable,
    Iterator,
    Mapping,
)
from enum import Enum
from functools import partial
from typing import Any, Union, get_args, get_origin

from starlette.responses import Response, StreamingResponse

from pronghorn.core.kinds import GENERATORS, StreamKind
from pronghorn.core.records import NOTHING, Record
from pronghorn.core.setup_errors import describe_callable, setup_error
from pronghorn.exceptions import SetupAssertionError, SetupValueError
from pronghorn.fields.annotations import is_class, is_none, strip_metadata, union_members
from pronghorn.fields.field import Field
from pronghorn.fields.serialization import Serialization
from pronghorn.plan.body import response_field
from pronghorn.plan.forward import refuse_missing_return
from pronghorn.plan.model import ResponsePlan
from pronghorn.plan.signature import call_kind, resolve_return
from pronghorn.sse import EventSourceResponse, ServerSentEvent
from pronghorn.utils import STATUS_RANGES, is_body_allowed_for_status_code

ASYNC_STREAMS = (AsyncIterable, AsyncIterator, AsyncGenerator)
STREAMS = (Iterable, Iterator, Generator)


class FromAnnotation:
    """The default of `response_model`: the model is the return annotation."""


FROM_ANNOTATION = FromAnnotation()


class ResponseDeclaration(Record):
    """The declared response options of one route, after inheritance."""

    response_class: type[Response]
    explicit_class: bool = False
    model: Any = FROM_ANNOTATION
    status_code: int | None = None
    description: str = "Successful Response"
    serialization: Serialization = Serialization()
    responses: Mapping[int | str, Mapping[str, Any]] = NOTHING


def plan_response(
    endpoint: Callable[..., Any], declared: ResponseDeclaration, unique_id: str
) -> ResponsePlan:
    """Decide how the result of an endpoint is validated, filtered, serialised and sent.

    Args:
        endpoint: The endpoint.
        declared: The response options of the route.
        unique_id: The identifier of the route, for the names of its fields.

    Raises:
        SetupError: Pydantic cannot handle a model, or the status code of a model does not allow a
            body (RFC 9110, sections 15.2, 15.3.5 and 15.4.5).
    """
    annotation = resolve_return(endpoint)
    stream = _stream_kind(endpoint, declared)
    model = declared.model
    from_annotation = isinstance(model, FromAnnotation)
    if from_annotation:
        # `Iterable[T]` on a generator is the type of its items, not of a result.
        of_items = is_generator(endpoint) and stream_item_type(annotation) is not None
        model = None if stream or of_items else _model_of_annotation(endpoint, annotation)
    documented = plan_documented(
        declared.responses, unique_id, partial(describe_callable, endpoint)
    )
    return ResponsePlan(
        model=model,
        field=_model_field(model, declared.status_code, f"Response_{unique_id}", endpoint),
        response_class=declared.response_class,
        explicit_class=declared.explicit_class,
        status_code=declared.status_code,
        description=declared.description,
        serialization=declared.serialization,
        stream=stream,
        is_streamed=stream is not None or _names_stream(declared.response_class, annotation),
        item_field=_item_field(annotation, stream, unique_id) if from_annotation else None,
        extra_fields=documented.models,
        content_fields=documented.contents,
    )


def _names_stream(response_class: Any, annotation: Any) -> bool:
    """Return whether the class of the response, or the return annotation, is that of a stream."""
    members = union_members(annotation) or (annotation,)
    return any(
        is_class(kind, StreamingResponse)
        for kind in (response_class, *(strip_metadata(member) for member in members))
    )


def is_generator(endpoint: Callable[..., Any]) -> bool:
    """Return whether calling the endpoint returns a generator."""
    return call_kind(endpoint) in GENERATORS


def _model_of_annotation(endpoint: Callable[..., Any], annotation: Any) -> Any:
    """Return the response model that a return annotation implies.

    A returned `Response` is sent unchanged, so response classes are not part of the model:
    `Item | RedirectResponse` means `Item`.
    """
    refuse_missing_return(endpoint, annotation)
    members = union_members(annotation) or (annotation,)
    models = [member for member in members if not is_class(strip_metadata(member), Response)]
    if len(models) == len(members) or all(is_none(model) for model in models):
        # Pydantic refuses `Response | None`, because the meaning of None is unknown.
        return None if not models else annotation
    return Union[tuple(models)]  # noqa: UP007 - the members are known at run time only


def _stream_kind(endpoint: Callable[..., Any], declared: ResponseDeclaration) -> StreamKind | None:
    if not is_generator(endpoint):
        return None
    if issubclass(declared.response_class, EventSourceResponse):
        return StreamKind.SERVER_SENT_EVENTS
    if not declared.explicit_class:
        return StreamKind.JSON_LINES
    if issubclass(declared.response_class, StreamingResponse):
        return StreamKind.RAW
    return None


def stream_item_type(annotation: Any) -> Any:
    """Return the `T` of `AsyncIterable[T]`, `Iterator[T]` and similar types, else None.

    The bare names of `typing` mean `[Any]`; those of `collections.abc` do not name an item type.
    """
    origin = get_origin(annotation)
    if origin not in ASYNC_STREAMS and origin not in STREAMS:
        return None
    arguments = get_args(annotation)
    return arguments[0] if arguments else Any


def _item_field(annotation: Any, stream: StreamKind | None, unique_id: str) -> Field | None:
    if stream is None or stream is StreamKind.RAW:
        return None
    item = stream_item_type(annotation)
    if item is None or (isinstance(item, type) and issubclass(item, ServerSentEvent)):
        return None
    return response_field(f"StreamItem_{unique_id}", item)


def _model_field(
    model: Any, status_code: int | None, name: str, endpoint: Callable[..., Any]
) -> Field | None:
    if not model:
        return None
    _check_body_is_allowed(model, status_code, partial(describe_callable, endpoint))
    return response_field(name, model)


def _check_body_is_allowed(
    model: Any, status_code: int | str | None, describe: Callable[[], str]
) -> None:
    if not is_body_allowed_for_status_code(status_code):
        raise setup_error(
            f"Status code {status_code} must not have a response body",
            f"{describe()} declares the model {model!r} for it",
            "another status code, or `response_model=None`",
            kind=SetupAssertionError,
        )


class DocumentedFields(Record):
    """The models of the responses that are declared for the documentation."""

    #: By status code: `{404: {"model": NotFound}}`.
    models: Mapping[int | str, Field] = NOTHING
    #: By status code and media type: `{404: {"content": {"text/xml": {"model": NotFound}}}}`.
    contents: Mapping[tuple[int | str, str], Field] = NOTHING


def plan_documented(
    responses: Mapping[int | str, Mapping[str, Any]], unique_id: str, describe: Callable[[], str]
) -> DocumentedFields:
    """Return the fields of the models in `responses={...}`.

    Args:
        responses: The declared responses, by status code or range.
        unique_id: The identifier of the route, for the names of the fields.
        describe: Returns the name of the place of the declaration, for error messages.

    Raises:
        SetupError: Pydantic cannot handle a model, its status code does not allow a body, or a
            response is not a dict.
    """
    if not responses:
        return DocumentedFields()
    models: dict[int | str, Field] = {}
    contents: dict[tuple[int | str, str], Field] = {}
    for status, response in responses.items():
        if not isinstance(response, Mapping):
            raise setup_error(
                "An additional response must be a dict",
                f"responses[{status!r}] of {describe()} is {response!r}",
                f'responses={{{status!r}: {{"description": "...", "model": Model}}}}',
                kind=SetupAssertionError,
            )
        name = f"Response_{status}_{unique_id}"
        if response.get("model"):
            models[status] = _plan_documented_field(response["model"], status, name, describe)
        for media_type, model in _models_by_media_type(response):
            contents[status, media_type] = _plan_documented_field(model, status, name, describe)
    return DocumentedFields(models, contents)


def _plan_documented_field(
    model: Any, status: int | str, name: str, describe: Callable[[], str]
) -> Field:
    key = response_key(status)
    if not key.isdecimal() and key not in STATUS_RANGES:
        raise setup_error(
            f"responses={{...}} has the key {status!r}, which is not a status code",
            f"{describe()} declares the model {model!r} for it",
            "a number such as 404, a range such as '4XX', or 'default'",
            kind=SetupValueError,
        )
    _check_body_is_allowed(model, key, describe)
    return response_field(name, model)


def response_key(status: int | str) -> str:
    """Return a key of `responses` as the document writes it: `404`, `4XX`, `default`."""
    key = str(status.value if isinstance(status, Enum) else status).upper()
    return "default" if key == "DEFAULT" else key


def _models_by_media_type(response: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield each media type under `content` that has a model, and the model.

    A text or a number is an addition of the program to its document.
    """
    content = response.get("content")
    for media_type, body in content.items() if isinstance(content, Mapping) else ():
        model = body.get("model") if isinstance(body, Mapping) else None
        if model and not isinstance(model, (str, int, float, list, Mapping)):
            yield media_type, model
