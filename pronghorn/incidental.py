"""Names that programs import from modules where they only pass by.

``from fastapi.routing import Mount`` works on FastAPI because that module happens to import
`Mount`. Here such a name is looked up where it is at home, when somebody asks for it.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

from pronghorn.diagnostics import did_you_mean

#: What several modules of FastAPI share.
_COMMON = {
    "pronghorn.datastructures": "Default DefaultPlaceholder",
    "pronghorn.exceptions": "FastAPIError RequestValidationError",
    "pronghorn.params": "Depends",
    "starlette.requests": "Request",
    "starlette.responses": "JSONResponse Response",
    "starlette.routing": "BaseRoute",
}
#: module -> home -> names.
HOMES: dict[str, dict[str, str]] = {
    "pronghorn.applications": {
        **_COMMON,
        "pronghorn.middleware.asyncexitstack": "AsyncExitStackMiddleware",
        "pronghorn.openapi.utils": "get_openapi",
        "pronghorn.utils": "generate_unique_id",
        "starlette.middleware": "Middleware",
        "starlette.middleware.errors": "ServerErrorMiddleware",
        "starlette.middleware.exceptions": "ExceptionMiddleware",
        "starlette.types": "ASGIApp ExceptionHandler Lifespan Receive Scope Send",
    },
    "pronghorn.routing": {
        **_COMMON,
        "pronghorn._compat": "ModelField Undefined lenient_issubclass",
        "pronghorn.dependencies.models": "Dependant",
        "pronghorn.dependencies.utils": "SolvedDependency get_dependant get_flat_dependant "
        "get_parameterless_sub_dependant get_stream_item_type get_typed_return_annotation "
        "get_body_field _get_body_field _get_flat_body_params _should_embed_body_fields",
        "pronghorn.encoders": "jsonable_encoder",
        "pronghorn.exceptions": "EndpointContext FastAPIError RequestValidationError "
        "ResponseValidationError WebSocketRequestValidationError",
        "pronghorn.sse": "EventSourceResponse ServerSentEvent format_sse_event",
        "pronghorn.utils": "create_model_field create_response_field generate_unique_id "
        "get_value_or_default is_body_allowed_for_status_code",
        "starlette.concurrency": "iterate_in_threadpool run_in_threadpool",
        "starlette.datastructures": "URL URLPath",
        "starlette.exceptions": "HTTPException",
        "starlette.middleware": "Middleware",
        "starlette.responses": "JSONResponse PlainTextResponse RedirectResponse Response "
        "StreamingResponse",
        "starlette.routing": "BaseRoute Host Match Mount NoMatchFound Route Router "
        "WebSocketRoute compile_path get_name",
        "starlette.staticfiles": "StaticFiles",
        "starlette.types": "ASGIApp AppType Lifespan Receive Scope Send",
        "starlette.websockets": "WebSocket",
    },
    "pronghorn.dependencies.utils": {
        **_COMMON,
        "pronghorn._compat": "ModelField RequiredParam Undefined copy_field_info "
        "create_body_model evaluate_forwardref field_annotation_is_scalar "
        "field_annotation_is_scalar_sequence field_annotation_is_sequence "
        "get_cached_model_fields get_missing_field_error is_scalar_field sequence_types "
        "serialize_sequence_value value_is_sequence",
        "pronghorn.background": "BackgroundTasks",
        "pronghorn.concurrency": "asynccontextmanager contextmanager_in_threadpool",
        "pronghorn.datastructures": "UploadFile",
        "pronghorn.scopes": "SecurityScopes",
        "pronghorn.utils": "create_model_field create_response_field get_path_param_names",
        "starlette.concurrency": "run_in_threadpool",
        "starlette.datastructures": "FormData Headers ImmutableMultiDict QueryParams",
        "starlette.requests": "HTTPConnection Request",
        "starlette.websockets": "WebSocket",
    },
    "pronghorn.dependencies.models": {
        "pronghorn._compat": "ModelField",
        "pronghorn.dependencies.questions": "_get_cache_key _get_computed_scope "
        "_get_oauth_scopes _get_security_scheme _is_async_gen_callable "
        "_is_async_gen_callable_cached _is_coroutine_callable _is_coroutine_callable_cached "
        "_is_gen_callable _is_gen_callable_cached _is_security_scheme _uses_scopes",
        "pronghorn.security.base": "SecurityBase",
    },
    "pronghorn.openapi.utils": {
        **_COMMON,
        "pronghorn._compat": "ModelField lenient_issubclass",
        "pronghorn.dependencies.models": "Dependant",
        "pronghorn.dependencies.utils": "get_flat_dependant get_flat_params",
        "pronghorn.encoders": "jsonable_encoder",
        "pronghorn.openapi.models": "OpenAPI",
        "pronghorn.params": "Body ParamTypes",
        "pronghorn.utils": "generate_operation_id_for_path is_body_allowed_for_status_code",
    },
    "pronghorn.utils": {
        "pronghorn._compat": "ModelField PydanticSchemaGenerationError Undefined",
        "pronghorn.model_fields": "create_model_field create_response_field",
    },
}


def find_elsewhere(module_name: str) -> None:
    """Give a module a ``__getattr__`` (PEP 562) for names that are at home elsewhere.

    It finds the names of `HOMES`. For any other it raises an `AttributeError` that names the
    nearest public name, so that a library that patches something absent says what it meant.
    """
    homes: dict[str, str] = {
        name: home for home, names in HOMES.get(module_name, {}).items() for name in names.split()
    }

    def __getattr__(name: str) -> Any:  # noqa: N807 - becomes the module's own
        home = homes.get(name)
        if home is not None:
            return getattr(import_module(home), name)
        if name.startswith("__"):  # Every `from module import ...` asks for `__path__`.
            raise AttributeError(f"module {module_name!r} has no attribute {name!r}", name=name)
        known = (*vars(sys.modules[module_name]), *homes)
        public = [one for one in known if not one.startswith("_")]
        nearest = did_you_mean(name, public)
        hint = f"; did you mean {nearest!r}?" if nearest else ""
        raise AttributeError(f"module {module_name!r} has no attribute {name!r}{hint}", name=name)

    vars(sys.modules[module_name])["__getattr__"] = __getattr__
