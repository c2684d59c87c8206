"""Single parameters, values and forms, read outside of a request, compared with FastAPI."""

import asyncio
import inspect
import io
from collections import deque
from contextlib import AsyncExitStack
from typing import Annotated, Any

import pytest
from pydantic import AliasChoices, BaseModel, ConfigDict, Field, Json
from pydantic_core import PydanticUndefined
from starlette.datastructures import FormData, Headers, QueryParams
from starlette.datastructures import UploadFile as StarletteUpload

from tests.interop.both import Framework, on_both

EMPTY = inspect.Parameter.empty
UTILS = "dependencies.utils"


class Model(BaseModel):
    number: int = 1
    texts: list[str] = []


class Other(BaseModel):
    count: int
    text: Annotated[str, Field(alias="t")] = ""
    either: Annotated[str, Field(validation_alias=AliasChoices("e1", "e2"))] = ""


class Open(BaseModel):
    model_config = ConfigDict(extra="allow")
    size: int | None = None


def dependency() -> int: ...


PARAMETERS = {
    "nothing": lambda f: (EMPTY, EMPTY),
    "type": lambda f: (int, EMPTY),
    "default": lambda f: (int, 3),
    "none": lambda f: (str | None, None),
    "query": lambda f: (Annotated[int, f("Query")(alias="z", gt=1)], 4),
    "query default": lambda f: (list[int], f("Query")([])),
    "header": lambda f: (str, f("Header")()),
    "cookie": lambda f: (Annotated[str, f("Cookie")()], EMPTY),
    "body": lambda f: (Model, EMPTY),
    "dict": lambda f: (dict[str, int], EMPTY),
    "form": lambda f: (Annotated[Model, f("Form")()], EMPTY),
    "union form": lambda f: (Annotated[Model | Other, f("Form")()], EMPTY),
    "upload": lambda f: (f("UploadFile"), EMPTY),
    "uploads": lambda f: (list[f("UploadFile")], EMPTY),  # type: ignore[misc]
    "request": lambda f: (f("Request"), EMPTY),
    "websocket": lambda f: (f("WebSocket"), EMPTY),
    "response": lambda f: (f("Response"), EMPTY),
    "tasks": lambda f: (f("BackgroundTasks"), EMPTY),
    "scopes": lambda f: (f("security.SecurityScopes"), EMPTY),
    "depends": lambda f: (Annotated[int, f("Depends")(dependency)], EMPTY),
    "depends default": lambda f: (int, f("Depends")(dependency)),
    "depends on the type": lambda f: (Model, f("Depends")()),
    "two markers": lambda f: (Annotated[int, f("Query")()], f("Query")()),
    "default inside": lambda f: (Annotated[int, f("Query")(3)], EMPTY),
}


@pytest.mark.parametrize("in_path", [False, True])
@pytest.mark.parametrize("kind", PARAMETERS)
def test_what_a_parameter_stands_for(kind: str, in_path: bool) -> None:
    def run(f: Framework) -> Any:
        annotation, default = PARAMETERS[kind](f)
        names = {"x_y"} if in_path else set()
        try:
            details = f(f"{UTILS}.analyze_param")(
                param_name="x_y", annotation=annotation, value=default, path_param_names=names
            )
        except AssertionError as error:
            return str(error).splitlines()[0]
        bare = getattr(details.type_annotation, "__name__", details.type_annotation)
        depends, field = details.depends, details.field
        info = field and field.field_info
        return (
            bare,
            depends and (depends.dependency, depends.use_cache),
            field and (field.name, field.alias, type(info).__name__, info.default),
        )

    on_both(run)


def test_the_older_way_of_asking_is_understood() -> None:
    analyze = Framework("pronghorn")(f"{UTILS}.analyze_param")
    annotation, depends, field = analyze(
        param_name="a", annotation=int, value=EMPTY, is_path_param=True
    )
    assert (annotation, depends, field.location) == (int, None, "path")


