"""Functions on dependency graphs that libraries import."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pronghorn.core.kinds import LOCATIONS
from pronghorn.core.reexports import find_elsewhere
from pronghorn.dependencies.models import Dependant
from pronghorn.dependencies.solving import SolvedDependency, solve_dependencies
from pronghorn.fields.annotations import is_class as lenient_issubclass
from pronghorn.fields.field import Field
from pronghorn.params import Depends
from pronghorn.plan.body import is_embedded, plan_body
from pronghorn.plan.dependencies import plan_dependency, plan_endpoint
from pronghorn.plan.response import stream_item_type as get_stream_item_type
from pronghorn.plan.signature import resolve_annotation
from pronghorn.plan.signature import resolve_return as get_typed_return_annotation
from pronghorn.plan.signature import typed_signature as get_typed_signature
from pronghorn.run.input.forms import (
    ensure_multipart_installed as ensure_multipart_is_installed,
)
from pronghorn.run.input.forms import (
    extract_body,
    multipart_incorrect_install_error,
    multipart_not_installed_error,
)
from pronghorn.run.input.forms import read_file_bytes as _read_file_bytes
from pronghorn.run.input.parameters import extract_parameters
from pronghorn.utils import get_path_param_names

__all__ = [
    "SolvedDependency",
    "_read_file_bytes",
    "ensure_multipart_is_installed",
    "get_body_field",
    "get_dependant",
    "get_flat_dependant",
    "get_flat_params",
    "get_parameterless_sub_dependant",
    "get_stream_item_type",
    "get_typed_annotation",
    "get_typed_return_annotation",
    "get_typed_signature",
    "get_validation_alias",
    "lenient_issubclass",
    "multipart_incorrect_install_error",
    "multipart_not_installed_error",
    "request_body_to_args",
    "request_params_to_args",
    "solve_dependencies",
]


def get_dependant(
    *,
    path: str,
    call: Callable[..., Any],
    name: str | None = None,
    own_oauth_scopes: list[str] | None = None,
    parent_oauth_scopes: list[str] | None = None,
    use_cache: bool = True,
    scope: Any = None,
    concurrency: Any = None,
) -> Dependant:
    """Return the dependency graph of a callable for a route with this path.

    Args:
        path: The path; parameters whose names appear in braces are read from it.
        call: The endpoint or dependency.
        name: The argument under which another call receives the result.
        own_oauth_scopes: The OAuth 2.0 scopes that this call requires.
        parent_oauth_scopes: The scopes that its dependents require.
        use_cache: Whether all uses in a request share the result of one call.
        scope: The scope that closes it, if it yields: `"function"` or `"request"`.
        concurrency: The limit of concurrent calls; see `pronghorn.Depends`.

    Raises:
        SetupError: A parameter cannot work.
    """
    names = frozenset(get_path_param_names(path))
    scopes = [*(parent_oauth_scopes or ()), *(own_oauth_scopes or ())]
    root = plan_endpoint(call, path_names=names, scopes=tuple(scopes))
    dependant = Dependant.from_plan(root, path)
    dependant.name, dependant.use_cache = name, use_cache
    dependant.own_oauth_scopes = own_oauth_scopes
    dependant.parent_oauth_scopes = parent_oauth_scopes
    dependant.scope, dependant.concurrency = scope, concurrency
    return dependant


def get_parameterless_sub_dependant(*, depends: Depends, path: str) -> Dependant:
    """Return the graph of a dependency whose value is not passed to a parameter."""
    names = frozenset(get_path_param_names(path))
    return Dependant.from_plan(plan_dependency(depends, path_names=names), path)


def get_flat_dependant(
    dependant: Dependant, *, skip_repeats: bool = False, visited: Any = None, **_: Any
) -> Dependant:
    """Return one dependant with the parameters of the whole graph.

    Args:
        dependant: The graph.
        skip_repeats: Whether to skip a callable that occurred before.
        visited: Not used; accepted for callers that pass it.
    """
    flat = Dependant(call=dependant.call, path=dependant.path, use_cache=dependant.use_cache)
    seen: list[Any] = []
    for node in _walk(dependant):
        if skip_repeats and any(node.call is call for call in seen):
            continue
        seen.append(node.call)
        for kind in LOCATIONS:
            getattr(flat, f"{kind}_params").extend(getattr(node, f"{kind}_params"))
    return flat


def get_flat_params(dependant: Dependant) -> list[Field]:
    """Return all parameters of a graph outside the body; models are split into fields."""
    flat = get_flat_dependant(dependant, skip_repeats=True)
    kinds = ("path", "query", "header", "cookie")
    declared = [field for kind in kinds for field in getattr(flat, f"{kind}_params")]
    return [part for field in declared for part in (field.model_fields or (field,))]


def get_body_field(
    *, body_params: Sequence[Field] = (), name: str = "", embed_body_fields: bool = False, **_: Any
) -> Field | None:
    """Return the whole body as one field, as documented; `None` if there is no body."""
    plan = plan_body(body_params, name)
    return plan.field if plan is not None else None


def get_validation_alias(field: Field) -> str:
    """Return the name under which a value is sent."""
    return field.alias


def _walk(dependant: Dependant) -> list[Dependant]:
    return [dependant, *(node for item in dependant.dependencies for node in _walk(item))]


def get_typed_annotation(annotation: Any, globalns: dict[str, Any]) -> Any:
    """Return an annotation whose strings are replaced by the types that they name."""
    return resolve_annotation(annotation, globalns)


def request_params_to_args(
    fields: Sequence[Field], received_params: Mapping[str, Any]
) -> tuple[dict[str, Any], list[Any]]:
    """Return the validated parameters of one location, and the errors."""
    return extract_parameters(fields, received_params)


async def request_body_to_args(
    body_fields: Sequence[Field], received_body: Any, embed_body_fields: bool
) -> tuple[dict[str, Any], list[Any]]:
    """Return the validated parts of a body, and the errors."""
    return await extract_body(body_fields, received_body, embed_body_fields)


# --- private names of FastAPI that libraries import -------------------------------------------

_get_body_field = get_body_field


def _get_flat_body_params(dependant: Dependant) -> list[Field]:
    """Return the body parameters of a graph."""
    return [field for node in _walk(dependant) for field in node.body_params]


def _should_embed_body_fields(fields: Sequence[Field]) -> bool:
    """Return whether the fields are members of the body instead of the body itself."""
    return bool(fields) and is_embedded(fields)


find_elsewhere(__name__)
