"""Decide whether Pydantic may validate a type directly from JSON text.

Pydantic validates in two modes: Python mode takes the objects that `json.loads` returns, JSON mode
takes the text. FastAPI uses Python mode, and the modes differ: in a union of `str` and `date`, the
text "2020-01-01" is a `str` in one mode and a `date` in the other; a strict `date` does not accept
text in Python mode; and `Decimal` keeps different digits.

JSON mode is used only for the types listed here, for which every value that it accepts is the same
in Python mode. It may refuse more values, because a refused body is validated again in Python
mode. Each rule was found by comparing both modes on generated texts with several versions of
Pydantic; `tests/differential/test_json_mode.py` repeats this with the installed version.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import Enum
from typing import Any

from pronghorn.core.records import Record
from pronghorn.plan.known_code import (
    describe_code,
    function_of,
    is_known,
    is_path,
    value_schema,
)

CoreSchemaDict = Mapping[str, Any]

_LENGTHS = frozenset({"min_length", "max_length", "fail_fast"})
_BOUNDS = frozenset({"ge", "gt", "le", "lt", "multiple_of"})
_CLOCK = frozenset({"microseconds_precision", "tz_constraint", "now_op", "now_utc_offset"})
_OWN_ERRORS = frozenset({"custom_error_type", "custom_error_message", "custom_error_context"})
_URL = frozenset({"max_length", "allowed_schemes", "host_required", "default_host"})
_URL |= {"default_port", "default_path", "preserve_empty_path"}
#: Rules that change text, so that different texts may become equal.
_TRANSFORMS = frozenset({"strip_whitespace", "to_lower", "to_upper"})
#: Keys of any schema that do not affect validation.
_SILENT = frozenset(
    {"type", "ref", "metadata", "serialization", "computed_fields", "frozen"}
    | {"serialization_alias", "serialization_exclude", "serialization_exclude_if"}
)
#: The rules under which both modes agree, by kind of schema.
_RULES: Mapping[str, frozenset[str]] = {
    "any": frozenset(),
    "bytes": frozenset({"min_length", "max_length"}),
    "url": _URL,
    "multi-host-url": _URL,
    "json": frozenset({"schema"}),
    "none": frozenset(),
    "bool": frozenset({"strict"}),
    "int": _BOUNDS | {"strict"},
    "float": _BOUNDS | {"strict", "allow_inf_nan"},
    "str": _TRANSFORMS
    | {"strict", "min_length", "max_length", "pattern", "regex_engine", "ascii_only"},
    "literal": frozenset({"expected"}),
    "enum": frozenset({"cls", "members", "sub_type"}),
    "date": _BOUNDS | _CLOCK,
    "time": _BOUNDS | _CLOCK,
    "datetime": _BOUNDS | _CLOCK,
    "timedelta": _BOUNDS | _CLOCK,
    "uuid": frozenset({"version"}),
    "list": _LENGTHS | {"items_schema", "strict"},
    "set": _LENGTHS | {"items_schema"},
    "frozenset": _LENGTHS | {"items_schema"},
    "tuple": _LENGTHS | {"items_schema", "variadic_item_index"},
    "dict": _LENGTHS | {"keys_schema", "values_schema", "strict"},
    "nullable": frozenset({"schema"}),
    "default": frozenset({"schema", "default", "default_factory", "copy_default"}),
    "union": frozenset({"choices", "mode", "auto_collapse", *_OWN_ERRORS}),
    # The function is one of `plan.known_code`.
    "function-after": frozenset({"function", "schema"}),
    "function-wrap": frozenset({"function", "schema"}),
    "function-plain": frozenset({"function"}),
    "lax-or-strict": frozenset({"lax_schema", "strict_schema"}),
    "json-or-python": frozenset({"json_schema", "python_schema"}),
    "tagged-union": frozenset({"choices", "discriminator", "from_attributes"}),
    "definitions": frozenset({"schema", "definitions"}),
    "definition-ref": frozenset({"schema_ref"}),
    "model": frozenset(
        {"cls", "schema", "config", "generic_origin", "revalidate_instances", "root_model"}
        | {"extra_behavior"}
    ),
    "model-fields": frozenset({"fields", "model_name", "extra_behavior", "from_attributes"}),
    "model-field": frozenset({"schema", "validation_alias"}),
    "dataclass": frozenset(
        {"cls", "cls_name", "schema", "config", "fields", "slots", "generic_origin"}
        | {"revalidate_instances"}
    ),
    "dataclass-args": frozenset({"fields", "dataclass_name", "extra_behavior"}),
    "dataclass-field": frozenset({"schema", "name", "kw_only", "init", "validation_alias"}),
    "typed-dict": frozenset(
        {"cls", "cls_name", "fields", "config", "extra_behavior", "total"}
    ),
    "typed-dict-field": frozenset({"schema", "required", "validation_alias"}),
}  # fmt: skip
#: The configuration keys under which both modes agree.
_CONFIG = frozenset(
    {"title", "extra_fields_behavior", "validate_by_alias", "validate_by_name", "loc_by_alias"}
    | {"from_attributes", "revalidate_instances", "hide_input_in_errors", "allow_inf_nan"}
    | {"str_min_length", "str_max_length", "str_strip_whitespace", "str_to_lower", "str_to_upper"}
    | {"regex_engine", "cache_strings", "serialize_by_alias", "polymorphic_serialization"}
    | {"ser_json_bytes", "ser_json_inf_nan", "ser_json_temporal", "ser_json_timedelta"}
    | {"validation_error_cause", "url_preserve_empty_path"}
)
_CONFIG_TRANSFORMS = frozenset({"str_strip_whitespace", "str_to_lower", "str_to_upper"})
#: Members of unions that fit equally well in both modes; a union picks the best fit.
_UNION_MEMBERS = frozenset({"str", "int", "float", "bool", "none", "literal"})
#: Key types that are not converted, so two keys never become equal.
_KEYS = frozenset({"str", "any", "literal"})
#: Item types of sets, without floats: two NaN are one item in Python mode, two in JSON mode.
_ITEMS_OF_SETS = frozenset({"str", "int", "bool", "enum", "literal", "date", "datetime", "uuid"})
#: Pydantic 2.10-2.12 turn any invalid string into None for enums that contain None.
_MEMBERS_OF_ENUMS = (str, int)
_PLAIN = (str, int, float, bool, type(None))
_ANY: CoreSchemaDict = {"type": "any"}
_NAMES: Mapping[str, str] = {
    "none": "None",
    "any": "Any",
    "uuid": "UUID",
    "decimal": "Decimal",
    "json": "Json",
    "lax-or-strict": "a type that each mode reads in its own way",
    "json-or-python": "a type that each mode reads in its own way",
}
#: The versions of Pydantic for which the rules hold: each pair is a first version, and the first
#: one after the last. For repeated members of an object, 2.9 and 2.10 use the first in JSON mode
#: and the last in Python mode; 2.13 to 2.14.2 lose a member with the name of a field that has an
#: alias.
COMPARED = (((2, 11, 0), (2, 13, 0)), ((2, 14, 3), (2, 15, 0)))


class JsonMode(Record):
    """The result of comparing the modes for one type.

    Attributes:
        reason: Why the type needs Python mode, in words; None if JSON mode is equivalent.
        huge_floats: Whether an integer beyond the range of `float` (309 digits and more) would be
            infinite in JSON mode; Python mode refuses it.
        holds_anything: Whether the type contains values of any type, for which JSON mode is not
            faster.
    """

    reason: str | None
    huge_floats: bool = False
    holds_anything: bool = False


class _Difference(Exception):
    """A part of a type that the modes validate differently."""


def json_mode_of(schema: Any) -> JsonMode:
    """Compare the two modes for one type.

    Args:
        schema: The core schema of the type: `TypeAdapter(...).core_schema`.
    """
    walk = _Walk()
    try:
        walk.visit(schema, "")
    except _Difference as difference:
        return JsonMode(str(difference))
    if walk.transforms and walk.distinguishes is not None:
        what = walk.describe_at(*walk.distinguishes)
        return JsonMode(f"{what}, beside texts that are stripped or recased")
    return JsonMode(None, walk.huge_floats, walk.holds_anything)


def is_compared(version: str) -> bool:
    """Return whether the rules hold for a version of Pydantic; False for pre-releases."""
    parts = version.split(".")
    if len(parts) != 3 or not all(part.isdigit() for part in parts):
        return False
    number = tuple(int(part) for part in parts)
    return any(first <= number < end for first, end in COMPARED)


class _Walk:
    """One walk through a schema."""

    def __init__(self) -> None:
        self._seen: set[int] = set()
        self._definitions: dict[str, CoreSchemaDict] = {}
        self.huge_floats = False
        self.holds_anything = False
        #: Whether validation changes some text.
        self.transforms = False
        #: A schema in which different texts must remain different, with its place.
        self.distinguishes: tuple[str, CoreSchemaDict] | None = None

    def visit(self, schema: Any, place: str) -> None:
        """Visit a schema and all schemas inside it.

        Args:
            schema: The schema.
            place: The innermost field in words: "field `when` of Event: ".

        Raises:
            _Difference: The modes differ.
        """
        if id(schema) in self._seen:
            return
        self._seen.add(id(schema))
        for definition in schema.get("definitions", ()):
            self._definitions[definition["ref"]] = definition
        difference = self._difference(schema["type"], schema)
        if difference is not None:
            raise _Difference(self.describe_at(place, schema) + difference)
        if schema["type"] in ("union", "dict"):
            self.distinguishes = place, schema
        for inner, inner_place in _children(schema, place):
            self.visit(inner, inner_place)
        if schema["type"] == "lax-or-strict" and not is_path(schema):
            self.visit(schema["lax_schema"], place)
        elif schema["type"] == "json-or-python":
            self.visit(value_schema(schema), place)

    def _difference(self, kind: str, schema: CoreSchemaDict) -> str | None:
        """Return a suffix for the name of a type for which the modes differ, else None.

        The suffix is empty if the name alone explains the difference.
        """
        if not _keeps_to_rules(kind, schema):
            return ""
        if kind in ("any", "float", "str"):
            self._note(kind, schema)
        if "config" in schema:
            difference = self._difference_of_config(schema["config"] or {})
            if difference is not None:
                return difference
        if kind in _SPECIAL:
            return _SPECIAL[kind](schema)
        return None if _is_plain_alias(schema.get("validation_alias")) else " whose alias is a path"

    def _note(self, kind: str, schema: CoreSchemaDict) -> None:
        if kind == "any":
            self.holds_anything = True
        elif kind == "float":
            self.huge_floats |= schema.get("allow_inf_nan") is not False
        else:
            self.transforms |= any(schema.get(rule) for rule in _TRANSFORMS)

    def _difference_of_config(self, config: CoreSchemaDict) -> str | None:
        if config.get("strict"):
            return ", which is strict"
        for key, value in config.items():
            if key == "val_json_bytes" and value == "utf8":
                continue
            if key not in _CONFIG and not _is_off(value):
                return f" with {key}"
            self.transforms |= key in _CONFIG_TRANSFORMS and bool(value)
        return None

    def describe_at(self, place: str, schema: CoreSchemaDict) -> str:
        """Return the place and the name of a type in words."""
        return place + self._describe(schema)

    def _describe(self, schema: CoreSchemaDict) -> str:
        """Return the name of a type in words: "union of str and date"."""
        kind = schema["type"]
        if kind in ("union", "tagged-union"):
            members = [self._describe(choice) for choice in _choices(schema)]
            return f"union of {', '.join(members[:-1])} and {members[-1]}"
        if kind == "definition-ref":
            target = self._definitions.get(schema["schema_ref"], {"type": "definition"})
            return "union" if target["type"] == "union" else self._describe(target)
        if kind in ("nullable", "default") or kind.endswith("-field"):
            return self._describe(schema["schema"])
        if kind.startswith("function-"):
            return f"code that looks at the value: {describe_code(function_of(schema))}"
        name = schema.get("cls_name") or schema.get("model_name") or _name_of(schema.get("cls"))
        if schema.get("custom_init") or schema.get("post_init"):
            return f"{name}, which runs code when it is made"
        strict = "strict " if schema.get("strict") else ""
        return f"{strict}{name or _NAMES.get(kind, kind)}"


def _keeps_to_rules(kind: str, schema: CoreSchemaDict) -> bool:
    """Return whether a schema uses only the rules under which both modes agree."""
    rules = _RULES.get(kind)
    if rules is None:
        return False
    return all(key in _SILENT or key in rules or _is_off(schema[key]) for key in schema)


def _is_off(value: Any) -> bool:
    return value is None or value is False


def _children(schema: CoreSchemaDict, place: str) -> Iterator[tuple[CoreSchemaDict, str]]:
    """Yield the schemas inside a schema, each with its place."""
    fields = schema.get("fields", ())
    if isinstance(fields, Mapping):
        owner = schema.get("model_name") or schema.get("cls_name") or _name_of(schema.get("cls"))
        for name, field in fields.items():
            yield field, f"field `{name}` of {owner}: "
    elif schema["type"] == "dataclass-args":
        for field in fields:
            yield field, f"field `{field['name']}` of {schema['dataclass_name']}: "
    for key in ("schema", "items_schema", "keys_schema", "values_schema"):
        inner = schema.get(key)
        for item in inner if isinstance(inner, list) else [inner]:
            if item is not None:
                yield item, place
    for item in [*_choices(schema), *schema.get("definitions", ())]:
        yield item, place


def _choices(schema: CoreSchemaDict) -> Iterator[CoreSchemaDict]:
    """Yield the members of a union."""
    choices = schema.get("choices", ())
    yield from map(_choice, choices.values() if isinstance(choices, Mapping) else choices)


def _choice(choice: Any) -> Any:
    """Return the schema of a union member, which may be a pair of schema and label."""
    return choice[0] if isinstance(choice, tuple) else choice


def _difference_of_union(schema: CoreSchemaDict) -> str | None:
    return None if all(item["type"] in _UNION_MEMBERS for item in _choices(schema)) else ""


def _difference_of_dict(schema: CoreSchemaDict) -> str | None:
    keys = schema.get("keys_schema", _ANY)["type"]
    return None if keys in _KEYS else " whose keys are more than texts"


def _difference_of_set(schema: CoreSchemaDict) -> str | None:
    items = schema.get("items_schema", _ANY)["type"]
    return None if items in _ITEMS_OF_SETS else " of more than texts, whole numbers and dates"


def _difference_of_code(schema: CoreSchemaDict) -> str | None:
    return None if is_known(function_of(schema)) else ""


def _difference_of_branches(schema: CoreSchemaDict) -> str | None:
    return None if value_schema(schema) is not None else ""


def _difference_of_argument(schema: CoreSchemaDict) -> str | None:
    if schema.get("init") is False:
        return " that is no argument"
    return None if _is_plain_alias(schema.get("validation_alias")) else " whose alias is a path"


def _difference_of_enum(schema: CoreSchemaDict) -> str | None:
    members = (member.value for member in schema["members"])
    return None if all(type(value) in _MEMBERS_OF_ENUMS for value in members) else ""


def _only_if_plain(
    values_of: Callable[[CoreSchemaDict], Iterable[Any]],
) -> Callable[[CoreSchemaDict], str | None]:
    """Return a check that all values listed in a schema are of types that JSON has."""
    return lambda schema: None if all(type(value) in _PLAIN for value in values_of(schema)) else ""


_SPECIAL: Mapping[str, Callable[[CoreSchemaDict], str | None]] = {
    "union": _difference_of_union,
    "dict": _difference_of_dict,
    "set": _difference_of_set,
    "frozenset": _difference_of_set,
    "dataclass-field": _difference_of_argument,
    "enum": _difference_of_enum,
    "function-after": _difference_of_code,
    "function-wrap": _difference_of_code,
    "function-plain": _difference_of_code,
    "json-or-python": _difference_of_branches,
    "literal": _only_if_plain(lambda schema: schema["expected"]),
    # A function that chooses the member receives different values in each mode.
    "tagged-union": _only_if_plain(lambda schema: [*schema["choices"], schema["discriminator"]]),
}


def _is_plain_alias(alias: Any) -> bool:
    """Return whether an alias is one or several names, and not a path into another value."""
    if alias is None or isinstance(alias, str):
        return True
    return all(isinstance(path, list) and len(path) == 1 for path in alias)


def _name_of(cls: Any) -> str:
    if isinstance(cls, type) and issubclass(cls, Enum):
        return f"enum {cls.__name__}"
    return getattr(cls, "__name__", "")