def test_parameters_are_added_to_a_graph() -> None:
    def run(f: Framework) -> Any:
        graph = f("dependencies.models.Dependant")(path="")
        analyze, add = f(f"{UTILS}.analyze_param"), f(f"{UTILS}.add_param_to_fields")
        for kind in ("type", "query", "header", "cookie"):
            annotation, default = PARAMETERS[kind](f)
            found = analyze(
                param_name=f"in_{kind}",
                annotation=annotation,
                value=default,
                path_param_names=set(),
            )
            add(field=found.field, dependant=graph)
        body = analyze(param_name="b", annotation=Model, value=EMPTY, path_param_names=set())
        with pytest.raises(AssertionError) as caught:
            add(field=body.field, dependant=graph)
        lists = [
            getattr(graph, f"{place}_params") for place in ("query", "header", "cookie", "body")
        ]
        return [[field.name for field in fields] for fields in lists], str(caught.value)

    names, _ = on_both(run)
    assert names == [["in_type", "in_query"], ["in_header"], ["in_cookie"], []]


def test_injected_parameters_are_noted_in_a_graph() -> None:
    def run(f: Framework) -> Any:
        graph = f("dependencies.models.Dependant")(path="")
        add = f(f"{UTILS}.add_non_field_param_to_dependency")
        kinds = ("Request", "WebSocket", "Response", "BackgroundTasks")
        types = [*(f(name) for name in kinds), f("security.SecurityScopes"), int, Model]
        added = [
            add(param_name=f"p{index}", type_annotation=kind, dependant=graph)
            for index, kind in enumerate(types)
        ]
        names = [
            getattr(graph, f"{name}_param_name")
            for name in ("request", "websocket", "response", "background_tasks", "security_scopes")
        ]
        return added, names

    assert on_both(run)[1] == ["p0", "p1", "p2", "p3", "p4"]


# --- values ------------------------------------------------------------------------------------


def query_fields(f: Framework) -> list[Any]:
    query, header = f("Query"), f("Header")

    def function(
        number: int,
        default: int = 5,
        several: Annotated[list[int], query()] = [],  # noqa: B006 - as programs write it
        x_one: Annotated[str, header()] = "",
        x_many: Annotated[list[str], header()] = [],  # noqa: B006 - likewise
        json: Annotated[Json[list[int]] | None, query()] = None,
        named: Annotated[int, query(validation_alias=AliasChoices("p", "q_r"))] = 0,
    ) -> None: ...

    graph = f(f"{UTILS}.get_dependant")(path="/", call=function)
    return [*graph.query_params, *graph.header_params]


@pytest.mark.parametrize("value", [None, PydanticUndefined, "3", "x", "", ["1", "2"]])
def test_one_value_is_validated(value: Any) -> None:
    def run(f: Framework) -> Any:
        check = f(f"{UTILS}._validate_value_with_model_field")
        return [
            check(field=field, value=value, values={}, loc=("query", field.name))
            for field in query_fields(f)
        ]

    on_both(run)


@pytest.mark.parametrize(
    "source",
    [
        QueryParams("number=1&number=2&several=1&several=2&p=3"),
        QueryParams("number=&several="),
        Headers({"x-one": "v", "x-many": "w"}),
        {"number": "4", "several": "5"},
        {},
        FormData([("number", ""), ("several", "1")]),
    ],
)
def test_values_are_taken_from_what_was_sent(source: Any) -> None:
    def run(f: Framework) -> Any:
        take, aliases = f(f"{UTILS}._get_multidict_value"), f(f"{UTILS}._get_param_aliases")
        names = [aliases(field) for field in query_fields(f)]
        values = [take(field, source, aliases(field)[0][0]) for field in query_fields(f)]
        extras = list(f(f"{UTILS}._get_multidict_extras")(source, {"number"}))
        return names, values, extras, [f(f"{UTILS}._is_json_field")(x) for x in query_fields(f)]

    on_both(run)


