"""The graph of an endpoint's dependencies, and the order in which it is called."""

from collections.abc import AsyncIterator, Iterator
from functools import partial
from typing import Annotated, Any

import pytest

from pronghorn import Cookie, Depends, Header, Request, Security
from pronghorn.core.kinds import CallKind, InjectedKind
from pronghorn.exceptions import DependencyScopeError, SetupError
from pronghorn.plan.dependencies import (
    order_calls,
    override_calls,
    plan_dependency,
    plan_endpoint,
)
from pronghorn.plan.model import CallPlan
from pronghorn.security import OAuth2PasswordBearer, SecurityScopes


def plan(endpoint: Any, *path_names: str, **options: Any) -> CallPlan:
    return plan_endpoint(endpoint, path_names=frozenset(path_names), **options)


def order(root: CallPlan) -> list[str]:
    """The names of the calls, in the order of execution."""
    return [getattr(step.call.call, "__name__", "object") for step in order_calls(root)]


def shared(q: int = 0) -> int:
    return q


def left(one: Annotated[int, Depends(shared)]) -> int:
    return one


def right(one: Annotated[int, Depends(shared)]) -> int:
    return one


def fresh(one: Annotated[int, Depends(shared, use_cache=False)]) -> int:
    return one


async def yielding() -> AsyncIterator[int]:
    yield 1


def test_parameters_are_sorted_by_their_place() -> None:
    async def endpoint(
        item_id: int,
        request: Request,
        q: str,
        token: Annotated[str, Header()],
        session: Annotated[str, Cookie()],
        body: dict[str, int],
    ) -> None: ...

    root = plan(endpoint, "item_id")
    assert [field.name for field in root.parameter_fields] == ["item_id", "q", "token", "session"]
    assert [field.location for field in root.parameter_fields] == [
        *("path", "query", "header", "cookie")
    ]
    assert [field.name for field in root.body_fields] == ["body"]
    assert [(item.name, item.kind) for item in root.injected] == [("request", InjectedKind.REQUEST)]
    assert (root.call, root.kind, root.marker) == (endpoint, CallKind.COROUTINE, None)


def test_a_shared_dependency_is_called_once() -> None:
    def endpoint(a: Annotated[int, Depends(left)], b: Annotated[int, Depends(right)]) -> None: ...

    steps = order_calls(plan(endpoint))
    assert order(plan(endpoint)) == ["shared", "left", "right", "endpoint"]
    assert [dict(step.arguments) for step in steps] == [
        {},
        {"one": 0},
        {"one": 0},
        {"a": 1, "b": 2},
    ]
    assert [step.needs for step in steps] == [(), (0,), (0,), (1, 2)]


def test_without_the_cache_it_is_called_again_and_leaves_its_result() -> None:
    def endpoint(
        a: Annotated[int, Depends(left)],
        b: Annotated[int, Depends(fresh)],
        c: Annotated[int, Depends(right)],
    ) -> None: ...

    steps = order_calls(plan(endpoint))
    assert order(plan(endpoint)) == ["shared", "left", "shared", "fresh", "right", "endpoint"]
    assert steps[4].arguments == {"one": 0}


def test_dependencies_from_outside_come_first_and_no_argument_receives_them() -> None:
    def endpoint(a: Annotated[int, Depends(left)]) -> None: ...

    root = plan(endpoint, dependencies=[Depends(right), Depends(shared)])
    assert order(root) == ["shared", "right", "left", "endpoint"]
    assert [node.argument for node in root.dependencies] == [None, None, "a"]


def test_walking_visits_parents_first() -> None:
    def endpoint(a: Annotated[int, Depends(left)], b: Annotated[int, Depends(right)]) -> None: ...

    names = [node.call.__name__ for node in plan(endpoint).walk()]
    assert names == ["endpoint", "left", "shared", "right", "shared"]


def test_classes_partials_and_objects_are_dependencies_too() -> None:
    class Page:
        def __init__(self, skip: int = 0) -> None:
            self.skip = skip

    class Callable_:
        async def __call__(self, q: int) -> int:
            return q

    def two(a: int, b: int) -> int:
        return a + b

    def endpoint(
        page: Annotated[Page, Depends()],
        called: Annotated[int, Depends(Callable_())],
        part: Annotated[int, Depends(partial(two, 1))],
    ) -> None: ...

    page, called, part = plan(endpoint).dependencies
    assert (page.call, page.kind) == (Page, CallKind.THREAD)
    assert called.kind is CallKind.COROUTINE
    assert [field.name for field in part.query_fields] == ["b"]


# --- lifetimes -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scope", "lifetime"), [(None, "request"), ("function", "function"), ("request", "request")]
)
def test_a_generator_lives_for_the_request_unless_it_says_otherwise(
    scope: Any, lifetime: str
) -> None:
    node = plan_dependency(Depends(yielding, scope=scope), path_names=frozenset())
    assert (node.kind, node.lifetime) == (CallKind.ASYNC_GENERATOR, lifetime)


