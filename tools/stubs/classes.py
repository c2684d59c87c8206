"""The text of classes in a stub: one class with the members of all its bases in the package."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator
from importlib import import_module

from tools.stubs.content import FINAL, FROM_STARLETTE, IN_CONSTRUCTOR, TYPES
from tools.stubs.docstrings import OPTIONS, entries_of, with_entries
from tools.stubs.functions import FunctionStub
from tools.stubs.options import text_of
from tools.stubs.sources import STUB_OF, Function, Imports, find

#: Private methods that programs call or override.
SHOWN = ("__init__", "__call__")


class ClassStub:
    """One class.

    Args:
        module: The module that defines it.
        name: Its name.
        imports: The imports of the stub, which are added to.
    """

    def __init__(self, module: str, name: str, imports: Imports) -> None:
        self.module = module
        self.name = name
        self.imports = imports
        self.kind: type = getattr(import_module(module), name)
        self.definition = _class_at(module, name)
        self.seen: set[str] = set()
        self.in_constructor: list[str] = []

    def render(self) -> str:
        """Return the stub of the class."""
        bases = ", ".join(self._bases())
        lines = [f"@{text}" for text in self._decorators()]
        lines.append(f"class {self.name}({bases}):" if bases else f"class {self.name}:")
        if any(base.__name__ in FINAL for base in self.kind.__mro__):
            lines[-1] += "  # type: ignore[misc]  # Pydantic types it as final"
        body = [self._docstring()]
        for owner in self._find_merged():
            body += self._members(owner)
        indented = textwrap.indent("\n".join(body), "    ", lambda line: bool(line.strip()))
        return "\n".join([*lines, indented])

    def _decorators(self) -> Iterator[str]:
        for decorator in self.definition.decorator_list:
            yield self.imports.use(ast.unparse(decorator), self.module)

    def _bases(self) -> list[str]:
        """Return the bases that a stub or another package defines, without those they extend."""
        kept = list(dict.fromkeys(one for one in _find_shown_bases(self.kind) if one is not object))
        return [self._name(one) for one in kept if not _is_extended(one, kept)]

    def _name(self, kind: type) -> str:
        home = _stub_of(kind) or kind.__module__
        if home != self.imports.stub:
            self.imports.found[kind.__name__] = (home, kind.__name__)
        return kind.__name__

    def _find_merged(self) -> Iterator[type]:
        """Yield the class, and its bases whose members become its own."""
        for owner in self.kind.__mro__:
            if owner is not self.kind and _stub_of(owner):
                return  # This base and what it extends are in a stub themselves.
            if owner.__module__.startswith("pronghorn."):
                yield owner

    def _docstring(self) -> str:
        docstring = inspect.cleandoc(ast.get_docstring(self.definition) or "")
        entries = entries_of(docstring)
        entries.pop(OPTIONS, None)
        return _quote(with_entries(docstring, entries))

    # --- members ------------------------------------------------------------------------------

    def _members(self, owner: type) -> Iterator[str]:
        module = owner.__module__
        body = _class_at(module, owner.__name__).body
        added: set[str] = set()
        overloaded = {_name_of(statement) for statement in body if _is_overload(statement)}
        for statement, following in zip(body, [*body[1:], None], strict=True):
            name = _name_of(statement)
            if name in self.seen or (name.startswith("_") and name not in SHOWN):
                continue
            if not name or f"{owner.__name__}.{name}" in FROM_STARLETTE:
                continue
            added.add(name)
            if name in overloaded and not _is_overload(statement):
                continue  # Its overloads are shown instead, with its docstring.
            yield from self._member(module, name, statement, text_of(following))
        self.seen |= added

    def _member(
        self, module: str, name: str, statement: ast.stmt, documentation: str
    ) -> Iterator[str]:
        if isinstance(statement, Function):
            yield self._method(statement, module)
        elif isinstance(statement, ast.AnnAssign):
            yield from self._attribute(module, name, statement, documentation)
        else:
            assert isinstance(statement, ast.Assign)
            value = self.imports.use(ast.unparse(statement.value), module)
            yield f"{name} = {value}"

    def _method(self, function: Function, module: str) -> str:
        stub = FunctionStub(function, module, self.imports)
        if _is_overload(function):
            stub.document(inspect.getdoc(getattr(self.kind, function.name)) or "")
        if function.name == "__init__":
            assert not stub.docstring, "the class has the docstring"
            stub.document(inspect.cleandoc(ast.get_docstring(self.definition) or ""))
            return "\n".join([stub.render(), *self.in_constructor])
        return stub.render()

    def _attribute(
        self, module: str, name: str, statement: ast.AnnAssign, documentation: str
    ) -> Iterator[str]:
        instead = TYPES.get(f"{self.name}.{name}") or TYPES.get(name)
        kind = statement.annotation
        used = self.imports.use
        # `View` is a descriptor that reads and replaces a part of the plan.
        is_view = ast.unparse(kind).startswith("View[")
        if isinstance(kind, ast.Subscript) and is_view:
            kind = kind.slice
        shown = used(instead) if instead else used(ast.unparse(kind), module)
        if is_view:
            body = _quote(inspect.cleandoc(documentation)) if documentation else "..."
            yield f"@property\ndef {name}(self) -> {shown}:\n{textwrap.indent(body, '    ')}"
            yield f"@{name}.setter\ndef {name}(self, value: {shown}) -> None: ..."
            return
        if f"{self.name}.{name}" in IN_CONSTRUCTOR:
            self.in_constructor.append(f"    self.{name}: {shown}")
        value = f" = {used(ast.unparse(statement.value), module)}" if statement.value else ""
        yield f"{name}: {shown}{value}"
        if documentation:
            yield _quote(inspect.cleandoc(documentation))


def _class_at(module: str, name: str) -> ast.ClassDef:
    definition = find(module, name)
    assert isinstance(definition, ast.ClassDef)
    return definition


def _stub_of(kind: type) -> str | None:
    return STUB_OF.get((kind.__module__, kind.__name__))


def _find_shown_bases(kind: type) -> list[type]:
    """Return the bases of a class, with those of a base whose members become its own."""
    found: list[type] = []
    for base in kind.__bases__:
        is_merged = base.__module__.startswith("pronghorn.") and not _stub_of(base)
        found += _find_shown_bases(base) if is_merged else [base]
    return found


def _is_extended(one: type, others: list[type]) -> bool:
    """Return True if another base extends this one."""
    return any(other is not one and issubclass(other, one) for other in others)


def _is_overload(statement: ast.stmt) -> bool:
    decorators = statement.decorator_list if isinstance(statement, Function) else []
    return any(ast.unparse(decorator) == "overload" for decorator in decorators)


def _name_of(statement: ast.stmt) -> str:
    if isinstance(statement, Function):
        return statement.name
    if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
        return statement.target.id
    if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
        return statement.targets[0].id
    return ""


def _quote(docstring: str) -> str:
    docstring = docstring.strip()
    return f'"""{docstring}\n"""' if "\n" in docstring else f'"""{docstring}"""'
