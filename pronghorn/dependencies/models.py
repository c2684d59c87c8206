"""A dependency graph as libraries read it: a view of the plan."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from pronghorn.fields import Field
from pronghorn.plan.model import CallPlan, InjectedKind


@dataclass
class Dependant:
    """One callable, what it reads from the request, and what it depends on."""

    path_params: list[Field] = field(default_factory=list)
    query_params: list[Field] = field(default_factory=list)
    header_params: list[Field] = field(default_factory=list)
    cookie_params: list[Field] = field(default_factory=list)
    body_params: list[Field] = field(default_factory=list)
    dependencies: list[Dependant] = field(default_factory=list)
    name: str | None = None
    call: Callable[..., Any] | None = None
    request_param_name: str | None = None
    websocket_param_name: str | None = None
    http_connection_param_name: str | None = None
    response_param_name: str | None = None
    background_tasks_param_name: str | None = None
    security_scopes_param_name: str | None = None
    own_oauth_scopes: list[str] | None = None
    parent_oauth_scopes: list[str] | None = None
    use_cache: bool = True
    path: str | None = None
    scope: str | None = None

    @classmethod
    def from_plan(cls, plan: CallPlan, path: str | None) -> Dependant:
        """The view of one planned call and everything below it."""
        names = {item.kind: item.name for item in plan.injected}
        return cls(
            path_params=list(plan.path_fields),
            query_params=list(plan.query_fields),
            header_params=list(plan.header_fields),
            cookie_params=list(plan.cookie_fields),
            body_params=list(plan.body_fields),
            dependencies=[cls.from_plan(item, path) for item in plan.dependencies],
            name=plan.argument,
            call=plan.call,
            request_param_name=names.get(InjectedKind.REQUEST),
            websocket_param_name=names.get(InjectedKind.WEBSOCKET),
            http_connection_param_name=names.get(InjectedKind.CONNECTION),
            response_param_name=names.get(InjectedKind.RESPONSE),
            background_tasks_param_name=names.get(InjectedKind.BACKGROUND_TASKS),
            security_scopes_param_name=names.get(InjectedKind.SECURITY_SCOPES),
            own_oauth_scopes=list(plan.own_scopes) or None,
            parent_oauth_scopes=[s for s in plan.scopes if s not in plan.own_scopes] or None,
            use_cache=plan.use_cache,
            path=path,
            scope=plan.lifetime,
        )

    @property
    def oauth_scopes(self) -> list[str]:
        """The scopes asked for on the way to this call, and by it."""
        return [*(self.parent_oauth_scopes or ()), *(self.own_oauth_scopes or ())]
