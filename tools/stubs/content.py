"""The content of the stubs, and the types that the sources cannot name."""

from __future__ import annotations

#: The module of each stub, and the classes and functions in it as `module:name` of their source.
STUBS: dict[str, tuple[str, ...]] = {
    "pronghorn.params": (
        "pronghorn.params:ParamTypes",
        "pronghorn.params:Param",
        "pronghorn.params:Path",
        "pronghorn.params:Query",
        "pronghorn.params:Header",
        "pronghorn.params:Cookie",
        "pronghorn.params:Body",
        "pronghorn.params:Form",
        "pronghorn.params:File",
        "pronghorn.params:Depends",
        "pronghorn.params:Security",
    ),
    "pronghorn.param_functions": (
        "pronghorn.param_functions:Path",
        "pronghorn.param_functions:Query",
        "pronghorn.param_functions:Header",
        "pronghorn.param_functions:Cookie",
        "pronghorn.param_functions:Body",
        "pronghorn.param_functions:Form",
        "pronghorn.param_functions:File",
        "pronghorn.param_functions:Depends",
        "pronghorn.param_functions:Security",
    ),
    "pronghorn.routing": (
        "pronghorn.routes.http:APIRoute",
        "pronghorn.routes.websocket:APIWebSocketRoute",
        "pronghorn.routing:APIRouter",
    ),
    "pronghorn.applications": ("pronghorn.applications:FastAPI",),
}

#: Names that a stub passes on from other modules, because programs import them from there.
PASSED_ON: dict[str, dict[str, tuple[str, ...]]] = {
    "pronghorn.routing": {
        "pronghorn.routes.asgi_apps": (
            "get_websocket_app",
            "request_response",
            "websocket_session",
        ),
        "pronghorn.routes.request_handlers": (
            "get_request_handler",
            "run_endpoint_function",
            "serialize_response",
            "solve_dependencies",
        ),
        "pronghorn.routes.route_contexts": ("RouteContext", "iter_route_contexts"),
        "starlette.routing": ("Mount",),
    },
}

#: Members that a stub leaves to the class of Starlette below ours, whose types are the same or
#: name a private protocol of Starlette.
FROM_STARLETTE = frozenset(
    {
        "Declared.handle",
        "Declared.path_regex",
        "GraphView.path_format",
        "Layered.add_middleware",
    }
)

#: Attributes whose type is narrower than the one that Starlette's constructor assigns. Our
#: constructor declares them again, since ty would otherwise take Starlette's type.
IN_CONSTRUCTOR = frozenset({"FastAPI.router", "APIRoute.methods"})

#: Bases that are marked as final for type checkers, although Pydantic and FastAPI extend them.
FINAL = frozenset({"FieldInfo"})

_UNIQUE_ID = "Callable[[APIRoute], str]"
_HANDLER = (
    "Callable[[Request, Any], Response | Awaitable[Response]]"
    " | Callable[[WebSocket, Any], Awaitable[None]]"
)

#: Types of options and attributes that editors show in another way than the sources write them.
#: Most name a class of a higher layer, which the module of an option must not import.
TYPES: dict[str, str] = {
    "generate_unique_id_function": _UNIQUE_ID,
    "responses": "dict[int | str, dict[str, Any]] | None",
    "APIRouter.responses": "dict[int | str, dict[str, Any]]",
    "APIRoute.responses": "dict[int | str, dict[str, Any]]",
    "route_class": "type[APIRoute]",
    "RouterOptions.route_class": "type[APIRoute] | None",
    "route_class_override": "type[APIRoute] | None",
    "include_router.router": "APIRouter",  # With Starlette's type, usual overrides would not fit.
    "AppOptions.webhooks": "APIRouter | None",
    "AppOptions.telemetry": "TelemetryConfig | None",
    "AppOptions.jobs": "JobRunner | None",
    "AppOptions.lifespan": "Lifespan[Self] | None",
    "AppOptions.exception_handlers": f"Mapping[int | type[Exception], {_HANDLER}] | None",
    "AddRouteOptions.response_class": "type[Response] | DefaultPlaceholder",
    "RouteClassOptions.response_class": "type[Response] | DefaultPlaceholder",
    "RouteClassOptions.generate_unique_id_function": f"{_UNIQUE_ID} | DefaultPlaceholder",
    "RouteClassOptions.strict_content_type": "bool | DefaultPlaceholder",
    "APIRoute.generate_unique_id_function": f"{_UNIQUE_ID} | DefaultPlaceholder",
}

#: What a type of the sources is called in a stub.
RENAMED: dict[str, str] = {"Decorator": "Callable[[DecoratedCallable], DecoratedCallable]"}

#: The modules of names in the two tables above, and of those that the generator writes itself.
HOMES: dict[str, str] = {
    "APIRoute": "pronghorn.routing",
    "APIRouter": "pronghorn.routing",
    "Annotated": "typing",
    "Any": "typing",
    "Awaitable": "collections.abc",
    "Callable": "collections.abc",
    "DecoratedCallable": "pronghorn.types",
    "DefaultPlaceholder": "pronghorn.datastructures",
    "Doc": "typing_extensions",
    "JobRunner": "pronghorn.hooks",
    "Lifespan": "starlette.types",
    "Mapping": "collections.abc",
    "Request": "starlette.requests",
    "Response": "starlette.responses",
    "Self": "typing",
    "TelemetryConfig": "pronghorn.telemetry",
    "WebSocket": "starlette.websockets",
}