def test_parameter_models() -> None:
    def run(f: Framework) -> Any:
        query, header, cookie = f("Query"), f("Header"), f("Cookie")

        def function(
            a: Annotated[Model, query()],
            b: Annotated[Model | None, cookie()] = None,
            c: Annotated[Model, header()] = None,  # type: ignore[assignment]
            d: list[Model] = [],  # noqa: B006 - as programs write it
        ) -> None: ...

        graph = f(f"{UTILS}.get_dependant")(path="/", call=function)
        fields = [
            *graph.query_params,
            *graph.cookie_params,
            *graph.header_params,
            *graph.body_params,
        ]
        read = f(f"{UTILS}._request_param_model_to_args")
        sent = ["number=1&texts=2&texts=3", "number=x", ""]
        return (
            [f(f"{UTILS}._get_param_model")(field) for field in fields],
            [f(f"{UTILS}._get_model_type")(field.field_info.annotation) for field in fields],
            [item.alias for item in f(f"{UTILS}._get_flat_fields_from_params")(fields[:3])],
            [read(fields[0], Model, QueryParams(text)) for text in sent],
        )

    on_both(run)


def test_fields_that_programs_make_themselves() -> None:
    def run(f: Framework) -> Any:
        make = f("_compat.ModelField")
        read, body = f(f"{UTILS}.request_params_to_args"), f(f"{UTILS}.request_body_to_args")
        query = make(name="a", field_info=f("params.Query")(annotation=int, alias="b"))
        form = make(name="a", field_info=f("params.Form")(annotation=list[int]))
        plain = make(name="a", field_info=f("params.Body")(annotation=int))
        plain.field_info.embed = True
        changed = make(name="a", field_info=f("params.Query")(annotation=int))
        changed.field_info = f("params.Query")(annotation=int, alias="c", default=7)
        return (
            [read([query], QueryParams(text)) for text in ("b=3", "a=3", "b=x")],
            [read([changed], QueryParams(text)) for text in ("c=3", "a=3")],
            asyncio.run(body([form], FormData([("a", "1"), ("a", "2")]), True)),
            asyncio.run(body([plain], {"a": "4"}, True)),
            f(f"{UTILS}._should_embed_body_fields")([plain]),
            [(one.alias, one.validation_alias, one.mode) for one in (query, form, changed)],
        )

    on_both(run)


def test_errors_get_a_place() -> None:
    errors = [{"loc": ("a", 1), "msg": "x"}, {"msg": "y"}]
    on_both(
        lambda f: f("_compat.v2._regenerate_error_with_loc")(errors=errors, loc_prefix=("body", 2))
    )


@pytest.mark.parametrize("is_async", [False, True])
def test_a_dependency_that_yields_is_entered(is_async: bool) -> None:
    async def run(f: Framework) -> Any:
        seen: list[Any] = []

        def plain(number: int) -> Any:
            yield number
            seen.append("closed")

        async def of_async(number: int) -> Any:
            yield number
            seen.append("closed")

        graph = f("dependencies.models.Dependant")(call=of_async if is_async else plain, path="/")
        async with AsyncExitStack() as stack:
            request = f("Request")({"type": "http", "fastapi_inner_astack": stack})
            enter = f(f"{UTILS}._solve_generator")
            seen.append(
                await enter(dependant=graph, stack=stack, sub_values={"number": 3}, request=request)
            )
        return seen

    assert on_both(lambda f: asyncio.run(run(f))) == [3, "closed"]


def test_results_are_put_into_the_cache_of_the_caller() -> None:
    async def run(f: Framework) -> Any:
        depends, request = f("Depends"), f("Request")

        def shared() -> int:
            return 1

        def function(value: Annotated[int, depends(shared)]) -> None: ...

        graph = f(f"{UTILS}.get_dependant")(path="/", call=function)
        cache: dict[Any, Any] = {}
        async with AsyncExitStack() as stack:
            scope = {"type": "http", "headers": [], "query_string": b"", "path_params": {}}
            scope |= {"fastapi_inner_astack": stack, "fastapi_function_astack": stack}
            solved = await f(f"{UTILS}.solve_dependencies")(
                request=request(scope),
                dependant=graph,
                async_exit_stack=stack,
                embed_body_fields=False,
                dependency_cache=cache,
            )
        assert solved.dependency_cache is cache
        return [(call.__name__, scopes, when) for call, scopes, when in cache]

    assert on_both(lambda f: asyncio.run(run(f))) == [("shared", (), "")]


# --- forms -------------------------------------------------------------------------------------


def upload() -> StarletteUpload:
    return StarletteUpload(io.BytesIO(b"content"), filename="name", size=7)


