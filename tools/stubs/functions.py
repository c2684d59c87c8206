"""The text of functions and methods in a stub, with one parameter for each option."""

from __future__ import annotations

import ast
import inspect
import json
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

from tools.stubs.content import RENAMED, TYPES
from tools.stubs.docstrings import OPTIONS, entries_of, with_entries
from tools.stubs.options import Option, options_of
from tools.stubs.sources import Function, Imports, homes_in

#: Decorators that matter to type checkers; the others are left out.
KEPT_DECORATORS = ("property", "classmethod", "staticmethod", "deprecated_mark", "overload")
#: A text in a stub is broken into pieces of this length.
PIECE = 76


@dataclass(frozen=True)
class Parameter:
    """One parameter of a callable, as expressions of the stub."""

    name: str
    type: str
    default: str
    documentation: str

    def render(self, imports: Imports) -> str:
        """Return the parameter with its documentation in the annotation."""
        default = f" = {self.default}" if self.default else ""
        if not self.type:
            return self.name + default.replace(" ", "")
        if not self.documentation:
            return f"{self.name}: {self.type}{default}"
        imports.use("Annotated[Any, Doc]")
        return f"{self.name}: Annotated[{self.type}, Doc({literal(self.documentation)})]{default}"


def literal(text: str) -> str:
    """Return the source text of a string, in pieces if it is long."""
    pieces = textwrap.wrap(
        text, PIECE, drop_whitespace=False, break_long_words=False, break_on_hyphens=False
    )
    return "\n".join(json.dumps(piece, ensure_ascii=False) for piece in pieces)


class FunctionStub:
    """One function or method.

    Args:
        function: Its definition.
        module: The module of the definition.
        imports: The imports of the stub, which are added to.
    """

    def __init__(self, function: Function, module: str, imports: Imports) -> None:
        self.function = function
        self.module = module
        self.imports = imports
        self.options = self._find_options()
        self.document(inspect.cleandoc(ast.get_docstring(function) or ""))

    def document(self, docstring: str) -> None:
        """Set the docstring, which documents the parameters too."""
        self.docstring = docstring
        self.entries = entries_of(docstring)

    def _find_options(self) -> dict[str, Option]:
        unpacked = self.function.args.kwarg
        note = ast.unparse(unpacked.annotation) if unpacked and unpacked.annotation else ""
        name = re.fullmatch(r"Unpack\[(\w+)\]", note)
        if name is None:
            return {}
        self.options_type = name[1]
        home, known_as = homes_in(self.module)[name[1]]
        return options_of(home, known_as)

    def render(self) -> str:
        """Return the stub of the function."""
        arguments = self.function.args
        parts = [parameter.render(self.imports) for parameter in self._positional()]
        if arguments.posonlyargs:
            parts.insert(len(arguments.posonlyargs), "/")
        if arguments.vararg is not None:
            parts.append(f"*{self._plain(arguments.vararg, '').render(self.imports)}")
        keywords = [*self._keyword_only(), *self._from_options()]
        if keywords and arguments.vararg is None:
            parts.append("*")
        parts += [parameter.render(self.imports) for parameter in keywords]
        if arguments.kwarg is not None and not self.options:
            parts.append(f"**{self._plain(arguments.kwarg, '').render(self.imports)}")
        returns = self._type(self.function.returns)
        keyword = "async def" if isinstance(self.function, ast.AsyncFunctionDef) else "def"
        listed = ", ".join(parts)
        # With a comma at the end, the formatter puts each parameter on a line.
        comma = "," if "Doc(" in listed else ""
        head = f"{keyword} {self.function.name}({listed}{comma}) -> {returns}:"
        return "\n".join([*self._decorators(), head, self._body()])

    def _decorators(self) -> Iterator[str]:
        for decorator in self.function.decorator_list:
            text = ast.unparse(decorator)
            name = text.partition("(")[0]
            if name in KEPT_DECORATORS:
                yield f"@{self.imports.use(text, self.module)}"
            elif name.endswith(".setter"):
                yield f"@{text}"

    def _body(self) -> str:
        entries = dict(self.entries)
        place = list(entries).index(OPTIONS) if OPTIONS in entries else len(entries)
        entries.pop(OPTIONS, None)
        before = dict(list(entries.items())[:place])
        written = {option.name: option.documentation for option in self._options_left()}
        whole = {**before, **written, **entries}
        docstring = with_entries(self.docstring, whole).strip()
        if not docstring:
            return "    ..."
        if "\n" in docstring:
            docstring += "\n"
        return textwrap.indent(f'"""{docstring}"""', "    ", lambda line: bool(line.strip()))

    # --- parameters ---------------------------------------------------------------------------

    def _positional(self) -> Iterator[Parameter]:
        arguments = self.function.args
        names = [*arguments.posonlyargs, *arguments.args]
        defaults = [None] * (len(names) - len(arguments.defaults)) + list(arguments.defaults)
        for name, default in zip(names, defaults, strict=True):
            yield self._plain(name, self._default(default))

    def _keyword_only(self) -> Iterator[Parameter]:
        arguments = self.function.args
        for name, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
            yield self._plain(name, self._default(default))

    def _plain(self, argument: ast.arg, default: str) -> Parameter:
        documentation = self.entries.get(argument.arg, "")
        instead = TYPES.get(f"{self.function.name}.{argument.arg}")
        kind = self.imports.use(instead) if instead else self._type(argument.annotation)
        return Parameter(argument.arg, kind, default, documentation)

    def _default(self, default: ast.expr | None) -> str:
        return self.imports.use(ast.unparse(default), self.module) if default else ""

    def _type(self, annotation: ast.expr | None) -> str:
        if annotation is None:
            return ""
        text = ast.unparse(annotation)
        if isinstance(annotation, ast.Constant) and annotation.value:
            text = str(annotation.value)
        if text in RENAMED:
            return self.imports.use(RENAMED[text])
        return self.imports.use(text, self.module)

    def _options_left(self) -> Iterator[Option]:
        arguments = self.function.args
        written = {one.arg for one in (*arguments.args, *arguments.kwonlyargs)}
        return (option for name, option in self.options.items() if name not in written)

    def _from_options(self) -> Iterator[Parameter]:
        for option in self._options_left():
            instead = TYPES.get(f"{self.options_type}.{option.name}") or TYPES.get(option.name)
            used = self.imports.use
            kind = used(instead) if instead else used(option.type, option.module)
            if option.notes:
                notes = ", ".join(used(note, option.module) for note in option.notes)
                kind = f"{used('Annotated')}[{kind}, {notes}]"
            default = used(option.default, option.module)
            yield Parameter(option.name, kind, default, option.documentation)
