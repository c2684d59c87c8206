"""HTTP route objects: the declaration of one route, and views of its plan.

The attributes of a route are its declaration. They may change at any time, also after the first
request: the router then plans and compiles the route again.
"""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, Self

from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route, get_name
from starlette.types import Receive, Scope, Send
from typing_extensions import Unpack

from pronghorn.compile.http_route import compile_custom, compile_route
from pronghorn.compile.steps import bind_app_values, bind_task_store
from pronghorn.core.kinds import BodyKind
from pronghorn.core.monkeypatches import ROUTING, is_overridden, is_replaced
from pronghorn.core.revisions import bump_revision, oldest_valid_revision
from pronghorn.core.typed_kwargs import has_own_init, is_plainly_made, route_signature
from pronghorn.datastructures import DefaultPlaceholder
from pronghorn.declare.option_inheritance import clean_options, combine_chain
from pronghorn.declare.options import OURS, RouteClassOptions
from pronghorn.declare.options import ROUTE_CLASS_DEFAULTS as DEFAULTS
from pronghorn.fields.serialization import Serialization
from pronghorn.hooks import Handler
from pronghorn.params import Depends
from pronghorn.plan.check import list_methods
from pronghorn.plan.dependencies import Overrides
from pronghorn.plan.model import RoutePlan
from pronghorn.plan.response import FROM_ANNOTATION, ResponseDeclaration
from pronghorn.plan.route import (
    RouteDeclaration,
    override_dependencies,
    plan_route,
)
from pronghorn.routes.base import ENGINE, OF_ROUTE, OWN_HANDLES, value_of
from pronghorn.routes.plan_views import NO_VIEWS, RouteViews
from pronghorn.routes.request_handlers import HANDLER_FUNCTIONS, RouteRequestHandler
from pronghorn.run.input.forms import ensure_multipart_installed
from pronghorn.run.lifetime import RequestHandler
from pronghorn.run.output.head import add_auto_head, refuse_method
from pronghorn.run.streaming.sendable import load_delivery
from pronghorn.types import IncEx
from pronghorn.utils import generate_unique_id

#: Lists and dicts that a route copies, so that changing them does not change those of its router.
COPIED = ("tags", "dependencies", "callbacks", "responses", "form_limits")


