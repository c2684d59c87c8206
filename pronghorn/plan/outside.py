"""Plan dependencies that are used outside of a request: by `app.resolve` and `app.inject`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, get_origin

from typing_inspection.typing_objects import is_annotated, is_typealiastype

from pronghorn.core.kinds import CallKind
from pronghorn.core.records import NOTHING, replace
from pronghorn.core.setup_errors import describe_value, setup_error, user_error
from pronghorn.exceptions import SetupError, SetupTypeError
from pronghorn.params import Depends
from pronghorn.plan.app_scope import describe_request_need
from pronghorn.plan.dependencies import Overrides, override_calls, plan_dependency
from pronghorn.plan.forward import missing_name
from pronghorn.plan.model import CallPlan
from pronghorn.plan.parameters import find_dependency
from pronghorn.plan.signature import EMPTY, call_kind, resolve_parameters

__all__ = ["VALUE", "override_outside", "plan_injected", "plan_resolved", "read_marker"]

#: The argument that receives the value of `app.resolve`.
VALUE = "value"


def return_value(value: Any) -> Any:
    """Return the value: the function at the end of the graph of `app.resolve`."""
    return value


def read_marker(dependency: Any) -> Depends:
    """Return the marker for what a program hands to `app.resolve`.

    Args:
        dependency: A callable, a `Depends`, or an `Annotated` type with one.

    Raises:
        SetupTypeError: It is none of these.
    """
    if isinstance(dependency, Depends):
        found = dependency if dependency.dependency is not None else None
    elif is_annotated(get_origin(dependency)) or is_typealiastype(dependency):
        found = find_dependency(dependency, EMPTY)
    else:
        # This scope may use both other ones.
        found = Depends(dependency, scope="function") if callable(dependency) else None
    if found is None:
        raise user_error(
            f"app.resolve() takes a dependency, not {describe_value(dependency)}",
            "the dependency was called, or Depends was left out of Annotated",
            "app.resolve(get_session), with the function itself",
            kind=SetupTypeError,
        )
    return found


def plan_resolved(marker: Depends) -> CallPlan:
    """Plan the graph of one dependency.

    Returns:
        The plan of a function whose argument `VALUE` is the result of the dependency.

    Raises:
        SetupError: A call of the graph needs a request.
    """
    node = replace(plan_dependency(marker, path_names=frozenset()), argument=VALUE)
    root = CallPlan(call=return_value, kind=CallKind.COROUTINE, dependencies=(node,))
    refuse_request(root)
    return root


def plan_injected(call: Callable[..., Any], *, is_last_time: bool) -> CallPlan | None:
    """Plan the dependencies of a function that the program calls itself.

    Parameters without `Depends` belong to its caller.

    Args:
        call: The function.
        is_last_time: Whether a type that cannot be resolved is the type of such a parameter.

    Returns:
        The plan; None if a type is not defined yet, so that it may contain a dependency.

    Raises:
        SetupError: No parameter is a dependency, or a call of the graph needs a request.
    """
    found: list[CallPlan] = []
    for name, annotation, default in resolve_parameters(call):
        marker = find_dependency(annotation, default)
        if marker is not None:
            found.append(replace(plan_dependency(marker, path_names=frozenset()), argument=name))
        elif missing_name(annotation) is not None and not is_last_time:
            return None
    if not found:
        name = getattr(call, "__name__", "function")
        raise setup_error(
            f"@app.inject has nothing to inject: no parameter of {name} has Depends",
            "Depends was left out",
            f"def {name}(session: Annotated[Session, Depends(get_session)])",
            kind=SetupTypeError,
        )
    root = CallPlan(call=call, kind=call_kind(call), dependencies=tuple(found))
    refuse_request(root)
    return root


def override_outside(root: CallPlan, overrides: Overrides) -> CallPlan:
    """Return a graph with overrides in place.

    Raises:
        SetupError: An override needs a request.
    """
    if not overrides:
        return root
    changed = override_calls(root, overrides or NOTHING, path_names=frozenset())
    refuse_request(changed)
    return changed


def refuse_request(root: CallPlan) -> None:
    """Refuse a graph in which a dependency needs a request.

    Raises:
        SetupError: There is such a dependency.
    """
    for dependency in root.dependencies:
        needed = describe_request_need(dependency)
        if needed is not None:
            raise _request_needed(*needed)


def _request_needed(chain: str, what: str) -> SetupError:
    return setup_error(
        f"There is no request here, but {what}:\n     {chain}",
        "a parameter without Depends is read from the request, even if it has a default"
        if what.endswith("the query string")
        else "the dependency was written for endpoints",
        "two functions: one with the work and plain dependencies, to use here, and one for "
        "endpoints that reads the request and depends on the first",
    )
