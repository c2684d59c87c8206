"""Plan the dependency graph of an endpoint, and the order in which its calls run."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any

from pronghorn.core.kinds import GENERATORS, LOCATIONS, CallKind, Injected, InjectedKind
from pronghorn.core.records import NOTHING, Record, replace
from pronghorn.core.security_scopes import join_scopes
from pronghorn.core.setup_errors import add_place, describe_callable, setup_error
from pronghorn.exceptions import (
    DependencyScopeError,
    SetupAssertionError,
    SetupError,
    SetupTypeError,
    SetupValueError,
)
from pronghorn.fields.field import Field
from pronghorn.params import Depends, Security
from pronghorn.plan.check_parameters import check_dependency, check_marker
from pronghorn.plan.forward import complete_model, refuse_missing_type
from pronghorn.plan.model import CallPlan
from pronghorn.plan.parameters import analyze_parameter
from pronghorn.plan.sharing import find_shared_plan, share_plan
from pronghorn.plan.signature import call_kind, is_plain, resolve_parameters

Overrides = Mapping[Callable[..., Any], Callable[..., Any]]


class _Context(Record):
    """The settings for planning one graph."""

    path_names: frozenset[str]
    overrides: Overrides = NOTHING


class Step(Record):
    """One call in the order of execution, and the sources of its arguments."""

    call: CallPlan
    #: The index of the step that produces each argument, by name.
    arguments: Mapping[str, int]
    #: Every step that must have succeeded before this one may run.
    needs: tuple[int, ...]


def plan_endpoint(
    endpoint: Callable[..., Any],
    *,
    path_names: frozenset[str],
    dependencies: Sequence[Depends] = (),
    scopes: tuple[str, ...] = (),
) -> CallPlan:
    """Plan an endpoint together with all its dependencies.

    Args:
        endpoint: The endpoint.
        path_names: The names of the parameters in the route's path.
        dependencies: The markers of the app, routers, inclusions and the route, outermost first.
        scopes: The OAuth 2.0 scopes that are required already; the dependencies inherit them.

    Raises:
        SetupError: A parameter cannot work, or a dependency depends on itself.
    """
    context = _Context(path_names)
    facts = _call_facts(endpoint, context, chain=(), scopes=scopes)
    outer = tuple(_plan_dependency(marker, None, (), context, ()) for marker in dependencies)
    return CallPlan(**{**facts, "dependencies": outer + facts["dependencies"]})


def plan_dependency(marker: Depends, *, path_names: frozenset[str]) -> CallPlan:
    """Plan one dependency whose result is not passed to a parameter."""
    return _plan_dependency(marker, None, (), _Context(path_names), ())


def override_calls(node: CallPlan, overrides: Overrides, *, path_names: frozenset[str]) -> CallPlan:
    """Return a graph in which some dependencies are replaced by other callables.

    All other nodes are kept, including changes that a library has made to them.
    """
    return _override(node, _Context(path_names, overrides), node.passed_scopes)


def _override(node: CallPlan, context: _Context, outer_scopes: tuple[str, ...]) -> CallPlan:
    if node.marker is not None and node.marker.dependency in context.overrides:
        return _plan_dependency(node.marker, node.argument, outer_scopes, context, ())
    if node.entry is not None:
        entry = _override(node.entry, context, ())
        return node if entry is node.entry else replace(node, entry=entry)
    dependencies = tuple(_override(item, context, node.passed_scopes) for item in node.dependencies)
    if dependencies == node.dependencies:
        return node
    changed = replace(node, dependencies=dependencies)
    if node.marker is None or node.marker.dependency is None:
        return changed
    key = result_key(node.marker.dependency, changed, node.lifetime)
    return replace(changed, cache_key=key)


def _call_facts(
    call: Callable[..., Any],
    context: _Context,
    chain: tuple[Callable[..., Any], ...],
    scopes: tuple[str, ...],
) -> dict[str, Any]:
    """Return the fields of a `CallPlan` that do not depend on who uses the call."""
    if any(call is seen for seen in chain):
        raise _cycle_error((*chain, call))
    fields: dict[str | None, list[Field]] = {place: [] for place in LOCATIONS}
    injected: list[Injected] = []
    dependencies: list[CallPlan] = []
    for name, annotation, default in _parameters(call):
        found = _analyze(call, name, annotation, default, context.path_names)
        if isinstance(found, Depends):
            dependencies.append(_plan_dependency(found, name, scopes, context, (*chain, call)))
        elif isinstance(found, Injected):
            injected.append(found)
        else:
            fields[found.location].append(found)
    return {
        "call": call,
        "kind": call_kind(call),
        **{f"{place}_fields": tuple(found) for place, found in fields.items() if found},
        "injected": tuple(injected),
        "dependencies": tuple(dependencies),
        "scopes": scopes,
        "passed_scopes": scopes,
    }


def _analyze(
    call: Callable[..., Any], name: str, annotation: Any, default: Any, path_names: frozenset[str]
) -> Field | Depends | Injected:
    """Return the source of one parameter, and name the parameter in any error."""
    refuse_missing_type(call, name, annotation, default)
    try:
        return analyze_parameter(
            name=name, annotation=annotation, default=default, path_names=path_names
        )
    except Exception as error:
        add_place(error, f"parameter {name!r} of {describe_callable(call)}")
        raise


def _parameters(call: Callable[..., Any]) -> list[tuple[str, Any, Any]]:
    complete_model(call)
    try:
        return resolve_parameters(call)
    except ValueError:
        # Python's own message differs between versions.
        raise setup_error(
            f"no signature found for {call!r}",
            "it is built in and does not expose its parameters",
            "a function around it, with the parameters that it needs",
            kind=SetupValueError,
        ) from None


def _plan_dependency(
    marker: Depends,
    argument: str | None,
    outer_scopes: tuple[str, ...],
    context: _Context,
    chain: tuple[Callable[..., Any], ...],
) -> CallPlan:
    """Return the plan of a dependency, which other routes may share if there are no overrides."""
    if context.overrides:
        return _plan_new_dependency(marker, argument, outer_scopes, context, chain)
    node = find_shared_plan(marker, argument, outer_scopes)
    if node is None:
        node = _plan_new_dependency(marker, argument, outer_scopes, context, chain)
        share_plan(node, outer_scopes)
    return node


def _plan_new_dependency(
    marker: Depends,
    argument: str | None,
    outer_scopes: tuple[str, ...],
    context: _Context,
    chain: tuple[Callable[..., Any], ...],
) -> CallPlan:
    declared: Any = marker.dependency
    check_marker(marker)
    check_dependency(declared)
    actual = _callable_of(declared, context.overrides)
    own_scopes = tuple(marker.scopes or ()) if isinstance(marker, Security) else ()
    scopes, passed = join_scopes(outer_scopes, own_scopes), outer_scopes + own_scopes
    if actual is not declared:  # An override counts as requiring all the scopes itself.
        scopes, passed = join_scopes((), scopes), scopes
    facts = _call_facts(actual, context, chain, passed)
    # The declared callable decides when an override is closed and which results it shares.
    kind = facts["kind"] if actual is declared else call_kind(declared)
    lifetime = marker.scope or ("request" if kind in GENERATORS else None)
    depends_on_scopes = bool(own_scopes) or _asks_for_scopes(
        actual, facts["injected"], facts["dependencies"]
    )
    node = CallPlan(
        **{**facts, "scopes": scopes},
        argument=argument,
        marker=marker,
        # The result of a listed dependency is not used, so it is called only once in any case.
        use_cache=marker.use_cache or argument is None,
        lifetime=lifetime,
        own_scopes=own_scopes,
        cache_key=_result_key(declared, scopes if depends_on_scopes else (), lifetime),
    )
    _check_lifetimes(node)
    if marker.scope == "app":
        from pronghorn.plan.app_scope import as_app_value  # Few programs have any.

        return as_app_value(node)
    return node


def _callable_of(declared: Any, overrides: Overrides) -> Any:
    """Return the callable for a dependency: the declared one, or its override."""
    if not callable(declared):
        raise setup_error(
            "A parameter-less dependency must have a callable dependency",
            _why_not_callable(declared),
            "Annotated[..., it], without another Depends around it"
            if isinstance(declared, Depends)
            else "Depends(function), with the function itself",
            kind=SetupAssertionError,
        )
    actual = overrides.get(declared, declared)
    if not callable(actual):
        name = getattr(declared, "__name__", repr(declared))
        raise setup_error(
            f"dependency_overrides[{name}] must be a callable, not {actual!r}",
            "the value itself was given",
            f"app.dependency_overrides[{name}] = lambda: value",
            kind=SetupTypeError,
        )
    return actual


def _why_not_callable(declared: Any) -> str:
    if isinstance(declared, Depends):
        return "Depends was given what is a Depends already, such as `db.session` of pronghorn.sql"
    kind = type(declared).__name__
    if kind in ("coroutine", "generator", "async_generator"):
        close = getattr(declared, "close", None)
        if close is not None:
            close()  # Python would warn that nobody has awaited it.
        return f"Depends({declared.__name__}()): the function was called"
    return f"Depends({declared!r}) was given something that cannot be called"


def _check_lifetimes(node: CallPlan) -> None:
    """Refuse a generator with request scope that depends on one with function scope."""
    if node.kind not in GENERATORS or node.lifetime != "request":
        return
    for dependency in node.dependencies:
        if dependency.marker is not None and dependency.marker.scope == "function":
            name = getattr(node.call, "__name__", repr(node.call))
            raise DependencyScopeError(
                f'The dependency "{name}" has a scope of "request", it cannot depend on '
                'dependencies with scope "function".'
            )


def result_key(declared: Callable[..., Any], node: CallPlan, lifetime: str | None) -> Hashable:
    """Return the cache key of a dependency; equal keys share one result in a request."""
    return _result_key(declared, node.scopes if uses_scopes(node) else (), lifetime)


def _result_key(
    declared: Callable[..., Any], scopes: tuple[str, ...], lifetime: str | None
) -> Hashable:
    return (declared, tuple(sorted(set(scopes))), lifetime or "")


def uses_scopes(node: CallPlan) -> bool:
    """Return whether the result of a call can depend on the required OAuth 2.0 scopes."""
    return bool(node.own_scopes) or _asks_for_scopes(node.call, node.injected, node.dependencies)


def _asks_for_scopes(
    call: Callable[..., Any], injected: Sequence[Injected], dependencies: Sequence[CallPlan]
) -> bool:
    return (
        is_security_scheme(call)
        or any(item.kind is InjectedKind.SECURITY_SCOPES for item in injected)
        or any(uses_scopes(dependency) for dependency in dependencies)
    )


def is_security_scheme(call: Callable[..., Any]) -> bool:
    """Return whether a dependency is an instance of a `security` class."""
    if is_plain(call):
        return False
    unwrapped = inspect.unwrap(call)
    return hasattr(unwrapped, "scheme_name") and hasattr(unwrapped, "model")


def find_guards(root: CallPlan) -> list[CallPlan]:
    """Return the dependencies of an endpoint that find out who sends a request.

    Each is the outermost one that leads to a security scheme: it may also decide who is let in.
    """
    return [node for node in root.dependencies if any(map(_is_secured, node.walk()))]


def _is_secured(node: CallPlan) -> bool:
    return isinstance(node.marker, Security) or is_security_scheme(node.call)


def order_calls(root: CallPlan) -> tuple[Step, ...]:
    """Return all calls in the order of execution, shared ones once; the endpoint is last."""
    steps: list[Step] = []
    shared: dict[Hashable, int] = {}

    def visit(node: CallPlan) -> int:
        if node.marker is not None and node.use_cache and node.cache_key in shared:
            return shared[node.cache_key]
        indexes = [visit(dependency) for dependency in node.dependencies]
        arguments = {
            dependency.argument: index
            for dependency, index in zip(node.dependencies, indexes, strict=True)
            if dependency.argument is not None
        }
        steps.append(Step(node, arguments, tuple(indexes)))
        if node.marker is not None:
            # Even without use_cache: such a call does not read a shared result, but provides one.
            shared.setdefault(node.cache_key, len(steps) - 1)
        return len(steps) - 1

    for node in root.walk():
        # First of all, so that they do not part `def` functions that share a thread.
        if node.kind is CallKind.APP_VALUE and node.cache_key not in shared:
            visit(node)
    visit(root)
    return tuple(steps)


def _cycle_error(chain: Sequence[Callable[..., Any]]) -> SetupError:
    names = "\n  -> ".join(describe_callable(call) for call in chain)
    return setup_error(
        f"A dependency depends on itself:\n     {names}",
        "one of these functions names an earlier one in Depends()",
        "move what both need into a third dependency that depends on neither",
    )