def sent_form() -> FormData:
    pairs: list[tuple[str, Any]] = [
        ("number", "1"),
        ("texts", "x"),
        ("texts", "y"),
        ("empty", ""),
        ("file", upload()),
        ("raw", upload()),
        ("extra", "q"),
        ("count", "2"),
        ("e2", "later"),
    ]
    return FormData(pairs)


def form_fields(f: Framework) -> list[list[Any]]:
    form, file, uploaded = f("Form"), f("File"), f("UploadFile")

    def plain(
        number: Annotated[int, form()],
        texts: Annotated[list[str], form()],
        empty: Annotated[str, form()] = "d",
        file: uploaded | None = None,  # type: ignore[valid-type]
        raw: Annotated[bytes, file()] = b"",
    ) -> None: ...

    def model(data: Annotated[Model, form()]) -> None: ...

    def optional(data: Annotated[Other | None, form()] = None) -> None: ...

    def union(data: Annotated[Model | Other, form()]) -> None: ...

    def opened(data: Annotated[Open, form()]) -> None: ...

    def mixed(data: Annotated[Model, form()], extra: Annotated[str, form()] = "") -> None: ...

    plain.__annotations__["file"] = uploaded | None
    get_dependant = f(f"{UTILS}.get_dependant")
    functions = (plain, model, optional, union, opened, mixed)
    return [get_dependant(path="/", call=function).body_params for function in functions]


def comparable(value: Any) -> Any:
    if isinstance(value, StarletteUpload):
        return value.filename
    if isinstance(value, dict):
        return {name: comparable(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [comparable(item) for item in value]
    return value.model_dump() if isinstance(value, BaseModel) else value


def test_a_form_is_taken_apart() -> None:
    async def run(f: Framework) -> Any:
        found = []
        for fields in form_fields(f):
            items = f(f"{UTILS}._extract_form_items")(fields, sent_form())
            found.append([(name, value, field and field.name) for name, value, field in items])
            body = f(f"{UTILS}._extract_form_body")(fields, sent_form())
            found.append([(name, value, field and field.name) async for name, value, field in body])
        return comparable(found)

    on_both(lambda f: asyncio.run(run(f)))


def test_form_models() -> None:
    async def run(f: Framework) -> Any:
        found = []
        for fields in form_fields(f):
            models = f(f"{UTILS}._get_form_models")(fields[0])
            supplied = f(f"{UTILS}._is_form_model_supplied")
            annotation = fields[0].field_info.annotation
            found.append(
                (
                    models,
                    f(f"{UTILS}._get_form_model")(fields[0]),
                    f(f"{UTILS}._get_form_union_models")(annotation),
                    [
                        supplied(model, form)
                        for model in models
                        for form in (sent_form(), FormData())
                    ],
                )
            )
            if models:
                taken = f(f"{UTILS}._extract_form_model")(fields[0], models, sent_form())
                found.append(comparable(await taken))
        return found

    on_both(lambda f: asyncio.run(run(f)))


VALUES: list[Any] = [
    {"texts": ("x", "y")},
    {"texts": deque(["x"])},
    {"texts": []},
    {"texts": None},
    {"texts": ""},
    {"number": ["1", "2"]},
    {"number": []},
    {"number": ""},
    {"other": ["only"]},
    {"other": ["x", "y"]},
    5,
    None,
]


@pytest.mark.parametrize("value", VALUES)
def test_one_model_of_a_union_takes_its_part(value: Any) -> None:
    on_both(lambda f: f(f"{UTILS}._normalize_form_model")(value, model=Model))


def test_a_union_says_how_its_models_are_read() -> None:
    """Cadwyn looks for this function in the type."""

    def run(f: Framework) -> Any:
        annotation = form_fields(f)[3][0].field_info.annotation
        added = f(f"{UTILS}._add_form_union_validators")(Model | Other)
        normalize = f(f"{UTILS}._normalize_form_model")
        return [
            [
                (member.__origin__, item.func.func is normalize, item.func.keywords["model"])
                for member in found.__args__
                for item in member.__metadata__
                if hasattr(item, "func")
            ]
            for found in (annotation, added)
        ]

    assert on_both(run)[0] == [(Model, True, Model), (Other, True, Other)]