def test_what_does_not_yield_has_no_lifetime() -> None:
    assert plan_dependency(Depends(shared), path_names=frozenset()).lifetime is None


def test_a_request_scoped_generator_cannot_use_a_function_scoped_one() -> None:
    def outer(one: Annotated[int, Depends(yielding, scope="function")]) -> Iterator[int]:
        yield one

    with pytest.raises(DependencyScopeError, match='"outer" has a scope of "request"'):
        plan_dependency(Depends(outer), path_names=frozenset())
    plan_dependency(Depends(outer, scope="function"), path_names=frozenset())


def test_results_are_shared_within_one_lifetime_only() -> None:
    def endpoint(
        a: Annotated[int, Depends(yielding)],
        b: Annotated[int, Depends(yielding, scope="function")],
        c: Annotated[int, Depends(yielding)],
    ) -> None: ...

    assert order(plan(endpoint)) == ["yielding", "yielding", "endpoint"]


# --- scopes of OAuth 2.0 -------------------------------------------------------------------------


def test_scopes_add_up_on_the_way_and_divide_results_that_use_them() -> None:
    scheme = OAuth2PasswordBearer("token")

    def user(scopes: SecurityScopes, token: Annotated[str, Depends(scheme)]) -> str:
        return token

    def admin(user: Annotated[str, Security(user, scopes=["admin"])]) -> str:
        return user

    def endpoint(
        a: Annotated[str, Security(user, scopes=["read"])],
        b: Annotated[str, Security(admin, scopes=["read", "write"])],
        c: Annotated[str, Security(user, scopes=["read"])],
    ) -> None: ...

    steps = order_calls(plan(endpoint))
    called = [(step.call.call, step.call.scopes) for step in steps]
    assert called == [
        (scheme, ("read",)),
        (user, ("read",)),
        (scheme, ("read", "write", "admin")),
        (user, ("read", "write", "admin")),
        (admin, ("read", "write")),
        (endpoint, ()),
    ]


def test_scopes_do_not_divide_what_does_not_look_at_them() -> None:
    def endpoint(
        a: Annotated[int, Depends(shared)], b: Annotated[int, Security(left, scopes=["read"])]
    ) -> None: ...

    assert order(plan(endpoint)) == ["shared", "left", "endpoint"]


# --- overrides -----------------------------------------------------------------------------------


def test_an_override_takes_the_place_and_brings_its_own_dependencies() -> None:
    def replacement(one: Annotated[int, Depends(right)]) -> int:
        return one

    def endpoint(a: Annotated[int, Depends(left)]) -> None: ...

    root = plan(endpoint)
    changed = override_calls(root, {left: replacement}, path_names=frozenset())
    assert order(changed) == ["shared", "right", "replacement", "endpoint"]
    assert order(root) == ["shared", "left", "endpoint"]
    assert changed.dependencies[0].argument == "a"


def test_an_override_deep_inside_is_shared_like_what_it_replaces() -> None:
    def replacement() -> int:
        return 5

    def endpoint(a: Annotated[int, Depends(left)], b: Annotated[int, Depends(right)]) -> None: ...

    changed = override_calls(plan(endpoint), {shared: replacement}, path_names=frozenset())
    assert order(changed) == ["replacement", "left", "right", "endpoint"]


def test_what_is_not_overridden_stays_the_same_object() -> None:
    def endpoint(a: Annotated[int, Depends(left)]) -> None: ...

    root = plan(endpoint)
    assert override_calls(root, {right: shared}, path_names=frozenset()) is root


# --- mistakes ------------------------------------------------------------------------------------


def test_a_cycle_is_told_with_all_its_members() -> None:
    with pytest.raises(SetupError, match="depends on itself") as caught:
        plan(cycle_one)
    text = str(caught.value)
    assert text.index("cycle_one") < text.index("cycle_two")
    assert "test_dependencies.py:" in text


def cycle_one(two: "Annotated[int, Depends(cycle_two)]") -> int:
    return two


def cycle_two(one: Annotated[int, Depends(cycle_one)]) -> int:
    return one


def test_the_same_function_on_two_branches_is_no_cycle() -> None:
    def endpoint(a: Annotated[int, Depends(left)], b: Annotated[int, Depends(left)]) -> None: ...

    assert order(plan(endpoint)) == ["shared", "left", "endpoint"]


@pytest.mark.parametrize("wrong", ["text", 5, None, [shared]])
def test_only_a_callable_can_be_a_dependency(wrong: Any) -> None:
    with pytest.raises(SetupError, match="must have a callable dependency"):
        plan_dependency(Depends(wrong), path_names=frozenset())
