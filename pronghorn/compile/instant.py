"""Find the dependencies that need no worker thread: making them runs no code of the program.

FastAPI makes every class in a worker thread, because its constructor may block. Where only known
code runs, that cannot happen, and nobody can see the thread: a form of ours, a dataclass, a model
of Pydantic. Whatever is uncertain keeps its thread.
"""

from __future__ import annotations

import dataclasses
from enum import Enum
from types import FunctionType, MemberDescriptorType
from typing import Any

from pydantic import BaseModel

from pronghorn.compile.purity import PURE_FACTORIES, why_impure_schema
from pronghorn.core.monkeypatches import is_defined_by
from pronghorn.fields.field import Field
from pronghorn.plan.model import CallPlan

#: The module and the names of the forms whose constructors only set attributes.
_FORMS = "pronghorn.security.oauth2"
_OWN_FORMS = frozenset({"OAuth2PasswordRequestForm", "OAuth2PasswordRequestFormStrict"})
#: Methods that run while an object is made, or when it goes.
_RUN_SOMETIME = frozenset(
    {
        "__del__",
        "__getattr__",
        "__getattribute__",
        "__new__",
        "__post_init__",
        "__setattr__",
        "__subclasshook__",
        "model_post_init",
    }
)
#: Core schemas that do without code of the program, whatever they contain.
_PLAIN_SCHEMAS = (
    frozenset({"any", "none", "bool", "int", "float", "decimal", "str", "bytes", "uuid", "literal"})
    | {"date", "time", "datetime", "timedelta", "url", "multi-host-url"}
    | {"list", "tuple", "set", "frozenset", "dict", "nullable", "default", "union"}
    | {"model", "model-fields", "model-field", "definitions", "definition-ref"}
    | {"json-or-python", "lax-or-strict"}
)
_CONSTANTS = (type(None), bool, int, float, str, bytes)


def runs_known_code(call: CallPlan, made: type[Any]) -> bool:
    """Return True if making an object runs known code only, which cannot block.

    Args:
        call: A dependency. If it receives results of other calls or objects of the request, these
            may have code of the program, so the answer is False.
        made: Its class.
    """
    if call.dependencies or call.injected:
        return False
    if not all(_has_plain_default(item) for _, fields in call.reads for item in fields):
        return False
    return _is_own_form(made) or _is_plain_dataclass(made) or _is_plain_model(made)


def _has_plain_default(field: Field) -> bool:
    return field.info.default_factory in PURE_FACTORIES and _is_plain(field.default)


def _is_own_form(made: type[Any]) -> bool:
    return made.__module__ == _FORMS and made.__name__ in _OWN_FORMS and _is_untouched(made)


def _is_untouched(form: type[Any]) -> bool:
    constructors = [vars(base)["__init__"] for base in form.__mro__[:-1]]
    return all(is_defined_by(each, _FORMS) for each in constructors) and not _has_code(form)


def _has_code(made: type[Any]) -> bool:
    """Return True if a class, or a base of it, defines a method that runs unasked."""
    bases = [base for base in made.__mro__ if base not in (object, BaseModel)]
    return any(_RUN_SOMETIME & _own_names(base) for base in bases)


def _own_names(base: type[Any]) -> set[str]:
    names, parameters = set(vars(base)), vars(base).get("__dataclass_params__")
    # A frozen dataclass refuses to be changed; its constructor goes around that.
    return names - {"__setattr__"} if getattr(parameters, "frozen", False) else names


def _is_plain_dataclass(made: type[Any]) -> bool:
    """Return True for a dataclass whose constructor is the generated one, and only sets fields."""
    constructor = vars(made).get("__init__")
    if type(made) is not type or "__dataclass_params__" not in vars(made) or _has_code(made):
        return False
    if not isinstance(constructor, FunctionType) or constructor.__code__.co_filename != "<string>":
        return False
    fields = dataclasses.fields(made)
    names = {item.name for item in fields if item.init} | {"self"}
    code = constructor.__code__
    received = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    return set(received) == names and all(_is_plain_field(made, item) for item in fields)


def _is_plain_field(made: type[Any], field: dataclasses.Field[Any]) -> bool:
    factory = field.default_factory
    if factory is not dataclasses.MISSING and factory not in PURE_FACTORIES:
        return False
    found = (vars(base)[field.name] for base in made.__mro__ if field.name in vars(base))
    attribute = next(found, None)
    return isinstance(attribute, MemberDescriptorType) or not hasattr(type(attribute), "__set__")


def _is_plain_model(made: type[Any]) -> bool:
    """Return True for a model that Pydantic's core makes alone."""
    if type(made) is not type(BaseModel) or made.__init__ is not BaseModel.__init__:
        return False
    if not made.__pydantic_complete__:
        return False
    schema = made.__pydantic_core_schema__
    return why_impure_schema(schema) is None and _is_plain_schema(schema, set())


def _is_plain_schema(schema: Any, seen: set[int]) -> bool:
    """Return True if a core schema consists of known parts only."""
    if isinstance(schema, (list, tuple)):
        return all(_is_plain_schema(part, seen) for part in schema)
    if not isinstance(schema, dict) or id(schema) in seen:
        return True
    seen.add(id(schema))
    kind = schema.get("type")
    if isinstance(kind, str) and kind not in _PLAIN_SCHEMAS and not kind.startswith("function-"):
        return False
    model = schema.get("cls") if kind == "model" else None
    if model is not None and (type(model) is not type(BaseModel) or _has_code(model)):
        return False
    if not _is_plain(schema.get("default")) or not _is_plain(schema.get("expected")):
        return False
    unread = ("metadata", "serialization", "default", "expected", "function")
    return all(_is_plain_schema(part, seen) for key, part in schema.items() if key not in unread)


def _is_plain(value: Any) -> bool:
    """Return True if a value and its parts are of built-in types."""
    if isinstance(value, Enum):
        return False
    if type(value) in (list, tuple, set, frozenset):
        return all(map(_is_plain, value))
    if type(value) is dict:
        return all(map(_is_plain, value)) and all(map(_is_plain, value.values()))
    return type(value) in _CONSTANTS or type(value).__module__ == "pydantic_core._pydantic_core"