class APIRoute(RouteViews, Route):
    """One path operation: a path, its methods, an endpoint and their options.

    Args:
        path: The path, with parameters in braces; begins with `/`.
        endpoint: The function, coroutine function, generator function or callable object that
            handles requests.
        options: See `RouteClassOptions`.

    Raises:
        SetupError: The declaration is not valid.
    """

    _declarations = frozenset(DEFAULTS) | OF_ROUTE
    path: str
    endpoint: Callable[..., Any]
    name: str
    tags: list[str | Enum]
    dependencies: list[Depends]
    callbacks: list[BaseRoute]
    responses: dict[int | str, dict[str, Any]]
    form_limits: dict[str, Any]
    methods: set[str]
    status_code: int | None
    summary: str | None
    description: str
    response_description: str
    deprecated: bool | None
    operation_id: str | None
    response_model_include: IncEx | None
    response_model_exclude: IncEx | None
    response_model_by_alias: bool
    response_model_exclude_unset: bool
    response_model_exclude_defaults: bool
    response_model_exclude_none: bool
    response_class: type[Response] | DefaultPlaceholder
    include_in_schema: bool
    openapi_extra: dict[str, Any] | None
    generate_unique_id_function: Callable[[Any], str] | DefaultPlaceholder
    strict_content_type: bool | DefaultPlaceholder
    max_body_size: int | None
    max_json_size: int | None
    timeout: float | None
    on_disconnect: str | None
    cache: Any
    dependency_overrides_provider: Any
    _app: Any
    _declared_model: Any

    @route_signature(RouteClassOptions)
    def __init__(
        self, path: str, endpoint: Callable[..., Any], **options: Unpack[RouteClassOptions]
    ) -> None:
        self._declare(path, endpoint, {**options, **clean_options(options)})

    def _declare(self, path: str, endpoint: Callable[..., Any], options: Mapping[str, Any]) -> None:
        """Keep a declaration whose options are checked and free of placeholders."""
        values = {**DEFAULTS, **options}
        for name in COPIED:
            values[name] = copy.copy(values[name]) if values[name] else type_of(name)()
        methods = list_methods(endpoint, values.pop("methods") or ["GET"])
        self._set(_declared_model=values.pop("response_model"), _plan=None, _app=None)
        self._set(_original_route=None, _described=values["description"], **NO_VIEWS, **ENGINE)
        self._set(endpoint=endpoint, **values)
        self._set(name=values["name"] or get_name(endpoint))
        self._set(methods={method.upper() for method in methods})
        self._set(description=description_of(endpoint, values["description"]))
        self._set_path(path)
        self._set(_revision=bump_revision())
        plan = self._plan_early()
        if plan is None:
            return
        if plan.body is not None and plan.body.kind is BodyKind.FORM:
            ensure_multipart_installed()
        if plan.response.is_streamed:
            load_delivery(of_items=plan.response.stream is not None)

    # --- the plan and the views of it -------------------------------------------------------

    @property
    def plan(self) -> RoutePlan:  # type: ignore[override]  # the views only read it
        """The frozen facts about this route, renewed after a change."""
        plan = self.__dict__["_plan"]
        if plan is None:
            revision = self._revision
            plan = self._with_given(plan_route(self._declaration()))
            plan = self._keep_plan(plan, revision)
        return plan  # type: ignore[no-any-return]  # __dict__ is untyped

    @property
    def unique_id(self) -> str:
        """The operation ID, or the result of `generate_unique_id_function` for this route."""
        if self.operation_id:
            return self.operation_id
        function = value_of(self.generate_unique_id_function) or generate_unique_id
        return str(function(self))

    @property
    def response_model(self) -> Any:
        """The declared model of the response, or the return annotation."""
        return self.plan.response.model

    @response_model.setter
    def response_model(self, model: Any) -> None:
        self._set(_declared_model=model)
        self._note()

    def _declaration(self) -> RouteDeclaration:
        model = self._declared_model
        return RouteDeclaration(
            path=self.path,
            path_format=self.path_format,
            path_names=frozenset(self.param_convertors),
            endpoint=self.endpoint,
            methods=frozenset(self.methods),
            name=self.name,
            unique_id=self.unique_id,
            response=ResponseDeclaration(
                response_class=value_of(self.response_class) or JSONResponse,
                explicit_class=not isinstance(self.response_class, DefaultPlaceholder),
                model=FROM_ANNOTATION if isinstance(model, DefaultPlaceholder) else model,
                status_code=int(self.status_code) if self.status_code else self.status_code,
                description=self.response_description,
                serialization=Serialization(
                    include=self.response_model_include,
                    exclude=self.response_model_exclude,
                    by_alias=self.response_model_by_alias,
                    exclude_unset=self.response_model_exclude_unset,
                    exclude_defaults=self.response_model_exclude_defaults,
                    exclude_none=self.response_model_exclude_none,
                ),
                responses=self.responses,
            ),
            dependencies=tuple(self.dependencies),
            strict_content_type=bool(value_of(self.strict_content_type)),
            max_body_size=self.max_body_size,
            max_json_size=self.max_json_size,
            form_limits=self.form_limits,
            timeout=self.timeout,
            on_disconnect=self.on_disconnect,
            cache=self.cache,
        )

    # --- inclusion ----------------------------------------------------------------------------

    def _copy_for_inclusion(self, outer: Mapping[str, Any], provider: Any) -> Self:
        """Return a copy of this route for an outer router, with the options of both.

        Args:
            outer: The options of the outer router and of the inclusion, with their `prefix`.
            provider: An object with the `dependency_overrides` that apply there, or None.
        """
        inner = {name: getattr(self, name) for name in DEFAULTS if name != "response_model"}
        combined = combine_chain([outer, inner])
        there = {name: combined[name] for name in DEFAULTS if name in combined}
        there.pop("methods", None)
        return self._copy_for(outer.get("prefix", ""), provider, there)

    # --- answering ----------------------------------------------------------------------------

    @property
    def _label(self) -> str:
        """The name of this route in messages: `GET /items/{item_id}`."""
        return f"{','.join(sorted(self.methods))} {self.path_format}"

    def get_route_handler(self) -> RequestHandler:
        """Return the function that turns a request into a response; subclasses may wrap it."""
        return RouteRequestHandler(self)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request whose path matches, or send 405 if its method does not."""
        methods = add_auto_head(self.methods, scope)
        if scope["method"] in methods:
            await self.app(scope, receive, send)
        else:
            await refuse_method(methods, scope, receive, send)

    def _own_handler(self, overrides: Overrides) -> Handler:
        """Return the handler of this route alone, without an application around it."""
        overridden = is_overridden(self, APIRoute, "get_route_handler")
        plan = override_dependencies(self.plan, overrides)
        plan = bind_task_store(plan, self.dependency_overrides_provider)
        if overridden or is_replaced(ROUTING, *HANDLER_FUNCTIONS):
            is_ours = type(self).get_route_handler is OWN_GET_ROUTE_HANDLER
            if not overridden and is_ours and plan.cache is None:
                from pronghorn.routes.replaced_steps import compile_replaced  # Few programs.

                handler = compile_replaced(self, plan, overrides)
                if handler is not None:
                    return handler
            handle = self._custom_handler()
            return compile_custom(plan, handle, self._label, is_own=not overridden)
        return compile_route(bind_app_values(plan, self.dependency_overrides_provider), self._label)

    def _custom_handler(self) -> RequestHandler:
        """Return the result of `get_route_handler()`, which is called once per plan."""
        key = (self.plan, oldest_valid_revision())
        known = self.__dict__["_custom"]
        if known is None or known[0] != key:
            known = key, self.get_route_handler()
            self._set(_custom=known)
        found: RequestHandler = known[1]
        return found

    def _is_own_app(self, app: Any) -> bool:
        handler = getattr(app, "handler", None)
        return type(handler) is RouteRequestHandler and handler.route is self

    def __eq__(self, other: object) -> bool:
        return super().__eq__(other)

    __hash__ = object.__hash__


OWN_HANDLES.add(APIRoute.handle)
OWN_GET_ROUTE_HANDLER = APIRoute.get_route_handler


def make_route(
    route_class: type[APIRoute],
    path: str,
    endpoint: Callable[..., Any],
    combined: Mapping[str, Any],
    own_limits: Mapping[str, int] | None,
) -> APIRoute:
    """Return a new route of a class that may be the program's own.

    Args:
        route_class: The class. If it has its own `__init__`, that gets every keyword, as on
            FastAPI.
        path: The path with the prefix of the router.
        endpoint: The function that handles requests.
        combined: The options of the route and its router. Options that a route does not have are
            ignored. Those that FastAPI does not have are set afterwards.
        own_limits: The `form_limits` of the route alone. FastAPI passes only these to an
            `__init__`, and only if there are any; those of the router are set afterwards.
    """
    arguments = {name: value for name, value in combined.items() if name in DEFAULTS}
    if is_plainly_made(route_class):
        route = route_class.__new__(route_class)
        route._declare(path, endpoint, arguments)
        return route
    if not has_own_init(route_class):
        return route_class(path, endpoint=endpoint, **arguments)
    keywords = {**DEFAULTS, **arguments}
    ours = {name: keywords.pop(name) for name in OURS if name in keywords}
    keywords |= {name: copy.copy(keywords[name]) for name in COPIED}
    limits = keywords.pop("form_limits")
    if own_limits:
        keywords["form_limits"] = own_limits
    route = route_class(path, endpoint=endpoint, **keywords)
    if limits != (own_limits or {}):
        route.form_limits = limits
    for name, value in ours.items():
        if value is not None:
            setattr(route, name, value)
    return route


def type_of(name: str) -> Any:
    """Return the type of an option that is a list or a dict."""
    return dict if name in ("responses", "form_limits") else list


def description_of(endpoint: Callable[..., Any], described: str | None) -> str:
    """Return the description, or else the docstring, up to a form feed."""
    text = described or inspect.cleandoc(endpoint.__doc__ or "")
    return text.split("\f")[0].strip()
