"""Generate functions for programs: parameters, dependencies, and the requests that reach them."""

from __future__ import annotations

import dataclasses

from hypothesis import strategies as st

from tests.differential.kinds import JSON_ONLY, SCALARS, SEQUENCES, UNIONS, Kind

CONSTRAINTS = {
    "number": (
        "gt=0",
        "ge=1",
        "lt=100",
        "le=5",
        "multiple_of=2",
        "allow_inf_nan=False",
        "strict=True",
    ),
    "text": ("min_length=2", "max_length=3", "pattern='^[a-h]+$'", "strict=True"),
    "list": ("min_length=1", "max_length=2", "fail_fast=True"),
    "": (),
}
DOCUMENTED = (
    *("title='A title'", "description='About it'", "deprecated=True", "include_in_schema=False"),
    *("examples=['a', 1]", "json_schema_extra={'x-more': 1}", "validate_default=True"),
    "openapi_examples={'one': {'summary': 's', 'value': 1}}",
)
ALIASES = (
    "alias='{0}'",
    "validation_alias='{0}'",
    "serialization_alias='{0}'",
    "validation_alias=pydantic.AliasChoices('{0}', '{1}')",
)
MARKERS = {"path": "Path", "query": "Query", "header": "Header", "cookie": "Cookie",
           "body": "Body", "form": "Form", "file": "File"}  # fmt: skip
FILES = (
    Kind("fastapi.UploadFile"),
    Kind("bytes"),
    Kind("list[fastapi.UploadFile]"),
    Kind("list[bytes]"),
    Kind("fastapi.UploadFile | None"),
    Kind("bytes | None"),
)


@dataclasses.dataclass(frozen=True)
class Parameter:
    """One value that a client sends.

    Args:
        source: As it stands in the signature.
        names: The names under which a client may send it.
    """

    location: str
    names: tuple[str, ...]
    kind: Kind
    source: str


@dataclasses.dataclass(frozen=True)
class Model:
    """A Pydantic model of a generated program."""

    kind: Kind
    source: str
    dependencies: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Function:
    """A dependency or an endpoint: its source, and everything that it and those below it read."""

    name: str
    source: str
    parameters: tuple[Parameter, ...]


def chance(percent: int) -> st.SearchStrategy[bool]:
    """True in so many of a hundred cases; shrinks to False."""
    return st.integers(0, 99).map(lambda number: number >= 100 - percent)


def kinds_for(location: str, models: list[Model]) -> st.SearchStrategy[Kind]:
    """The types that make sense in a place, and sometimes one that does not."""
    if location == "file":
        return st.sampled_from(FILES)
    if location == "body":
        own = [model.kind for model in models]
        several = [Kind(f"list[{item.annotation}]", (), ("[]",)) for item in own]
        several += [
            Kind(f"{item.annotation} | None", (), ("null",), fields=item.fields) for item in own
        ]
        return st.sampled_from([*own, *several, *own, *JSON_ONLY, *SCALARS, *UNIONS, *SEQUENCES])
    if location in ("path", "cookie"):
        return st.sampled_from([*SCALARS, *UNIONS])
    return st.sampled_from([*SCALARS, *UNIONS, *SEQUENCES])


@st.composite
def model(draw: st.DrawFn, number: int, models: list[Model], flat: bool) -> Model:
    """A model; `flat`: its fields are separate parameters or form fields."""
    fields: list[tuple[str, Kind]] = []
    lines = [f"class M{number}(pydantic.BaseModel):"]
    config = draw(st.sampled_from(["", "", "", "'extra': 'forbid'", "'extra': 'allow'",
                                   "'populate_by_name': True", "'strict': True",
                                   "'from_attributes': True", "'frozen': True",
                                   "'alias_generator': lambda name: name.upper()",
                                   "'use_enum_values': True", "'validate_default': True",
                                   "'str_strip_whitespace': True", "'title': 'T'",
                                   "'json_schema_extra': {'x': 1}"]))  # fmt: skip
    if config:
        lines.append(f"    model_config = {{{config}}}")
    for index in range(draw(st.integers(1, 4))):
        name = f"f{index}" if draw(chance(70)) else f"long_name{index}"
        wire = name
        item = draw(kinds_for("query" if flat else "body", models))
        options = []
        if draw(chance(20)):
            wire = f"w{index}"
            options.append(draw(st.sampled_from(ALIASES)).format(wire, f"other{index}"))
        if item.family and draw(chance(25)):
            options.append(draw(st.sampled_from(CONSTRAINTS[item.family])))
        if draw(chance(10)):
            options.append(
                draw(
                    st.sampled_from(
                        [
                            "title='F'",
                            "description='d'",
                            "deprecated=True",
                            "exclude=True",
                            "repr=False",
                            "examples=[1]",
                        ]
                    )
                )
            )
        if draw(chance(45)):
            options.insert(0, draw(st.sampled_from([item.default, "None"])))
        field = f"    {name}: {item.annotation}"
        lines.append(f"{field} = pydantic.Field({', '.join(options)})" if options else field)
        fields += [(wire, item), (name, item)] if draw(chance(5)) else [(wire, item)]
    name = f"M{number}"
    return Model(Kind(name, fields=tuple(fields)), "\n".join(lines))


