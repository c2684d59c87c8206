"""Describe an object of the package as Markdown: its signature and its docstring, with all options.

It is what `llms-full.txt` has where the site has a directive of mkdocstrings. Needs griffe, which
the environment of the site has.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from inspect import cleandoc

import griffe

from tools.documentation.griffe_options import options_of, rows_of
from tools.documentation.nav import PROJECT

#: The line about `**options` in a docstring, and its continuation.
OPTIONS = re.compile(r"^(?P<indent> +)(?:\*\*)?options: .*\n?(?:(?P=indent) +.*\n?)*", re.MULTILINE)


@cache
def _load_package() -> tuple[griffe.Module, griffe.GriffeLoader]:
    loader = griffe.GriffeLoader(search_paths=[str(PROJECT)])
    package = loader.load("pronghorn")
    loader.resolve_aliases(implicit=True)
    assert isinstance(package, griffe.Module)
    return package, loader


def describe(name: str, members: Sequence[str]) -> str:
    """Return the Markdown about an object and its members.

    Args:
        name: Its dotted name, such as `pronghorn.FastAPI`.
        members: The members to describe; without any, every public one that has a docstring.
    """
    package, _ = _load_package()
    found = _target(package[name.removeprefix("pronghorn.")])
    lines = list(_lines(name, found))
    for member in members or _public_functions(found):
        lines += _lines(f"{name.rpartition('.')[2]}.{member}", _target(found.all_members[member]))
    return "\n".join(lines)


def _target(found: griffe.Object | griffe.Alias) -> griffe.Object:
    return found.final_target if isinstance(found, griffe.Alias) else found


def _public_functions(found: griffe.Object) -> list[str]:
    if not isinstance(found, griffe.Class):
        return []
    functions = (
        (name, _target(member))
        for name, member in found.members.items()
        if not name.startswith("_")
    )
    return [name for name, target in functions if target.is_function and target.docstring]


def _lines(name: str, found: griffe.Object) -> Iterator[str]:
    signature = found.members.get("__init__") if isinstance(found, griffe.Class) else found
    function = signature if isinstance(signature, griffe.Function) else None
    yield from (f"### `{name}`", "")
    if function is not None:
        parameters = ", ".join(_parameters(function))
        result = f" -> {function.returns}" if function.returns and found is function else ""
        yield from ("```python", f"{name.rpartition('.')[2]}({parameters}){result}", "```", "")
    if found.docstring is not None:
        yield from (_with_options(cleandoc(found.docstring.value), function), "")
    for key in found.members.values():
        if isinstance(key, griffe.Attribute) and key.docstring and not key.name.startswith("_"):
            yield f"- `{key.name}`: {' '.join(key.docstring.value.split())}"
    yield ""


def _parameters(function: griffe.Function) -> Iterator[str]:
    after_star = False
    for parameter in function.parameters:
        if parameter.name in {"self", "cls"}:
            continue
        if parameter.kind is griffe.ParameterKind.keyword_only and not after_star:
            after_star = True
            yield "*"
        stars = {"variadic keyword": "**", "variadic positional": "*"}.get(
            str(parameter.kind and parameter.kind.value), ""
        )
        note = f": {parameter.annotation}" if parameter.annotation and not stars else ""
        has_default = parameter.default is not None and not stars
        yield f"{stars}{parameter.name}{note}" + (f" = {parameter.default}" if has_default else "")


def _with_options(text: str, function: griffe.Function | None) -> str:
    """Return a docstring in which every option has a line of its own."""
    options = None if function is None else options_of(function, _load_package()[1])
    if options is None:
        return text
    lines = "".join(
        f"    {row.name}: {' '.join(row.description.split())} "
        f"Type `{row.annotation}`, default `{row.value}`.\n"
        for row in rows_of(options, _load_package()[1])
    )
    return OPTIONS.sub(lambda _: lines, text)
