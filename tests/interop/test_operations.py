"""Parts of a document, made step by step as programs do it, compared with FastAPI."""

from collections.abc import Callable
from enum import Enum
from typing import Annotated, Any, Generic, TypeVar

import pytest
from pydantic import BaseModel, Field, computed_field

from tests.interop.both import Framework, on_both

Content = TypeVar("Content")


class Color(Enum):
    red = "red"
    blue = "blue"


class Part(BaseModel):
    """One part.\fNot for readers of the document."""

    color: Color = Color.red
    next: "Part | None" = None


class Item(BaseModel):
    name: str = "x"
    parts: list[Part] = []

    @computed_field
    @property
    def size(self) -> int:
        return len(self.parts)


class Page(BaseModel, Generic[Content]):
    items: list[Content]


class Filter(BaseModel):
    limit: int = 3
    off_set: Annotated[int, Field(description="Where to begin")] = 0


def items_app(f: Framework) -> Any:
    """Bodies, models that differ between input and output, several methods, a callback."""
    app, callbacks, router = f("FastAPI")(), f("APIRouter")(), f("APIRouter")(prefix="/parts")
    body, query = f("Body"), f("Query")

    @callbacks.post("{$request.body.url}/{part}")
    def tell(part: int, item: Item) -> Part: ...

    @app.post("/items/{item_id}", callbacks=callbacks.routes, tags=["a"], deprecated=True)
    def create(item_id: int, item: Item, other: Annotated[Item, body(examples=[{}])]) -> Item:
        """Make one."""

    @app.put("/pages", responses={404: {"model": Part, "description": "None"}, "5XX": {}})
    def replace(page: Page[Item], filters: Annotated[Filter, query()]) -> Page[Item]: ...

    @router.get("/{color}", summary="All parts")
    async def parts(
        color: Color, old: Annotated[int, query(deprecated=True)] = 1
    ) -> list[Part]: ...

    @router.get("/hidden", include_in_schema=False)
    def hidden() -> None: ...

    app.include_router(router, prefix="/v1", tags=["parts"])
    return app


def forms_app(f: Framework) -> Any:
    """Fields, files, form models and unions of them."""
    app, form, file = f("FastAPI")(), f("Form"), f("File")
    upload = f("UploadFile")

    @app.post("/fields")
    def fields(a: Annotated[int, form()], b: list[str] = form([])) -> None: ...

    @app.post("/files")
    def files(one: upload, several: Annotated[list[bytes], file()]) -> None: ...  # type: ignore[valid-type]

    @app.post("/model")
    def model(data: Annotated[Filter, form()]) -> None: ...

    @app.post("/union")
    def union(data: Annotated[Filter | Part, form()]) -> None: ...

    return app


def security_app(f: Framework) -> Any:
    """Schemes with scopes, used on several ways."""
    app, security, depends, header = f("FastAPI")(), f("Security"), f("Depends"), f("Header")
    oauth = f("security.OAuth2PasswordBearer")("token", scopes={"read": "Reads"})
    key = f("security.APIKeyHeader")(name="x-key")

    def user(token: str = security(oauth, scopes=["read"]), x_at: str = header("")) -> str: ...

    def admin(name: Annotated[str, security(user, scopes=["write"])], k: str = depends(key)): ...

    @app.get("/me", dependencies=[security(oauth, scopes=["admin"])])
    def me(a: str = depends(admin), b: str = security(user, scopes=["me"])) -> None: ...

    return app


APPS = [items_app, forms_app, security_app]


def without_none(value: Any) -> Any:
    """Documents leave out what is None."""
    if isinstance(value, dict):
        return {key: without_none(item) for key, item in value.items() if item is not None}
    return [without_none(item) for item in value] if isinstance(value, (list, tuple)) else value


def routes_of(f: Framework, app: Any) -> list[Any]:
    contexts = f("routing.iter_route_contexts")(app.routes)
    found = (f("openapi.utils._get_api_route_for_openapi")(context) for context in contexts)
    return [route for route in found if route is not None]


def steps(f: Framework, app: Any, separate: bool) -> tuple[list[Any], Any, Any, Any]:
    """The fields of an application, their models, and their schemas."""
    fields = f("openapi.utils.get_fields_from_routes")(app.routes)
    models = f("_compat.get_flat_models_from_fields")(fields, known_models=set())
    names = f("_compat.get_model_name_map")(models)
    mapping, definitions = f("_compat.get_definitions")(
        fields=fields, model_name_map=names, separate_input_output_schemas=separate
    )
    return fields, names, mapping, definitions


@pytest.mark.parametrize("separate", [True, False])
@pytest.mark.parametrize("make", APPS)
def test_schemas_of_fields(make: Callable[[Framework], Any], separate: bool) -> None:
    def run(f: Framework) -> Any:
        fields, names, mapping, definitions = steps(f, make(f), separate)
        schema_of = f("_compat.get_schema_from_model_field")
        schemas = [
            schema_of(
                field=field,
                model_name_map=names,
                field_mapping=mapping,
                separate_input_output_schemas=separate,
                field_alias=alias,
            )
            for field in fields
            for alias in (None, "an_alias")
        ]
        schemas.sort(key=str)  # FastAPI has the fields of callbacks in another place.
        own = {(id(field), mode): schema for (field, mode), schema in mapping.items()}
        modes = [
            [mode for mode in ("validation", "serialization") if (id(field), mode) in own]
            for field in fields
        ]
        return definitions, schemas, sorted(modes), sorted(names.values())

    definitions, *_ = on_both(run)
    assert bool(definitions) is (make is not security_app)


