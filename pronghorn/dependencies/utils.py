"""Functions on dependency graphs that libraries import."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pronghorn.dependencies.models import Dependant
from pronghorn.fields import Field
from pronghorn.params import Depends
from pronghorn.plan.dependencies import plan_dependency, plan_endpoint
from pronghorn.plan.signature import resolve_annotation
from pronghorn.plan.signature import typed_return as get_typed_return_annotation
from pronghorn.plan.signature import typed_signature as get_typed_signature
from pronghorn.run.forms import (
    ensure_multipart_installed as ensure_multipart_is_installed,
)
from pronghorn.run.forms import (
    extract_body,
    multipart_incorrect_install_error,
    multipart_not_installed_error,
)
from pronghorn.run.forms import read_file_bytes as _read_file_bytes
from pronghorn.run.parameters import extract_parameters
from pronghorn.utils import get_path_param_names

__all__ = [
    "_read_file_bytes",
    "ensure_multipart_is_installed",
    "get_dependant",
    "get_flat_dependant",
    "get_parameterless_sub_dependant",
    "get_typed_annotation",
    "get_typed_return_annotation",
    "get_typed_signature",
    "multipart_incorrect_install_error",
    "multipart_not_installed_error",
    "request_body_to_args",
    "request_params_to_args",
]


def get_dependant(*, path: str, call: Callable[..., Any], **_: Any) -> Dependant:
    """The graph of a callable, as it would be planned for a route with this path."""
    names = frozenset(get_path_param_names(path))
    return Dependant.from_plan(plan_endpoint(call, path_names=names), path)


def get_parameterless_sub_dependant(*, depends: Depends, path: str) -> Dependant:
    """The graph of a dependency whose value nobody receives."""
    names = frozenset(get_path_param_names(path))
    return Dependant.from_plan(plan_dependency(depends, path_names=names), path)


def get_flat_dependant(dependant: Dependant, **_: Any) -> Dependant:
    """One dependant with the parameters of the whole graph."""
    flat = Dependant(call=dependant.call, path=dependant.path, use_cache=dependant.use_cache)
    for node in _walk(dependant):
        for kind in ("path", "query", "header", "cookie", "body"):
            getattr(flat, f"{kind}_params").extend(getattr(node, f"{kind}_params"))
    return flat


def _walk(dependant: Dependant) -> list[Dependant]:
    return [dependant, *(node for item in dependant.dependencies for node in _walk(item))]


def get_typed_annotation(annotation: Any, globalns: dict[str, Any]) -> Any:
    """An annotation with the names in its text looked up."""
    return resolve_annotation(annotation, globalns)


def request_params_to_args(
    fields: Sequence[Field], received_params: Mapping[str, Any]
) -> tuple[dict[str, Any], list[Any]]:
    """The values of parameters of one location, and the errors in them."""
    return extract_parameters(fields, received_params)


async def request_body_to_args(
    body_fields: Sequence[Field], received_body: Any, embed_body_fields: bool
) -> tuple[dict[str, Any], list[Any]]:
    """The values of the parts of a body, and the errors in them."""
    return await extract_body(body_fields, received_body, embed_body_fields)
