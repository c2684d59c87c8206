"""The functions of `fastapi.routing` that libraries import, call and replace.

Compiled handlers do not use them. Routes whose class builds its own handler do, and so do all
routes once a library has replaced one of them (see `pronghorn.core.monkeypatches`).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from pronghorn.compile.exact import ExactHandler
from pronghorn.compile.steps import bind_task_store
from pronghorn.core.kinds import GENERATORS, StreamKind
from pronghorn.core.monkeypatches import ROUTING, STEP_FUNCTIONS, current, is_replaced
from pronghorn.core.threads.hop import call_in_thread
from pronghorn.datastructures import Default
from pronghorn.dependencies.solving import solve_dependencies
from pronghorn.encoders import jsonable_encoder
from pronghorn.exceptions import EndpointContext, ResponseValidationError
from pronghorn.fields.field import Field
from pronghorn.fields.serialization import Serialization
from pronghorn.plan.body import plan_given_body
from pronghorn.plan.model import BodyPlan, CallPlan, ResponsePlan, RoutePlan
from pronghorn.plan.route import override_dependencies
from pronghorn.plan.signature import where_is
from pronghorn.routes.base import current_overrides, value_of
from pronghorn.run.lifetime import RequestHandler
from pronghorn.sse import EventSourceResponse

if TYPE_CHECKING:
    from pronghorn.dependencies.models import Dependant

__all__ = [
    "get_request_handler",
    "run_endpoint_function",
    "serialize_response",
    "solve_dependencies",
]

#: If a library replaces one of these, HTTP routes call the replacement.
HANDLER_FUNCTIONS = ("get_request_handler", *STEP_FUNCTIONS)

FROM_CONSTRUCTOR: Any = Default(JSONResponse)
STRICT: Any = Default(True)


class RouteRequestHandler:
    """The function that `APIRoute.get_route_handler` returns: it turns a request into a response.

    It follows the route: a change of the declaration, of the graph or of the overrides takes effect
    at the next request.
    """

    def __init__(self, route: Any) -> None:
        self.route = route
        self._plan: Any = None
        self._handle: Any = None
        self._update()

    def _update(self) -> None:
        route = self.route
        plan: RoutePlan = route.plan
        response = plan.response
        graph = route._fresh_graph()
        graph._label = route._label
        self._handle = current("get_request_handler")(
            dependant=graph,
            body_field=route.body_field,
            status_code=response.status_code,
            response_class=route.response_class,
            response_field=response.field,
            **{
                f"response_model_{name}": value
                for name, value in response.serialization.arguments().items()
            },
            dependency_overrides_provider=route.dependency_overrides_provider,
            embed_body_fields=bool(plan.body and plan.body.embed),
            strict_content_type=plan.strict_content_type,
            stream_item_field=response.item_field,
            is_json_stream=response.stream is StreamKind.JSON_LINES,
            form_limits=plan.form_limits,
        )
        self._plan = plan

    async def __call__(self, request: Request) -> Response:
        if self.route.plan is not self._plan:
            self._update()
        response: Response = await self._handle(request)
        return response


def get_request_handler(
    dependant: Dependant,
    body_field: Field | None = None,
    status_code: int | None = None,
    response_class: Any = FROM_CONSTRUCTOR,
    response_field: Field | None = None,
    response_model_include: Any = None,
    response_model_exclude: Any = None,
    response_model_by_alias: bool = True,
    response_model_exclude_unset: bool = False,
    response_model_exclude_defaults: bool = False,
    response_model_exclude_none: bool = False,
    dependency_overrides_provider: Any = None,
    embed_body_fields: bool = False,
    strict_content_type: Any = STRICT,
    stream_item_field: Field | None = None,
    is_json_stream: bool = False,
    form_limits: Mapping[str, int] | None = None,
) -> Callable[[Request], Awaitable[Response]]:
    """Return the function that turns a request into a response.

    Args:
        dependant: The endpoint's graph; its `call` is the endpoint.
        body_field: The whole body as one field; `None` if no body is read.
        status_code: The status of a response; `None` for the default of the class.
        response_class: The class of a response that is made from a value.
        response_field: Validates and serialises what the endpoint returns.
        response_model_include: For this and the next five, see `RouteOptions`.
        dependency_overrides_provider: An object with `dependency_overrides`, such as the
            application.
        embed_body_fields: Whether the body is an object with one member per field.
        strict_content_type: Whether a body without a content type is not JSON.
        stream_item_field: Validates and serialises one item of a stream.
        is_json_stream: Whether the items of a generator are sent as JSON Lines.
        form_limits: See `RouteOptions`.
    """
    root = dependant.to_plan()
    serialization = Serialization(
        include=response_model_include,
        exclude=response_model_exclude,
        by_alias=response_model_by_alias,
        exclude_unset=response_model_exclude_unset,
        exclude_defaults=response_model_exclude_defaults,
        exclude_none=response_model_exclude_none,
    )
    stream = _stream_kind(root, response_class, is_json_stream)
    response = _build_response_plan(
        response_class, stream, response_field, status_code, serialization, stream_item_field
    )
    body = plan_given_body(_body_fields(root), body_field, embed=embed_body_fields)
    strict = bool(value_of(strict_content_type))
    plan = _build_route_plan(dependant, root, body, response, strict, form_limits or {})
    return _LiveHandler(plan, dependant, dependency_overrides_provider)


def _build_response_plan(
    response_class: Any,
    stream: StreamKind | None,
    field: Field | None,
    status_code: int | None,
    serialization: Serialization,
    item_field: Field | None,
) -> ResponsePlan:
    written_class = _find_class(response_class)
    return ResponsePlan(
        model=None,
        field=field,
        status_code=status_code,
        serialization=serialization,
        item_field=item_field,
        response_class=written_class,
        explicit_class=response_class is written_class,
        description="",
        stream=stream,
    )


def _build_route_plan(
    dependant: Dependant,
    root: CallPlan,
    body: BodyPlan | None,
    response: ResponsePlan,
    strict_content_type: bool,
    form_limits: Mapping[str, int],
) -> RoutePlan:
    path = dependant.path or ""
    return RoutePlan(
        path=path,
        path_format=path,
        methods=frozenset(),
        name=getattr(root.call, "__name__", ""),
        endpoint=root.call,
        unique_id="",
        root=root,
        where=where_is(root.call),
        body=body,
        response=response,
        strict_content_type=strict_content_type,
        form_limits=form_limits,
    )


def _body_fields(root: CallPlan) -> list[Field]:
    return [found for node in root.walk() for found in node.body_fields]


def _find_class(response_class: Any) -> Any:
    return value_of(response_class) or JSONResponse


def _stream_kind(root: CallPlan, response_class: Any, is_json: bool) -> StreamKind | None:
    if is_json:
        return StreamKind.JSON_LINES
    if root.kind not in GENERATORS:
        return None
    written_class = _find_class(response_class)
    if issubclass(written_class, EventSourceResponse):
        return StreamKind.SERVER_SENT_EVENTS
    return StreamKind.RAW if issubclass(written_class, StreamingResponse) else None


class _LiveHandler:
    """A handler that follows a plan, with the dependency overrides of the moment."""

    def __init__(self, plan: RoutePlan, dependant: Dependant, provider: Any) -> None:
        self._plan = plan
        self._dependant = dependant
        self.dependency_overrides_provider = provider
        self._overrides: dict[Any, Any] = {}
        self._respond = self._make_handler(plan, {})

    async def __call__(self, request: Request) -> Response:
        overrides = current_overrides(self)
        if overrides != self._overrides:
            plan = override_dependencies(self._plan, overrides)
            self._respond = self._make_handler(plan, overrides)
            self._overrides = dict(overrides)
        return await self._respond(request)

    def _make_handler(self, plan: RoutePlan, overrides: Mapping[Any, Any]) -> RequestHandler:
        plan = bind_task_store(plan, self.dependency_overrides_provider)
        exact = ExactHandler(plan, self._dependant._label or plan.path)
        if is_replaced(ROUTING, *STEP_FUNCTIONS):
            from pronghorn.routes.replaced_functions import use_replacements  # Few are.

            use_replacements(exact, self._dependant, overrides, self.dependency_overrides_provider)
            return exact.respond
        from pronghorn.compile.inner import compile_inner  # Few programs need it.

        return compile_inner(exact)


async def run_endpoint_function(
    *, dependant: Dependant, values: Mapping[str, Any], is_coroutine: bool
) -> Any:
    """Call an endpoint with its arguments, in a worker thread unless it is a coroutine function."""
    call: Any = dependant.call
    if is_coroutine:
        return await call(**values)
    return await call_in_thread(call, **values)


async def serialize_response(
    *,
    field: Field | None = None,
    response_content: Any,
    include: Any = None,
    exclude: Any = None,
    by_alias: bool = True,
    exclude_unset: bool = False,
    exclude_defaults: bool = False,
    exclude_none: bool = False,
    is_coroutine: bool = True,
    endpoint_ctx: EndpointContext | None = None,
    dump_json: bool = False,
) -> Any:
    """Validate the result of an endpoint, and return it as data that JSON can represent.

    Args:
        field: The response model as a field; `None` for no validation.
        response_content: The result of the endpoint.
        include: For this and the next five, see `RouteOptions`.
        is_coroutine: If `False`, the validation runs in a worker thread.
        endpoint_ctx: The place of the endpoint in the source, for the error message.
        dump_json: If there is a field, return JSON in UTF-8 instead of data.

    Raises:
        ResponseValidationError: The result is not valid for the model.
    """
    options = {
        "include": include,
        "exclude": exclude,
        "by_alias": by_alias,
        "exclude_unset": exclude_unset,
        "exclude_defaults": exclude_defaults,
        "exclude_none": exclude_none,
    }
    if field is None:
        return jsonable_encoder(response_content, **options)
    if is_coroutine:
        value, errors = field.validate(response_content, ("response",))
    else:
        value, errors = await call_in_thread(field.validate, response_content, ("response",))
    if errors:
        from pronghorn.fields.masked_errors import mask_errors  # Only mistakes need it.

        errors = mask_errors(errors, field)
        raise ResponseValidationError(errors, body=response_content, endpoint_ctx=endpoint_ctx)
    chosen = include is not None or exclude is not None
    if dump_json and by_alias and not (chosen or exclude_unset or exclude_defaults or exclude_none):
        return field.json_writer()(value)
    if dump_json:
        return field.serialize_json(value, **options)
    return field.serialize(value, **options)


#: The functions that libraries replace, which `pronghorn.routing` therefore notices.
REPLACEABLE: dict[str, Callable[..., Any]] = {
    "get_request_handler": get_request_handler,
    "run_endpoint_function": run_endpoint_function,
    "serialize_response": serialize_response,
    "solve_dependencies": solve_dependencies,
}
