"""Route objects: what was declared about one route, and views of its plan.

A route holds no engine. Its attributes are the declaration, and may be changed until the first
request and after it: a change makes the router plan and compile the route again.
"""

from __future__ import annotations

import copy
import inspect
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, get_name
from typing_extensions import Unpack

from pronghorn.compile.http import Handler, compile_custom, compile_route, general_handler
from pronghorn.datastructures import DefaultPlaceholder
from pronghorn.inheritance import combine_chain, written
from pronghorn.keywords import expanded_signature, option_defaults
from pronghorn.options import RouteClassOptions
from pronghorn.plan.model import BodyKind, RoutePlan, StreamKind
from pronghorn.plan.response import FROM_ANNOTATION, ResponseDeclaration
from pronghorn.plan.route import (
    RouteDeclaration,
    override_dependencies,
    plan_route,
)
from pronghorn.revisions import declared
from pronghorn.route_base import Declared, RouteApp, asgi_handler, current_overrides, value_of
from pronghorn.run.forms import ensure_multipart_installed

if TYPE_CHECKING:
    from pronghorn.compile.app import Overrides
    from pronghorn.dependencies.models import Dependant
    from pronghorn.fields import Field

DEFAULTS = option_defaults(RouteClassOptions)
#: Lists and dicts that a route may change without changing those of its router.
COPIED = ("tags", "dependencies", "callbacks", "responses", "form_limits")


