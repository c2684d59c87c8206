"""Routes share the plans of dependencies that do not read the request."""

import gc
import weakref
from collections.abc import Callable
from typing import Annotated, Any

from pronghorn import Depends, FastAPI, Header, Security
from pronghorn.plan.dependencies import override_calls, plan_endpoint
from pronghorn.plan.model import CallPlan
from pronghorn.security import SecurityScopes
from pronghorn.testclient import TestClient


def plan(endpoint: Any) -> CallPlan:
    return plan_endpoint(endpoint, path_names=frozenset())


async def get_session() -> str:
    return "session"


async def get_user(session: Annotated[str, Depends(get_session)]) -> str:
    return f"user in {session}"


async def get_token(token: Annotated[str, Header()]) -> str:
    return token


async def get_account(token: Annotated[str, Depends(get_token)]) -> str:
    return token


def two_endpoints(dependency: Any) -> tuple[CallPlan, CallPlan]:
    def first(value: Annotated[str, Depends(dependency)]) -> None: ...
    def second(value: Annotated[str, Depends(dependency)], other: int) -> None: ...

    return plan(first), plan(second)


def test_what_reads_nothing_is_planned_once() -> None:
    first, second = two_endpoints(get_user)
    assert first.dependencies[0] is second.dependencies[0]
    assert [item.call for item in first.walk()][1:] == [get_user, get_session]


def test_what_reads_the_request_is_planned_for_each_route() -> None:
    for dependency in (get_token, get_account):
        first, second = two_endpoints(dependency)
        assert first.dependencies[0] is not second.dependencies[0]
        tokens = [next(f for node in root.walk() for f in node.header_fields)
                  for root in (first, second)]  # fmt: skip
        assert tokens[0] is not tokens[1]
        assert tokens[0].info is not tokens[1].info


def test_the_name_and_the_scopes_tell_plans_apart() -> None:
    def get_rights(scopes: SecurityScopes) -> list[str]:
        return scopes.scopes

    def endpoint(
        one: Annotated[Any, Security(get_rights, scopes=["read"])],
        two: Annotated[Any, Security(get_rights, scopes=["write"])],
        three: Annotated[Any, Security(get_rights, scopes=["read"])],
        four: Annotated[Any, Depends(get_rights, use_cache=False)],
    ) -> None: ...

    nodes = plan(endpoint).dependencies
    assert [node.argument for node in nodes] == ["one", "two", "three", "four"]
    assert [node.own_scopes for node in nodes] == [("read",), ("write",), ("read",), ()]
    assert [node.use_cache for node in nodes] == [True, True, True, False]


def test_a_changed_signature_is_planned_again() -> None:
    def inner() -> str:
        return "inner"

    def other() -> str:
        return "other"

    def outer(value: Annotated[str, Depends(inner)]) -> str:
        return value

    def endpoint(value: Annotated[str, Depends(outer)]) -> None: ...

    before = plan(endpoint)
    outer.__annotations__["value"] = Annotated[str, Depends(other)]
    after = plan(endpoint)
    assert [node.call for node in before.walk()] == [endpoint, outer, inner]
    assert [node.call for node in after.walk()] == [endpoint, outer, other]


def test_a_changed_signature_further_down_is_planned_again() -> None:
    def innermost(value: str = Depends(get_session)) -> str:
        return value

    def inner(value: Annotated[str, Depends(innermost)]) -> str:
        return value

    def outer(value: Annotated[str, Depends(inner)]) -> str:
        return value

    def endpoint(value: Annotated[str, Depends(outer)]) -> None: ...

    before = plan(endpoint)
    innermost.__defaults__ = (Depends(get_user),)
    after = plan(endpoint)
    assert [node.call for node in before.walk()][-1] is get_session
    assert [node.call for node in after.walk()][-2:] == [get_user, get_session]


def test_names_in_annotations_are_looked_up_again() -> None:
    def outer(value: "Named") -> str:  # type: ignore[name-defined]  # noqa: F821 - made below
        return str(value)

    def endpoint(value: Annotated[str, Depends(outer)]) -> None: ...

    names = outer.__globals__
    names["Named"] = Annotated[str, Depends(get_session)]
    try:
        before = plan(endpoint)
        names["Named"] = Annotated[str, Depends(get_user)]
        after = plan(endpoint)
    finally:
        del names["Named"]
    assert [node.call for node in before.walk()][-1] is get_session
    assert get_user in [node.call for node in after.walk()]


def test_what_strings_say_is_planned_once_too() -> None:
    def outer(value: "Annotated[str, Depends(get_user)]") -> "str":
        return value

    first, second = two_endpoints(outer)
    assert first.dependencies[0] is second.dependencies[0]
    assert [node.call for node in first.walk()][1:] == [outer, get_user, get_session]


def test_an_overridden_dependency_leaves_the_others_as_they_were() -> None:
    def first(value: Annotated[str, Depends(get_user)]) -> None: ...

    overrides: dict[Callable[..., Any], Callable[..., Any]] = {get_session: lambda: "other"}
    overridden = override_calls(plan(first), overrides, path_names=frozenset())
    assert [node.call for node in overridden.walk()][-1] is overrides[get_session]
    assert [node.call for node in plan(first).walk()][-1] is get_session


def test_functions_are_forgotten_with_the_routes_that_use_them() -> None:
    def application() -> tuple[FastAPI, Callable[[], str]]:
        def dependency() -> str:
            return "made here"

        app = FastAPI()

        @app.get("/")
        def endpoint(value: str = Depends(dependency)) -> str:  # `Annotated` is kept by `typing`.
            return value

        return app, dependency

    app, dependency = application()
    assert TestClient(app).get("/").json() == "made here"
    alive = weakref.ref(dependency)
    del app, dependency
    gc.collect()
    assert alive() is None