@pytest.mark.parametrize("make", APPS)
def test_paths(make: Callable[[Framework], Any]) -> None:
    def run(f: Framework) -> Any:
        app = make(f)
        _, names, mapping, _ = steps(f, app, True)
        ids: set[str] = set()
        path_of = f("openapi.utils.get_openapi_path")
        known = {"operation_ids": ids, "model_name_map": names, "field_mapping": mapping}
        return without_none([path_of(route=route, **known) for route in routes_of(f, app)]), ids

    (paths, _ids) = on_both(run)
    assert any(path for path, _, _ in paths)


@pytest.mark.parametrize("make", APPS)
def test_parts_of_an_operation(make: Callable[[Framework], Any]) -> None:
    def run(f: Framework) -> Any:
        app, found = make(f), []
        _, names, mapping, _ = steps(f, app, True)
        for route in routes_of(f, app):
            if not route.include_in_schema:
                continue
            data = f("openapi.utils._get_openapi_dependency_data")(route.dependant)
            known = {"model_name_map": names, "field_mapping": mapping}
            found += [
                f("openapi.utils.get_openapi_operation_metadata")(
                    route=route, method="GET", operation_ids=set()
                ),
                f("openapi.utils._get_openapi_operation_parameters")(dependency_data=data, **known),
                f("openapi.utils.get_openapi_operation_request_body")(
                    body_field=route.body_field, **known
                ),
                f("openapi.utils._get_openapi_security_definitions")(data.security_dependencies),
                [[type(node.call).__name__, scopes] for node, scopes in data.security_dependencies],
            ]
        return without_none(found)

    on_both(run)


def test_an_operation_id_that_is_there_already_is_warned_about() -> None:
    def run(f: Framework) -> Any:
        app = f("FastAPI")()
        app.get("/", operation_id="a")(lambda: None)
        with pytest.warns(UserWarning, match="Duplicate Operation ID a"):
            f("openapi.utils.get_openapi_operation_metadata")(
                route=app.routes[-1], method="GET", operation_ids={"a"}
            )
        with pytest.warns(UserWarning, match="deprecated"):
            return f("openapi.utils.generate_operation_id")(route=app.routes[-1], method="GET")

    assert on_both(run) == "a"


def test_parameters_of_functions_without_a_route() -> None:
    """What tile servers put into their WMTS documents."""

    def run(f: Framework) -> Any:
        query, header, depends = f("Query"), f("Header"), f("Depends")

        def shared(q: Annotated[str | None, query(alias="query", min_length=2)] = None): ...

        def style(
            color: Annotated[Color, query(description="Its colour", examples=["red"])] = Color.red,
            x_at: str = header("now"),
            secret: Annotated[int, query(include_in_schema=False)] = 0,
            other: Any = depends(shared),
        ): ...

        def filters(values: Annotated[Filter, query()]): ...

        get_dependant = f("dependencies.utils.get_dependant")
        get_flat_params = f("dependencies.utils.get_flat_params")
        fields = []
        for function in (style, filters):
            fields += get_flat_params(get_dependant(path="", call=function))
        models = f("_compat.get_flat_models_from_fields")(fields, known_models=set())
        names = f("_compat.get_model_name_map")(models)
        mapping, definitions = f("_compat.get_definitions")(fields=fields, model_name_map=names)
        combined = f("dependencies.models.Dependant")(path="")
        combined.query_params = fields
        data = f("openapi.utils._get_openapi_dependency_data")(combined)
        parameters = f("openapi.utils._get_openapi_operation_parameters")(
            dependency_data=data, model_name_map=names, field_mapping=mapping
        )
        return without_none(parameters), definitions

    parameters, _ = on_both(run)
    assert [item["name"] for item in parameters] == ["color", "query", "x-at", "limit", "off_set"]
    assert {item["in"] for item in parameters} == {"query"}


# --- models ------------------------------------------------------------------------------------

ANNOTATIONS: list[Any] = [
    int,
    Item,
    list[Item],
    dict[str, Part] | None,
    Annotated[list[Color], "metadata"],
    tuple[Part, ...],
    type[Part],
    Page[Item],
    set[Color] | None,
]


@pytest.mark.parametrize("annotation", ANNOTATIONS)
def test_models_in_a_type(annotation: Any) -> None:
    def run(f: Framework) -> Any:
        known: set[Any] = set()
        found = f("_compat.v2.get_flat_models_from_annotation")(annotation, known)
        assert found is known
        field = f("_compat.ModelField")(
            name="value", field_info=f("params.Body")(annotation=annotation)
        )
        of_field = f("_compat.v2.get_flat_models_from_field")(field, set())
        computed = f("_compat.v2._has_computed_fields")(field)
        return found, of_field, f("_compat.v2.get_flat_models_from_model")(Item), computed

    on_both(run)


@pytest.mark.parametrize("name", ["Page[int]", "a.b-c_d", "é ü", "Page[list[Item]]"])
def test_names_in_references(name: str) -> None:
    on_both(lambda f: f("_compat.v2.normalize_name")(name))


def test_models_of_one_name() -> None:
    other = type("Item", (BaseModel,), {})
    found = on_both(
        lambda f: sorted(f("_compat.get_model_name_map")({Item, other, Color}).values())
    )
    assert found == ["Color", "Item"]