@st.composite
def parameter(
    draw: st.DrawFn, name: str, location: str, models: list[Model], flat: list[Model]
) -> Parameter:
    """One parameter, with everything that can be said about it."""
    if location in ("query", "header", "cookie", "form") and flat and draw(chance(15)):
        return draw(parameter_model(name, location, flat))
    item = draw(kinds_for(location, models))
    names = (name.replace("_", "-"),) if location == "header" else (name,)
    options: list[str] = []
    if draw(chance(25)) and location != "path":
        wire = f"{name}-wire"
        names = (wire,)
        options.append(draw(st.sampled_from([f"alias='{wire}'", f"validation_alias='{wire}'"])))
    elif draw(chance(8)) and location != "path":
        names = (f"{name}1", f"{name}2")
        options.append(f"validation_alias=pydantic.AliasChoices('{name}1', '{name}2')")
    elif location == "header" and draw(chance(15)):
        names = (name,)
        options.append("convert_underscores=False")
    if item.family and draw(chance(40)):
        options.append(draw(st.sampled_from(CONSTRAINTS[item.family])))
    if draw(chance(15)):
        options.append(draw(st.sampled_from(DOCUMENTED)))
    if location == "body" and draw(chance(20)):
        options.append("embed=True")
    default = None
    if location != "path" and draw(chance(50)):
        default = draw(st.sampled_from([item.default, "None"]))
    source = _written(draw, name, location, item, options, default)
    return Parameter(location, names, item, source)


def _written(
    draw: st.DrawFn, name: str, location: str, item: Kind, options: list[str], default: str | None
) -> str:
    """A parameter in one of the ways in which people write them."""
    marker = f"fastapi.{MARKERS[location]}"
    plain = location in ("path", "query") and not options
    plain = plain or (location == "body" and bool(item.fields) and not options)
    if plain and draw(chance(50)):
        source = f"{name}: {item.annotation}"
        return source if default is None else f"{source} = {default}"
    if draw(chance(50)):
        first = [] if location == "path" else [default if default is not None else "..."]
        return f"{name}: {item.annotation} = {marker}({', '.join([*first, *options])})"
    if default is not None and "[" in default and draw(chance(50)):
        options = [*options, f"default_factory=lambda: {default}"]
        default = None
    source = f"{name}: Annotated[{item.annotation}, {marker}({', '.join(options)})]"
    return source if default is None else f"{source} = {default}"


@st.composite
def parameter_model(draw: st.DrawFn, name: str, location: str, flat: list[Model]) -> Parameter:
    """A model whose fields are separate parameters."""
    chosen = draw(st.sampled_from(flat)).kind
    source = f"{name}: Annotated[{chosen.annotation}, fastapi.{MARKERS[location]}()]"
    if draw(chance(20)):
        source = (
            f"{name}: Annotated[{chosen.annotation} | None, fastapi.{MARKERS[location]}()] = None"
        )
    return Parameter(location, (), chosen, source)


@st.composite
def parameters(
    draw: st.DrawFn, prefix: str, locations: list[str], models: list[Model], flat: list[Model]
) -> list[Parameter]:
    """Up to three parameters in the given places."""
    count = draw(st.integers(0, 3))
    names = [f"{prefix}{'_' if draw(chance(30)) else ''}{index}" for index in range(count)]
    return [draw(parameter(name, draw(st.sampled_from(locations)), models, flat)) for name in names]


