"""Names that public programs import from FastAPI's modules, and the errors for unknown ones."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import sys
from pathlib import Path
from types import ModuleType

import pytest

import pronghorn
from tests.interop.both import Framework

FOLDER = Path(pronghorn.__file__).parent
#: What programs were found to import, by module.
IMPORTED = {
    "_compat": "get_definitions get_flat_models_from_fields get_model_name_map "
    "get_schema_from_model_field",
    "_compat.v2": "normalize_name TypeModelOrEnum TypeModelSet _regenerate_error_with_loc asdict "
    "get_flat_models_from_model get_flat_models_from_annotation get_flat_models_from_field "
    "GenerateJsonSchema _has_computed_fields _annotation_has_computed_fields",
    "openapi.utils": "_OpenAPIDependencyData _get_openapi_dependency_data "
    "_get_openapi_operation_parameters get_openapi_path get_openapi_operation_metadata "
    "get_openapi_operation_request_body _get_openapi_security_definitions generate_operation_id "
    "_get_api_route_for_openapi",
    "routing": "_merge_lifespan_context _DefaultLifespan _build_response_args "
    "_populate_api_route_state _IncludedRouter _wrap_gen_lifespan_context "
    "_AsyncLiftContextManager _extract_endpoint_context _normalize_non_finite_floats "
    "_build_dependant_with_parameterless_dependencies _get_fastapi_scope "
    "_get_scope_effective_route_context _EffectiveRouteContext _iter_routes_with_context",
    "dependencies.utils": "analyze_param add_param_to_fields add_non_field_param_to_dependency "
    "ParamDetails _get_flat_fields_from_params _validate_value_with_model_field "
    "_extract_form_body _extract_form_items _extract_form_model _is_form_model_supplied "
    "_get_form_model _get_form_models _get_form_union_models _add_form_union_validators "
    "_normalize_form_model _get_model_type _get_param_model _get_param_aliases "
    "_get_multidict_value _get_multidict_extras _is_json_field _is_empty_file_input "
    "_request_param_model_to_args _solve_generator _get_signature _get_cache_key _STREAM_ORIGINS",
    "encoders": "encoders_by_class_tuples generate_encoders_by_class_tuples PyExtraColor",
    "applications": "BaseHTTPMiddleware",
}
#: Asked for by programs, and gone from FastAPI 0.165.
GONE = {"routing": "_contains_response _is_json_content_type"}
#: Internals of telemetry, and what stands for something that pronghorn does not have.
NOT_HERE = {
    "_body_limit": "AppBodyLimitMiddleware MAX_BODY_SIZE_SCOPE_KEY get_body_limit_error "
    "get_body_size_limit wrap_app_with_body_limit",
    "_compat.shared": "WithArgsTypes sequence_annotation_to_type",
    "applications": "AppBodyLimitMiddleware ExceptionTelemetryMiddleware TelemetryConfig",
    "openapi.models": "email_validator typing_deprecated",
    "routing": "MAX_BODY_SIZE_SCOPE_KEY get_body_limit_error get_body_size_limit "
    "get_telemetry_data wrap_app_with_body_limit",
    "utils": "fastapi",
}


def flat(table: dict[str, str]) -> list[tuple[str, str]]:
    return [(module, name) for module, names in table.items() for name in names.split()]


@pytest.mark.parametrize(("module", "name"), flat(IMPORTED))
def test_a_name_is_found_where_fastapi_has_it(module: str, name: str) -> None:
    for framework in ("fastapi", "pronghorn"):
        Framework(framework)(f"{module}.{name}")


@pytest.mark.parametrize(("module", "name"), flat(GONE))
def test_a_name_that_fastapi_had_is_still_found(module: str, name: str) -> None:
    assert callable(Framework("pronghorn")(f"{module}.{name}"))


@pytest.mark.filterwarnings("ignore:starlette.middleware.wsgi is deprecated")
def test_every_public_name_of_every_module_is_found() -> None:
    import fastapi

    missing = []
    for info in pkgutil.walk_packages(fastapi.__path__, "fastapi."):
        path = info.name.removeprefix("fastapi.")
        if path.startswith(("telemetry", "__main__", "cli")):
            continue
        here = importlib.import_module(f"pronghorn.{path}")
        names = [name for name in vars(importlib.import_module(info.name)) if name[0] != "_"]
        missing += [(path, name) for name in names if not hasattr(here, name)]
    assert sorted(missing) == sorted(flat(NOT_HERE))


def test_names_are_looked_up_when_somebody_asks() -> None:
    assert "get_openapi_path" not in vars(sys.modules["pronghorn.openapi.utils"])


# --- wrong names --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        (
            "from pronghorn import APIRuter",
            "cannot import name 'APIRuter' from 'pronghorn'; did you mean 'APIRouter'?",
        ),
        (
            "from pronghorn.openapi.utils import get_open_api",
            (
                "cannot import name 'get_open_api' from 'pronghorn.openapi.utils'; "
                "did you mean 'get_openapi'?"
            ),
        ),
        (
            "from pronghorn._compat import get_definition",
            (
                "cannot import name 'get_definition' from 'pronghorn._compat'; "
                "did you mean 'get_definitions'?"
            ),
        ),
        (
            "from pronghorn.routing import APIRoute, _IncludedRoute",
            (
                "cannot import name '_IncludedRoute' from 'pronghorn.routing'; "
                "did you mean '_IncludedRouter'?"
            ),
        ),
        (
            "from pronghorn.dependencies.utils import analyse_param as found",
            (
                "cannot import name 'analyse_param' from 'pronghorn.dependencies.utils'; "
                "did you mean 'analyze_param'?"
            ),
        ),
        (
            "from pronghorn.exceptions import RequestValidationEror",
            (
                "cannot import name 'RequestValidationEror' from 'pronghorn.exceptions'; "
                "did you mean 'RequestValidationError'?"
            ),
        ),
        (
            "from pronghorn.security import OAuth2PasswordBear",
            (
                "cannot import name 'OAuth2PasswordBear' from 'pronghorn.security'; "
                "did you mean 'OAuth2PasswordBearer'?"
            ),
        ),
        (
            "from pronghorn.params import Zebra",
            "cannot import name 'Zebra' from 'pronghorn.params'",
        ),
    ],
)
def test_a_wrong_import_names_the_nearest_name(statement: str, message: str) -> None:
    with pytest.raises(ImportError) as caught:
        exec(statement, {})
    assert str(caught.value) == message
    assert caught.value.name == statement.split()[1]
    assert caught.value.path == sys.modules[statement.split()[1]].__file__


def paths() -> list[str]:
    found = pkgutil.walk_packages(pronghorn.__path__, "pronghorn.")
    inner = importlib.import_module("fastapi")
    theirs = {info.name for info in pkgutil.walk_packages(inner.__path__, "fastapi.")}
    return sorted(
        info.name for info in found if info.name.replace("pronghorn", "fastapi", 1) in theirs
    )


@pytest.mark.filterwarnings("ignore:starlette.middleware.wsgi is deprecated")
def test_every_import_path_of_fastapi_answers_so() -> None:
    for path in paths():
        if path.endswith(("__main__", ".cli")):
            continue
        module: ModuleType = importlib.import_module(path)
        with pytest.raises(AttributeError) as caught:
            module.zebra_crossing  # noqa: B018 - asked for its error
        assert str(caught.value) == f"module {path!r} has no attribute 'zebra_crossing'"
        assert not hasattr(module, "zebra_crossing")


def test_an_attribute_names_the_nearest_name_too() -> None:
    with pytest.raises(AttributeError, match="did you mean 'jsonable_encoder'"):
        importlib.import_module("pronghorn.encoders").jsonable_encode  # noqa: B018 - likewise


def test_a_submodule_that_is_not_loaded_is_still_imported() -> None:
    name = "pronghorn.middleware.httpsredirect"
    sys.modules.pop(name, None)
    vars(sys.modules["pronghorn.middleware"]).pop("httpsredirect", None)
    exec("from pronghorn.middleware import httpsredirect", {})
    assert name in sys.modules


def test_type_checkers_see_no_function_that_makes_every_name_right() -> None:
    for file in FOLDER.rglob("*.py"):
        top = ast.parse(file.read_text(encoding="utf-8")).body
        names = [node.name for node in top if isinstance(node, ast.FunctionDef)]
        assert "__getattr__" not in names, file
