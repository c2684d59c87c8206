"""The table says where to find names that programs import from a module that only re-exports them.

`from fastapi.routing import Mount` works on FastAPI because that module happens to import
`Mount`. The table has every such name that is public there, and the private ones that public
programs import. Their objects are in `pronghorn.interop`, other modules of pronghorn, the standard
library, Starlette and Pydantic. The table is loaded when a name is missing, not at startup.
"""

#: module -> home -> names. The names under "modules" are modules.
#: `Path=FilePath` is `Path` under the name `FilePath`.
HOMES: dict[str, dict[str, str]] = {
    "pronghorn._body_limit": {
        "pronghorn.exception_handlers": "http_exception_handler",
        "starlette.middleware.body_limit": "RequestBodyLimitMiddleware",
        "starlette.requests": "Request",
        "starlette.types": "ASGIApp Message Receive Scope Send",
    },
    "pronghorn._compat": {
        "modules": "pronghorn._compat.shared=shared pronghorn._compat.v2=v2",
        "pronghorn._compat.shared": "PYDANTIC_VERSION PYDANTIC_VERSION_MINOR_TUPLE "
        "annotation_is_pydantic_v1 field_annotation_is_complex field_annotation_is_scalar "
        "field_annotation_is_scalar_sequence field_annotation_is_sequence "
        "is_bytes_or_nonable_bytes_annotation is_bytes_sequence_annotation "
        "is_pydantic_v1_model_class is_pydantic_v1_model_instance "
        "is_uploadfile_or_nonable_uploadfile_annotation "
        "is_uploadfile_sequence_annotation lenient_issubclass sequence_types value_is_sequence",
        "pronghorn._compat.v2": "ModelField PydanticSchemaGenerationError RequiredParam Undefined "
        "Url copy_field_info create_body_model evaluate_forwardref get_cached_model_fields "
        "get_definitions get_flat_models_from_fields get_missing_field_error get_model_fields "
        "get_model_name_map get_schema_from_model_field is_scalar_field "
        "serialize_sequence_value with_info_plain_validator_function",
    },
    "pronghorn._compat.shared": {
        "collections": "deque",
        "collections.abc": "Mapping Sequence",
        "dataclasses": "is_dataclass",
        "modules": "types typing warnings",
        "pronghorn.fields.annotations": "SEQUENCE_TYPES=sequence_types "
        "is_bytes=is_bytes_or_nonable_bytes_annotation "
        "is_bytes_sequence=is_bytes_sequence_annotation "
        "is_complex=field_annotation_is_complex is_scalar=field_annotation_is_scalar "
        "is_scalar_sequence=field_annotation_is_scalar_sequence "
        "is_sequence=field_annotation_is_sequence "
        "is_upload=is_uploadfile_or_nonable_uploadfile_annotation "
        "is_upload_sequence=is_uploadfile_sequence_annotation",
        "pronghorn.interop.compat": "PYDANTIC_VERSION_MINOR_TUPLE is_pydantic_v1_model_instance "
        "lenient_issubclass value_is_sequence",
        "pronghorn.plan.check": "is_pydantic_v1_model=is_pydantic_v1_model_class "
        "uses_pydantic_v1=annotation_is_pydantic_v1",
        "pydantic": "BaseModel VERSION=PYDANTIC_VERSION",
        "starlette.datastructures": "UploadFile",
        "types": "UnionType",
        "typing": "Annotated Any TypeGuard TypeVar Union get_args get_origin",
    },
    "pronghorn._compat.v2": {
        "collections.abc": "Sequence",
        "copy": "copy",
        "dataclasses": "dataclass is_dataclass",
        "enum": "Enum",
        "functools": "lru_cache",
        "modules": "pronghorn._compat.shared=shared "
        "pydantic._internal._typing_extra=_pydantic_typing_extra re warnings",
        "pronghorn._compat.shared": "lenient_issubclass",
        "pronghorn.datastructures": "Undefined Undefined=RequiredParam",
        "pronghorn.fields.field": "Field=ModelField missing_error=get_missing_field_error",
        "pronghorn.interop.compat": "copy_field_info create_body_model evaluate_forwardref "
        "get_cached_model_fields get_model_fields is_scalar_field serialize_sequence_value",
        "pronghorn.interop.parameters": "_regenerate_error_with_loc",
        "pronghorn.openapi.definitions": "OpenAPIJsonSchema=GenerateJsonSchema",
        "pronghorn.interop.schemas": "TypeModelOrEnum TypeModelSet "
        "_annotation_has_computed_fields _has_computed_fields "
        "asdict get_definitions get_flat_models_from_annotation "
        "get_flat_models_from_field get_flat_models_from_fields "
        "get_flat_models_from_model get_model_name_map "
        "get_schema_from_model_field normalize_name",
        "pronghorn.openapi.constants": "REF_TEMPLATE",
        "pronghorn.types": "IncEx ModelNameMap",
        "pydantic": "BaseModel ConfigDict Field GetJsonSchemaHandler PydanticUndefinedAnnotation "
        "TypeAdapter ValidationError create_model",
        "pydantic.errors": "PydanticSchemaGenerationError",
        "pydantic.fields": "FieldInfo",
        "pydantic.json_schema": "JsonSchemaValue",
        "pydantic_core": "PydanticUndefined Url",
        "pydantic_core.core_schema": "CoreSchema with_info_plain_validator_function",
        "types": "UnionType",
        "typing": "Annotated Any Literal Union cast get_args get_origin",
    },
    "pronghorn._form_limits": {
        "pydantic": "NonNegativeInt",
        "typing_extensions": "Doc",
    },
    "pronghorn.applications": {
        "collections.abc": "Awaitable Coroutine Sequence",
        "enum": "Enum",
        "modules": "os pronghorn.routing=routing warnings",
        "pronghorn._form_limits": "_FormLimits",
        "pronghorn.datastructures": "Default DefaultPlaceholder",
        "pronghorn.exception_handlers": "http_exception_handler "
        "request_validation_exception_handler "
        "websocket_request_validation_exception_handler",
        "pronghorn.exceptions": "FastAPIDeprecationWarning FastAPIError RequestValidationError "
        "WebSocketRequestValidationError",
        "pronghorn.middleware.asyncexitstack": "AsyncExitStackMiddleware",
        "pronghorn.openapi.docs": "get_redoc_html get_swagger_ui_html "
        "get_swagger_ui_oauth2_redirect_html",
        "pronghorn.openapi.utils": "get_openapi",
        "pronghorn.params": "Depends",
        "pronghorn.telemetry._asgi": "NativeTelemetry",
        "pronghorn.types": "IncEx",
        "pronghorn.utils": "generate_unique_id",
        "starlette.exceptions": "HTTPException",
        "starlette.middleware": "Middleware",
        "starlette.middleware.base": "BaseHTTPMiddleware",
        "starlette.middleware.errors": "ServerErrorMiddleware",
        "starlette.middleware.exceptions": "ExceptionMiddleware",
        "starlette.requests": "Request",
        "starlette.responses": "HTMLResponse JSONResponse Response",
        "starlette.routing": "BaseRoute",
        "starlette.types": "ASGIApp AppType ExceptionHandler Lifespan Receive Scope Send",
        "typing": "Annotated Literal TypeVar",
        "typing_extensions": "Doc deprecated",
    },
    "pronghorn.background": {
        "typing": "Annotated",
        "typing_extensions": "Doc",
    },
    "pronghorn.concurrency": {
        "anyio": "CancelScope CapacityLimiter Semaphore",
        "anyio.lowlevel": "RunVar checkpoint_if_cancelled",
        "collections.abc": "AsyncGenerator",
        "modules": "anyio",
        "pronghorn.core.concurrency_limits": "ConcurrencyLimit",
        "weakref": "WeakKeyDictionary",
    },
    "pronghorn.datastructures": {
        "collections.abc": "Mapping",
        "typing": "Annotated BinaryIO",
        "typing_extensions": "Doc",
    },
    "pronghorn.dependencies.models": {
        "functools": "lru_cache partial",
        "inspect": "iscoroutinefunction",
        "modules": "inspect sys",
        "pronghorn._compat": "ModelField",
        "pronghorn.dependencies.questions": "_get_cache_key _get_computed_scope "
        "_get_oauth_scopes _get_security_scheme "
        "_is_async_gen_callable "
        "_is_async_gen_callable_cached "
        "_is_coroutine_callable "
        "_is_coroutine_callable_cached _is_gen_callable "
        "_is_gen_callable_cached _is_security_scheme "
        "_uses_scopes",
        "pronghorn.security.base": "SecurityBase",
        "pronghorn.types": "DependencyCacheKey",
        "typing": "Literal",
    },
    "pronghorn.dependencies.utils": {
        "anyio": "CancelScope",
        "collections.abc": "AsyncGenerator AsyncIterable AsyncIterator Generator Iterable Iterator",
        "contextlib": "AsyncExitStack contextmanager",
        "copy": "copy deepcopy",
        "dataclasses": "dataclass",
        "functools": "partial",
        "modules": "dataclasses inspect pronghorn.params=params sys",
        "pronghorn._compat": "ModelField RequiredParam Undefined copy_field_info "
        "create_body_model evaluate_forwardref field_annotation_is_scalar "
        "field_annotation_is_scalar_sequence field_annotation_is_sequence "
        "get_cached_model_fields get_missing_field_error is_scalar_field "
        "sequence_types serialize_sequence_value value_is_sequence",
        "pronghorn._compat.shared": "is_bytes_or_nonable_bytes_annotation "
        "is_bytes_sequence_annotation "
        "is_uploadfile_or_nonable_uploadfile_annotation "
        "is_uploadfile_sequence_annotation",
        "pronghorn.background": "BackgroundTasks",
        "pronghorn.concurrency": "asynccontextmanager contextmanager_in_threadpool",
        "pronghorn.datastructures": "UploadFile",
        "pronghorn.dependencies.questions": "_get_cache_key _get_computed_scope _get_oauth_scopes "
        "_is_async_gen_callable _is_coroutine_callable _is_gen_callable",
        "pronghorn.exceptions": "DependencyScopeError FastAPIError RequestValidationError",
        "pronghorn.interop.forms": "_add_form_union_validators _extract_form_body "
        "_extract_form_items _extract_form_model _get_form_model "
        "_get_form_models _get_form_union_models "
        "_is_form_model_supplied",
        "pronghorn.interop.parameters": "ParamDetails _get_flat_fields_from_params "
        "_STREAM_ORIGINS _get_multidict_extras "
        "_get_multidict_value _get_param_aliases "
        "_get_param_model "
        "_is_json_field _request_param_model_to_args "
        "_solve_generator _validate_value_with_model_field "
        "add_non_field_param_to_dependency add_param_to_fields "
        "analyze_param",
        "pronghorn.logger": "logger",
        "pronghorn.params": "Depends",
        "pronghorn.core.security_scopes": "SecurityScopes",
        "pronghorn.types": "DependencyCacheKey",
        "pronghorn.utils": "create_model_field create_response_field get_path_param_names",
        "pydantic": "AliasChoices AliasPath BaseModel BeforeValidator ConfigDict "
        "GetJsonSchemaHandler GetPydanticSchema Json Tag",
        "pydantic.fields": "FieldInfo",
        "pydantic_core.core_schema": "CoreSchema",
        "starlette.background": "BackgroundTasks=StarletteBackgroundTasks",
        "starlette.concurrency": "run_in_threadpool",
        "starlette.datastructures": "FormData Headers ImmutableMultiDict QueryParams",
        "starlette.requests": "HTTPConnection Request",
        "starlette.responses": "JSONResponse Response",
        "starlette.routing": "BaseRoute",
        "starlette.websockets": "WebSocket",
        "types": "UnionType",
        "typing": "Annotated ForwardRef Literal Union cast get_args get_origin",
        "typing_inspection.typing_objects": "is_typealiastype",
        "pronghorn.fields.annotations": "model_of=_get_model_type",
        "pronghorn.fields.multi_values": "is_empty_file_input=_is_empty_file_input "
        "normalize_form_model=_normalize_form_model",
        "pronghorn.plan.signature": "typed_signature=_get_signature",
    },
    "pronghorn.encoders": {
        "collections": "defaultdict",
        "pronghorn._compat.shared": "is_pydantic_v1_model_instance",
        "pronghorn.interop.encoders": "PyExtraColor encoders_by_class_tuples "
        "generate_encoders_by_class_tuples",
        "pydantic": "AnyUrl NameEmail",
        "pydantic.color": "Color",
        "typing": "Annotated",
        "typing_extensions": "Doc",
    },
    "pronghorn.exceptions": {
        "typing": "Annotated",
        "typing_extensions": "Doc",
    },
    "pronghorn.openapi": {
        "modules": "pronghorn.openapi.utils=utils",
    },
    "pronghorn.openapi.docs": {
        "modules": "json",
        "pronghorn.encoders": "jsonable_encoder",
        "typing": "Annotated",
        "typing_extensions": "Doc",
    },
    "pronghorn.openapi.models": {
        "collections.abc": "Callable Iterable Mapping",
        "pronghorn.logger": "logger",
        "pydantic": "GetJsonSchemaHandler",
        "pydantic_core.core_schema": "with_info_plain_validator_function",
        "typing": "Literal Optional Union",
        "typing_extensions": "TypedDict",
    },
    "pronghorn.openapi.utils": {
        "collections.abc": "Sequence",
        "dataclasses": "dataclass field",
        "modules": "copy http inspect pronghorn.routing=routing warnings",
        "pronghorn._compat": "ModelField lenient_issubclass",
        "pronghorn.datastructures": "Default DefaultPlaceholder _Unset",
        "pronghorn.dependencies.models": "Dependant",
        "pronghorn.dependencies.questions": "_get_cache_key _get_oauth_scopes "
        "_get_security_scheme _is_security_scheme",
        "pronghorn.dependencies.utils": "get_flat_dependant get_flat_params",
        "pronghorn.encoders": "jsonable_encoder",
        "pronghorn.exceptions": "FastAPIDeprecationWarning FastAPIError RequestValidationError",
        "pronghorn.interop.operations": "_OpenAPIDependencyData _get_api_route_for_openapi "
        "_get_openapi_dependency_data "
        "_get_openapi_operation_parameters "
        "_get_openapi_security_definitions generate_operation_id "
        "get_openapi_operation_metadata "
        "get_openapi_operation_request_body get_openapi_path",
        "pronghorn.interop.parameters": "_get_flat_fields_from_params _get_param_aliases "
        "_get_param_model",
        "pronghorn.interop.schemas": "get_definitions get_flat_models_from_fields "
        "get_model_name_map get_schema_from_model_field",
        "pronghorn.openapi.models": "OpenAPI",
        "pronghorn.params": "Body ParamTypes",
        "pronghorn.types": "DependencyCacheKey ModelNameMap",
        "pronghorn.utils": "generate_operation_id_for_path is_body_allowed_for_status_code",
        "starlette.requests": "Request",
        "starlette.responses": "JSONResponse Response",
        "starlette.routing": "BaseRoute",
        "typing": "Literal cast",
    },
    "pronghorn.param_functions": {
        "modules": "re",
        "pronghorn.datastructures": "_Unset",
        "pronghorn.openapi.models": "Example",
        "pydantic": "AliasChoices AliasPath Discriminator",
        "typing": "Annotated",
        "typing_extensions": "Doc deprecated",
    },
    "pronghorn.params": {
        "modules": "re warnings",
        "pronghorn.exceptions": "FastAPIDeprecationWarning",
        "pronghorn.openapi.models": "Example",
        "pydantic": "AliasChoices AliasPath Discriminator",
        "typing": "Annotated",
        "typing_extensions": "deprecated",
    },
    "pronghorn.responses": {
        "modules": "importlib",
        "typing": "Protocol cast",
    },
    "pronghorn.routing": {
        "anyio.abc": "ObjectReceiveStream",
        "collections.abc": "AsyncIterator Awaitable Collection Coroutine Generator Mapping",
        "contextlib": "AbstractAsyncContextManager AbstractContextManager AsyncExitStack "
        "asynccontextmanager",
        "contextvars": "ContextVar",
        "dataclasses": "dataclass field",
        "enum": "Enum IntEnum",
        "modules": "anyio contextlib copy email errno functools inspect json math os "
        "pronghorn.params=params starlette.routing=routing stat threading types "
        "warnings",
        "pronghorn._body_limit": "validate_max_body_size",
        "pronghorn._compat": "ModelField Undefined lenient_issubclass",
        "pronghorn._form_limits": "_FormLimits",
        "pronghorn.datastructures": "Default DefaultPlaceholder",
        "pronghorn.dependencies.models": "Dependant",
        "pronghorn.dependencies.questions": "_is_async_gen_callable _is_coroutine_callable "
        "_is_gen_callable",
        "pronghorn.dependencies.utils": "SolvedDependency _get_body_field _get_flat_body_params "
        "_should_embed_body_fields get_body_field get_dependant "
        "get_flat_dependant get_parameterless_sub_dependant "
        "get_stream_item_type get_typed_return_annotation",
        "pronghorn.encoders": "jsonable_encoder",
        "pronghorn.exceptions": "EndpointContext FastAPIError RequestValidationError "
        "ResponseValidationError WebSocketRequestValidationError",
        "pronghorn.middleware.asyncexitstack": "AsyncExitStackMiddleware",
        "pronghorn.interop.routing": "_AsyncLiftContextManager "
        "_build_dependant_with_parameterless_dependencies "
        "_build_response_args _contains_response _extract_endpoint_context "
        "_get_fastapi_scope _get_scope_effective_route_context _is_json_content_type "
        " "
        "_populate_api_route_state _wrap_gen_lifespan_context",
        "pronghorn.params": "Depends",
        "pronghorn.sse": "EventSourceResponse KEEPALIVE_COMMENT ServerSentEvent format_sse_event",
        "pronghorn.types": "IncEx",
        "pronghorn.utils": "create_model_field create_response_field generate_unique_id "
        "get_value_or_default is_body_allowed_for_status_code",
        "starlette._exception_handler": "wrap_app_handling_exceptions",
        "starlette._utils": "get_route_path is_async_callable",
        "starlette.concurrency": "iterate_in_threadpool run_in_threadpool",
        "starlette.datastructures": "URL URLPath",
        "starlette.exceptions": "HTTPException",
        "starlette.middleware": "Middleware",
        "starlette.requests": "Request",
        "starlette.responses": "JSONResponse PlainTextResponse RedirectResponse Response "
        "StreamingResponse",
        "starlette.routing": "BaseRoute Host Match Mount NoMatchFound Route Router "
        "WebSocketRoute compile_path get_name",
        "starlette.staticfiles": "StaticFiles",
        "starlette.types": "ASGIApp AppType Lifespan Receive Scope Send",
        "starlette.websockets": "WebSocket",
        "typing": "Annotated Literal Protocol TypeVar cast",
        "typing_extensions": "Doc deprecated",
        "pronghorn.fields.json_writer": "without_nan=_normalize_non_finite_floats",
        "pronghorn.routes.lifespan": "HandlerLifespan=_DefaultLifespan "
        "merged=_merge_lifespan_context",
    },
    "pronghorn.security.api_key": {
        "pronghorn.security.base": "SecurityBase",
        "starlette.exceptions": "HTTPException",
        "starlette.status": "HTTP_401_UNAUTHORIZED",
        "typing": "Annotated",
        "typing_extensions": "Doc",
    },
    "pronghorn.security.http": {
        "base64": "b64decode",
        "modules": "binascii",
        "pronghorn.security.base": "SecurityBase",
        "starlette.status": "HTTP_401_UNAUTHORIZED",
        "typing": "Annotated",
        "typing_extensions": "Doc",
    },
    "pronghorn.security.oauth2": {
        "pronghorn.security.base": "SecurityBase",
        "starlette.status": "HTTP_401_UNAUTHORIZED",
        "typing": "cast",
        "typing_extensions": "Doc",
    },
    "pronghorn.security.open_id_connect_url": {
        "pronghorn.security.base": "SecurityBase",
        "starlette.exceptions": "HTTPException",
        "starlette.requests": "HTTPConnection",
        "starlette.status": "HTTP_401_UNAUTHORIZED",
        "typing": "Annotated",
        "typing_extensions": "Doc",
    },
    "pronghorn.security.base": {
        "pronghorn.openapi.models": "SecurityBase=SecurityBaseModel",
    },
    "pronghorn.sse": {
        "typing_extensions": "Doc",
    },
    "pronghorn.utils": {
        "modules": "pronghorn._compat.v2=v2 warnings",
        "pronghorn._compat": "ModelField PydanticSchemaGenerationError Undefined",
        "pronghorn._compat.shared": "annotation_is_pydantic_v1",
        "pronghorn.exceptions": "FastAPIDeprecationWarning PydanticV1NotSupportedError",
        "pronghorn.interop.model_fields": "create_model_field create_response_field",
        "pydantic.fields": "FieldInfo",
        "typing": "TYPE_CHECKING Literal",
    },
}