INJECTED = (
    "request: fastapi.Request",
    "response: fastapi.Response",
    "tasks: fastapi.BackgroundTasks",
    "scopes: fastapi.security.SecurityScopes",
)
OUTCOMES = (
    "raise fastapi.HTTPException(418, detail={'a': [1]}, headers={'x-tea': 'pot'})",
    "raise fastapi.HTTPException(404)",
    "raise ValueError('unexpected')",
)


@st.composite
def dependency(
    draw: st.DrawFn,
    number: int,
    known: list[Function],
    locations: list[str],
    models: list[Model],
    flat: list[Model],
) -> Function:
    """A dependency: `def` or `async def`, plain or `yield`ing, on others or not."""
    name = f"dep{number}"
    own = draw(parameters(f"p{number}", locations, models, flat))
    signature = [item.source for item in own]
    everything = list(own)
    for index, other in enumerate(
        draw(st.lists(st.sampled_from(known), max_size=2)) if known else []
    ):
        signature.append(f"d{index}: Annotated[Any, {depends(draw, other, inner=True)}]")
        everything += other.parameters
    signature += draw(st.lists(st.sampled_from(INJECTED), max_size=1))
    if draw(chance(15)):
        return Function(name, _class(draw, name, signature), tuple(everything))
    kind = draw(st.sampled_from(["def", "async def"]))
    lines = [f"{kind} {name}({'*, ' if signature else ''}{', '.join(signature)}):"]
    lines.append(f"    seen('{name}', dict(locals()))")
    lines += _injected_use(draw, signature)
    if draw(chance(4)):
        lines.append(f"    {draw(st.sampled_from(OUTCOMES))}")
    if draw(chance(35)):
        lines += _yielding(draw, name)
    else:
        lines.append(f"    return '{name}'")
    return Function(name, "\n".join(lines), tuple(everything))


def _class(draw: st.DrawFn, name: str, signature: list[str]) -> str:
    """A dependency that is a class, or an object that can be called."""
    arguments = ", ".join(["self", *(["*"] if signature else []), *signature])
    body = f"        seen('{name}', dict(locals(), self=None))"
    shown = f"    def __repr__(self):\n        return '<{name}>'"
    if draw(st.booleans()):
        return f"class {name}:\n    def __init__({arguments}):\n{body}\n\n{shown}"
    kind = draw(st.sampled_from(["def", "async def"]))
    lines = [
        f"class {name}:",
        f"    {kind} __call__({arguments}):",
        body,
        f"        return '{name}'",
    ]
    return "\n".join([*lines, "", shown, "", f"{name} = {name}()"])


def _yielding(draw: st.DrawFn, name: str) -> list[str]:
    shape = draw(st.integers(0, 2))
    if shape == 0:
        return [f"    yield '{name}'", f"    seen('{name} exits', {{}})"]
    lines = ["    try:", f"        yield '{name}'", "    except Exception as error:",
             f"        seen('{name} sees', {{'error': name_of(error)}})"]  # fmt: skip
    lines.append(
        "        raise" if shape == 1 else "        raise fastapi.HTTPException(409) from error"
    )
    return [*lines, "    finally:", f"        seen('{name} exits', {{}})"]


def _injected_use(draw: st.DrawFn, signature: list[str]) -> list[str]:
    lines = []
    if INJECTED[1] in signature:
        lines.append("    response.headers['x-set'] = 'yes'")
        if draw(chance(30)):
            lines.append(
                f"    response.status_code = {draw(st.sampled_from([201, 202, 404, 204]))}"
            )
        if draw(chance(30)):
            lines.append("    response.set_cookie('c', 'v')")
    if INJECTED[2] in signature:
        lines.append("    tasks.add_task(seen, 'task', {})")
    return lines


def depends(draw: st.DrawFn, function: Function, inner: bool = False) -> str:
    """How another function asks for this one.

    Args:
        inner: A dependency asks. FastAPI calls what must not be cached again for each use of a
            cached dependency above it, pronghorn once: that is meant, and left out here.
    """
    choices = [""] * 6
    choices += [", scope='function'", ", scope='request'", ", max_concurrency=2"]
    choices += [] if inner else [", use_cache=False"]
    if draw(chance(10)):
        return f"fastapi.Security({function.name}, scopes=['s1', 's2'])"
    return f"fastapi.Depends({function.name}{draw(st.sampled_from(choices))})"