class APIRoute(Declared, Route):
    """One path operation: a path, its methods, an endpoint, and what was said about them.

    Args:
        path: The path, with parameters in braces; begins with ``/``.
        endpoint: The function, coroutine function, generator or callable object that answers.
        options: See `RouteClassOptions`.

    Raises:
        SetupError: The declaration cannot work.
    """

    tags: list[Any]
    dependencies: list[Any]
    callbacks: list[Any]
    responses: dict[int | str, dict[str, Any]]
    form_limits: dict[str, int]
    methods: set[str]
    status_code: int | None
    summary: str | None
    description: str
    response_description: str
    deprecated: bool | None
    operation_id: str | None
    response_model_include: Any
    response_model_exclude: Any
    response_model_by_alias: bool
    response_model_exclude_unset: bool
    response_model_exclude_defaults: bool
    response_model_exclude_none: bool
    response_class: Any
    openapi_extra: dict[str, Any] | None
    generate_unique_id_function: Any
    strict_content_type: Any
    max_body_size: int | None
    dependency_overrides_provider: Any
    _app: Any
    _custom_handler: Handler | None

    @expanded_signature(RouteClassOptions)
    def __init__(
        self, path: str, endpoint: Callable[..., Any], **options: Unpack[RouteClassOptions]
    ) -> None:
        values = {**DEFAULTS, **options, **written(options)}
        for name in COPIED:
            values[name] = copy.copy(values[name]) if values[name] else type_of(name)()
        methods = values.pop("methods") or ["GET"]
        self._set(_declared_model=values.pop("response_model"), _plan=None, _app=None)
        self._set(_custom_handler=None, original_route=None, _described=values["description"])
        self._set(endpoint=endpoint, **values)
        self._set(name=values["name"] or get_name(endpoint))
        self._set(methods={method.upper() for method in methods})
        self._set(description=description_of(endpoint, values["description"]))
        self._set_path(path)
        self._set(revision=declared())
        if self.plan.body is not None and self.plan.body.kind is BodyKind.FORM:
            ensure_multipart_installed()

    # --- the plan and the views of it -------------------------------------------------------

    @property
    def plan(self) -> RoutePlan:
        """The frozen facts about this route; made again after a change."""
        plan = self.__dict__["_plan"]
        if plan is None:
            plan = plan_route(self._declaration())
            self._set(_plan=plan)
        return plan  # type: ignore[no-any-return]  # __dict__ is untyped

    @property
    def unique_id(self) -> str:
        """The operation ID, or what ``generate_unique_id_function`` makes of this route."""
        if self.operation_id:
            return self.operation_id
        function = self.generate_unique_id_function
        if isinstance(function, DefaultPlaceholder):
            function = function.value
        return str(function(self))

    @property
    def response_model(self) -> Any:
        """The declared model of the response, or the return annotation."""
        return self.plan.response.model

    @response_model.setter
    def response_model(self, model: Any) -> None:
        self._declared_model = model
        self.revision = declared()

    @property
    def dependant(self) -> Dependant:
        """The dependency graph as libraries read it."""
        from pronghorn.dependencies.models import Dependant

        return Dependant.from_plan(self.plan.root, self.path_format)

    @property
    def body_field(self) -> Field | None:
        """The whole body as one field."""
        return self.plan.body.field if self.plan.body else None

    @property
    def response_field(self) -> Field | None:
        """The field that validates and serialises the response."""
        return self.plan.response.field

    @property
    def response_fields(self) -> Mapping[int | str, Field]:
        """The fields of the documented additional responses."""
        return self.plan.response.extra_fields

    @property
    def is_sse_stream(self) -> bool:
        """Whether the endpoint yields server-sent events."""
        return self.plan.response.stream is StreamKind.SERVER_SENT_EVENTS

    @property
    def is_json_stream(self) -> bool:
        """Whether the endpoint yields JSON Lines."""
        return self.plan.response.stream is StreamKind.JSON_LINES

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
                include=self.response_model_include,
                exclude=self.response_model_exclude,
                by_alias=self.response_model_by_alias,
                exclude_unset=self.response_model_exclude_unset,
                exclude_defaults=self.response_model_exclude_defaults,
                exclude_none=self.response_model_exclude_none,
                responses=self.responses,
            ),
            dependencies=tuple(self.dependencies),
            strict_content_type=bool(value_of(self.strict_content_type)),
            max_body_size=self.max_body_size,
            form_limits=self.form_limits,
        )

    # --- inclusion ----------------------------------------------------------------------------

    def included(self, outer: Mapping[str, Any], provider: Any) -> APIRoute:
        """This route as it is inside an outer level.

        - `outer`: the options of that level, with its `prefix`.
        - `provider`: has the `dependency_overrides` that apply there.
        """
        inner = {name: getattr(self, name) for name in DEFAULTS if name != "response_model"}
        combined = combine_chain([outer, inner])
        clone = copy.copy(self)
        clone._set(
            **{name: combined[name] for name in DEFAULTS if name in combined and name != "methods"},
            original_route=self.original_route or self,
            _plan=None,
            _custom_handler=None,
            revision=declared(),
        )
        if provider is not None:
            clone._set(dependency_overrides_provider=provider)
        clone._set_path(outer.get("prefix", "") + self.path)
        return clone

    # --- answering ----------------------------------------------------------------------------

    @property
    def label(self) -> str:
        """The route for people: ``GET /items/{item_id}``."""
        return f"{','.join(sorted(self.methods))} {self.path_format}"

    def get_route_handler(self) -> Callable[[Request], Awaitable[Response]]:
        """The function that turns a request into a response; subclasses may wrap it."""
        plan, label = self.plan, self.label
        known: list[Any] = [{}, general_handler(plan, label)]

        async def handle(request: Request) -> Response:
            overrides = current_overrides(self)
            if overrides != known[0]:
                changed = override_dependencies(plan, overrides)
                known[:] = [dict(overrides), general_handler(changed, label)]
            response: Response = await known[1].respond(request)
            return response

        return handle

    def compile_handler(self, overrides: Overrides) -> Handler:
        """The function that the router calls for this route, with overrides applied."""
        if self._app is not None or type(self).handle is not APIRoute.handle:
            return asgi_handler(self)
        if "get_route_handler" in self.__dict__ or (
            type(self).get_route_handler is not APIRoute.get_route_handler
        ):
            handler = self._custom_handler
            if handler is None:
                handler = compile_custom(self.plan, self.get_route_handler(), self.label)
                self._set(_custom_handler=handler)
            return handler
        return compile_route(override_dependencies(self.plan, overrides), self.label)

    @property
    def app(self) -> Any:
        """This route as an ASGI application, for its method and path."""
        return self._app or RouteApp(self)

    @app.setter
    def app(self, app: Any) -> None:
        self.__dict__["_app"] = app
        self.__dict__["revision"] = declared()

    def __eq__(self, other: object) -> bool:
        return super().__eq__(other)

    __hash__ = object.__hash__


def type_of(name: str) -> Any:
    """The empty value of an option that is a list or a dict."""
    return dict if name in ("responses", "form_limits") else list


def description_of(endpoint: Callable[..., Any], described: str | None) -> str:
    """The description, or the docstring, up to a form feed."""
    text = described or inspect.cleandoc(endpoint.__doc__ or "")
    return text.split("\f")[0].strip()
