"""Bodies on the exact way: JSON that was parsed, and forms with their files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from importlib import import_module
from typing import Any

import starlette.requests
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import Request

from pronghorn.core.monkeypatches import is_overridden
from pronghorn.core.setup_errors import setup_error
from pronghorn.datastructures import Undefined
from pronghorn.fields.field import ErrorDetail, ErrorLocation, Field, missing_error
from pronghorn.fields.multi_values import Received, is_supplied, model_input, pick_form_value
from pronghorn.run.input.body import unwrap_body
from pronghorn.run.input.json import has_many, without_pauses
from pronghorn.run.input.parameters import default_value
from pronghorn.run.input.urlencoded import is_small_form

multipart_not_installed_error = (
    'Forms are parsed by the package "python-multipart", which is not installed'
)
multipart_incorrect_install_error = (
    'Forms are parsed by the package "python-multipart", but the package "multipart" is installed'
)


async def extract_body(
    fields: Sequence[Field], received: Any, embed: bool
) -> tuple[dict[str, Any], list[ErrorDetail]]:
    """Split a body among the fields that read it.

    Args:
        fields: The body fields of the request, in declared order.
        received: Parsed JSON, a form, or bytes; `pydantic_core.PydanticUndefined` if no body was
            sent. `None` is a JSON `null`: it is validated and not replaced by a default.
        embed: The body is an object with one member per field. A form always is.

    Returns:
        The values under their Python names, and the errors in the order of `fields`, as entries
        of a 422 response.
    """
    received = unwrap_body(received)
    if not embed and not fields[0].is_form:
        value, errors = _whole_body(fields[0], received)
        return {fields[0].name: value}, errors
    values: dict[str, Any] = {}
    errors = []
    form = Received.of(received) if isinstance(received, FormData) else None
    for field in fields:
        if form is None:
            value, field_errors = _member_value(field, received)
        else:
            value, field_errors = await _form_value(field, form)
        if field_errors:
            errors += field_errors
        else:
            values[field.name] = value
    return values, errors


def _whole_body(field: Field, received: Any) -> tuple[Any, list[ErrorDetail]]:
    value, errors = (
        default_value(field, ("body",))
        if received is Undefined
        else _validate_json(field, received, ("body",))
    )
    return None if errors else value, errors


def _member_value(field: Field, received: Any) -> tuple[Any, list[ErrorDetail]]:
    """Return the value and the errors of one member of a JSON object.

    Without a JSON body (an empty one, or bytes that are not JSON) the default is used. JSON that
    is not an object is a mistake of the client: every member is missing, even one with a default.
    """
    if received is Undefined or isinstance(received, bytes):
        return default_value(field, ("body", field.lookups[0]))
    if not isinstance(received, dict):
        return Undefined, [missing_error(("body", field.lookups[0]))]
    for name in field.lookups:
        if name in received:
            return _validate_json(field, received[name], ("body", name))
    return default_value(field, ("body", field.lookups[0]))


def _validate_json(field: Field, value: Any, loc: ErrorLocation) -> tuple[Any, list[ErrorDetail]]:
    """Validate a value of a JSON body; where a command serves, many have some of their errors."""
    if type(value) not in (list, dict) or not has_many(value):
        return field.validate(value, loc)
    from pronghorn.core.served import is_served_by_command  # Few programs need them.
    from pronghorn.fields.many_values import many_values_of

    many = many_values_of(field)
    if not is_served_by_command() or many.early is None:  # Or code of the program takes part.
        return field.validate(value, loc)
    result: tuple[Any, list[ErrorDetail]] = without_pauses(partial(many.validate, loc=loc), value)
    return result


async def _form_value(field: Field, form: Received) -> tuple[Any, list[ErrorDetail]]:
    """Return the value and the errors of one form field: a model, a union of them, files, text."""
    if field.model is not None:
        return _form_model_value(field, form, ((field.model, field.model_fields),))
    if field.branches:
        return _form_model_value(field, form, field.branches)
    for name in field.lookups:
        values = form.values.get(name)
        value = Undefined if values is None else pick_form_value(values, field.is_sequence)
        if value is not Undefined:
            if field.reads_file:
                value = await read_contents(value)
            return field.validate(value, ("body", name))
    return default_value(field, ("body", field.lookups[0]))


def _form_model_value(
    field: Field, form: Received, models: Sequence[tuple[type[Any], tuple[Field, ...]]]
) -> tuple[Any, list[ErrorDetail]]:
    """Return the value and the errors of a form model, or a union of them, from the whole form.

    A union receives the whole form; each of its branches prepares its own input from it.
    """
    if field.nullable and not any(is_supplied(*model, form) for model in models):
        return default_value(field, ("body",))
    data = form.everything() if field.branches else model_input(field.model_fields, form)
    return field.validate(data, ("body",))


async def read_contents(value: Any) -> Any:
    """Return the bytes of an uploaded file, or of the files in a list; keep texts unchanged."""
    if isinstance(value, list):
        return [await read_contents(item) for item in value]
    return await read_file_bytes(value) if isinstance(value, UploadFile) else value


async def read_file_bytes(file: UploadFile) -> bytes:
    """Read an uploaded file from its position to the end, and restore the position.

    So a dependency that reads the bytes leaves them readable for the endpoint.
    """
    position = file.file.tell()
    try:
        return await file.read()
    finally:
        file.file.seek(position)


#: The words of Starlette's messages about limits, and the key of `form_limits`.
_LIMITS = {
    "Too many fields": "max_fields",
    "Too many files": "max_files",
    "exceeded maximum size": "max_part_size",
}


async def read_form(request: Request, limits: Mapping[str, int]) -> FormData:
    """Parse the body of a request as a form.

    Args:
        request: The request. If its content type is not that of a form, the result is empty.
        limits: `max_fields` and `max_files` (1000 each), and `max_part_size` in bytes (1 MiB),
            for fields that are not files. An absent key means the default.

    Raises:
        HTTPException: 400: the form is malformed or exceeds a limit.
    """
    try:
        if _is_multipart(request):
            from pronghorn.run.input.uploads import may_collect, read_upload

            if may_collect(request):
                return await read_upload(request, limits)
        await _keep_small_body(request)
        return await request.form(**limits)
    except MultiPartException as error:
        _log_limit(request, error.message)
        raise HTTPException(status_code=400, detail=error.message) from error
    except HTTPException as error:
        _log_limit(request, error.detail)
        raise


def _log_limit(request: Request, message: str) -> None:
    """Write a warning about a form that exceeds a limit, not about one that is malformed."""
    key = next((key for words, key in _LIMITS.items() if words in message), None)
    if key is not None:
        from pronghorn.core.refused import log_refused  # Few forms are refused.

        places = "the route, its router or the application"
        log_refused(
            request.scope, 400, f'{message} form_limits={{"{key}": ...}} of {places} sets it.'
        )


def _is_multipart(request: Request) -> bool:
    """Return True if Starlette reads the form as multipart; its parser has changed over time."""
    read_options = getattr(starlette.requests, "parse_options_header", None)
    if read_options is None:  # The package is not installed, or Starlette reads it otherwise.
        return False
    kind: bytes = read_options(request.headers.get("content-type"))[0]
    return kind == b"multipart/form-data"


async def _keep_small_body(request: Request) -> None:
    """Read the body of a small form first, so that the program can read it too."""
    headers = request.headers
    small = is_small_form(headers.get("content-type"), headers.get("content-length"))
    if small and not is_overridden(type(request), Request, "body"):
        with suppress(RuntimeError):  # The body was consumed; the form may have been parsed.
            await request.body()


def ensure_multipart_installed() -> None:
    """Check at startup that forms can be parsed.

    Raises:
        SetupError: `python-multipart` is missing, or the unrelated package `multipart` is
            installed in its place.
    """
    if _has_python_multipart():
        return
    # Before version 0.0.13, python-multipart was imported as "multipart"; the unrelated package of
    # that name does not have the function.
    if not _has_attribute("multipart", "__version__"):
        raise setup_error(
            multipart_not_installed_error,
            "Form(), File() or UploadFile is used in an environment without it",
            "pip install python-multipart",
        )
    if not _has_attribute("multipart.multipart", "parse_options_header"):
        raise setup_error(
            multipart_incorrect_install_error,
            "one was taken for the other",
            "pip uninstall multipart\npip install python-multipart",
        )


def _has_python_multipart() -> bool:
    try:
        from python_multipart import __version__
    except ImportError:
        return False
    numbers = [int(part) for part in __version__.split(".")[:3] if part.isdigit()]
    return numbers > [0, 0, 12]


def _has_attribute(module: str, name: str) -> bool:
    try:
        return hasattr(import_module(module), name)
    except ImportError:
        return False
