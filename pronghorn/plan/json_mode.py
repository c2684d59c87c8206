"""Whether Pydantic may read a type straight from JSON, without Python objects in between.

Pydantic validates in two modes: Python mode takes objects, as `json.loads` makes them, JSON mode
takes the text. FastAPI uses Python mode, and the modes differ: in a union of `str` and `date` the
text "2020-01-01" is a `str` to one and a `date` to the other, a strict `date` takes no text in
Python mode, and `Decimal` keeps other digits.

JSON mode is chosen only for what is listed here, where whatever it accepts is the same value in
Python mode. It may refuse more, since whatever it refuses is read again in Python mode. Each rule
was found by comparing both modes on invented texts; `tests/plan/test_json_mode.py` does it again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

Schema = Mapping[str, Any]

_LENGTHS = frozenset({"min_length", "max_length", "fail_fast"})
_BOUNDS = frozenset({"ge", "gt", "le", "lt", "multiple_of"})
_CLOCK = frozenset({"microseconds_precision", "tz_constraint", "now_op", "now_utc_offset"})
#: Rules that make one text of several.
_TRANSFORMS = frozenset({"strip_whitespace", "to_lower", "to_upper"})
#: What says nothing about validation, whatever has it.
_SILENT = frozenset(
    {"type", "ref", "metadata", "serialization", "computed_fields", "frozen"}
    | {"serialization_alias", "serialization_exclude", "serialization_exclude_if"}
)
#: Each kind of schema with the rules under which both modes agree.
_RULES: Mapping[str, frozenset[str]] = {
    "any": frozenset(),
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
    "union": frozenset({"choices", "mode", "auto_collapse"}),
    "tagged-union": frozenset({"choices", "discriminator", "from_attributes"}),
    "definitions": frozenset({"schema", "definitions"}),
    "definition-ref": frozenset({"schema_ref"}),
    "model": frozenset(
        {"cls", "schema", "config", "generic_origin", "revalidate_instances", "extra_behavior"}
        | {"root_model"}
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
#: The keys of a configuration under which both modes agree.
_CONFIG = frozenset(
    {"title", "extra_fields_behavior", "validate_by_alias", "validate_by_name", "loc_by_alias"}
    | {"from_attributes", "revalidate_instances", "hide_input_in_errors", "allow_inf_nan"}
    | {"str_min_length", "str_max_length", "str_strip_whitespace", "str_to_lower", "str_to_upper"}
    | {"regex_engine", "cache_strings", "serialize_by_alias", "polymorphic_serialization"}
    | {"ser_json_bytes", "ser_json_inf_nan", "ser_json_temporal", "ser_json_timedelta"}
    | {"validation_error_cause", "val_json_bytes", "url_preserve_empty_path"}
)
_CONFIG_TRANSFORMS = frozenset({"str_strip_whitespace", "str_to_lower", "str_to_upper"})
#: Where a union picks a member by how well it fits: what fits equally well in both modes.
_UNION_MEMBERS = frozenset({"str", "int", "float", "bool", "none", "literal"})
#: Keys of objects that stay what they were: two of them never become one.
_KEYS = frozenset({"str", "any", "literal"})
#: Two NaN are one item of a set in Python mode, and two in JSON mode, so no floats.
_ITEMS_OF_SETS = frozenset({"str", "int", "bool", "enum", "literal", "date", "datetime", "uuid"})
_PLAIN = (str, int, float, bool, type(None))
_NAMES: Mapping[str, str] = {
    "none": "None",
    "any": "Any",
    "uuid": "UUID",
    "decimal": "Decimal",
    "json": "Json",
    "lax-or-strict": "a type that each mode reads in its own way",
    "json-or-python": "a type that each mode reads in its own way",
}


@dataclass(frozen=True)
class JsonMode:
    """What was found out about one type.

    Attributes:
        reason: Why it is read in Python mode, in words; None if JSON mode gives the same.
        huge_floats: An integer beyond the range of `float` (309 digits and more) would be
            infinite in JSON mode, and is refused in Python mode.
        holds_anything: Values of any type are inside, which are as fast to read in Python mode.
    """

    reason: str | None
    huge_floats: bool = False
    holds_anything: bool = False


class _Difference(Exception):
    """Something in a type that the modes read in different ways."""


def json_mode_of(schema: Any) -> JsonMode:
    """Compare the two modes for one type.

    Args:
        schema: Its core schema: ``TypeAdapter(...).core_schema``.
    """
    walk = _Walk()
    try:
        walk.visit(schema, "")
    except _Difference as difference:
        return JsonMode(str(difference))
    if walk.transforms and walk.distinguishes:
        return JsonMode(f"{walk.distinguishes}, beside texts that are stripped or recased")
    return JsonMode(None, walk.huge_floats, walk.holds_anything)


class _Walk:
    """One walk through a schema."""

    def __init__(self) -> None:
        self._seen: set[int] = set()
        self._definitions: dict[str, Schema] = {}
        self.huge_floats = False
        self.holds_anything = False
        #: Somewhere a text is changed on its way in.
        self.transforms = False
        #: A place where different texts must stay different.
        self.distinguishes = ""

    def visit(self, schema: Any, place: str) -> None:
        """Raise `_Difference` if the modes differ.

        - `place`: the innermost field, for people: "field `when` of Event: ".
        """
        if id(schema) in self._seen:
            return
        self._seen.add(id(schema))
        kind = schema["type"]
        self._definitions |= {inner["ref"]: inner for inner in schema.get("definitions", ())}
        what = f"{place}{self._described(schema)}"
        if not _keeps_to_rules(schema):
            raise _Difference(what)
        self._note(kind, schema)
        self._check_config(schema.get("config") or {}, what)
        self._check(kind, schema, what)
        for inner, inner_place in _children(schema, place):
            self.visit(inner, inner_place)

    def _note(self, kind: str, schema: Schema) -> None:
        if kind == "float" and schema.get("allow_inf_nan") is not False:
            self.huge_floats = True
        elif kind == "any":
            self.holds_anything = True
        elif any(schema.get(rule) for rule in _TRANSFORMS):
            self.transforms = True

    def _check_config(self, config: Schema, owner: str) -> None:
        for key, value in config.items():
            if key == "strict" and value:
                raise _Difference(f"{owner}, which is strict")
            if key not in _CONFIG and not _is_off(value):
                raise _Difference(f"{owner} with {key}")
            if key in _CONFIG_TRANSFORMS and value:
                self.transforms = True

    def _check(self, kind: str, schema: Schema, what: str) -> None:
        """What the list of rules cannot say."""
        if kind == "union":
            self.distinguishes = what
            if any(_choice(choice)["type"] not in _UNION_MEMBERS for choice in schema["choices"]):
                raise _Difference(what)
        elif kind == "dict":
            self.distinguishes = what
            if schema.get("keys_schema", {"type": "any"})["type"] not in _KEYS:
                raise _Difference(f"{what} whose keys are more than texts")
        elif kind in ("set", "frozenset"):
            if schema.get("items_schema", {"type": "any"})["type"] not in _ITEMS_OF_SETS:
                raise _Difference(f"{what} of more than texts, whole numbers and dates")
        elif not _are_plain(_fixed_values(kind, schema)):
            raise _Difference(what)
        elif kind == "dataclass-field" and schema.get("init") is False:
            raise _Difference(f"{what} that is no argument")
        elif not _is_plain_alias(schema.get("validation_alias")):
            raise _Difference(f"{what} whose alias is a path")

    def _described(self, schema: Schema) -> str:
        """A type for people: "union of str and date"."""
        kind = schema["type"]
        if kind in ("union", "tagged-union"):
            members = [self._described(choice) for choice in _choices(schema)]
            return f"union of {', '.join(members[:-1])} and {members[-1]}"
        if kind == "definition-ref":
            target = self._definitions.get(schema["schema_ref"], {"type": "definition"})
            return "union" if target["type"] == "union" else self._described(target)
        if kind in ("nullable", "default") or kind.endswith("-field"):
            return self._described(schema["schema"])
        if kind.startswith("function-"):
            return "code that looks at the value"
        name = schema.get("cls_name") or schema.get("model_name") or _name_of(schema.get("cls"))
        if schema.get("custom_init") or schema.get("post_init"):
            return f"{name}, which runs code when it is made"
        strict = "strict " if schema.get("strict") else ""
        return f"{strict}{name or _NAMES.get(kind, kind)}"


def _keeps_to_rules(schema: Schema) -> bool:
    """Whether a schema says nothing but what was compared."""
    rules = _RULES.get(schema["type"])
    if rules is None:
        return False
    return all(key in rules or key in _SILENT or _is_off(schema[key]) for key in schema)


def _is_off(value: Any) -> bool:
    return value is None or value is False


def _children(schema: Schema, place: str) -> Iterator[tuple[Schema, str]]:
    """The schemas inside of one, each with its place."""
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


def _choices(schema: Schema) -> Iterator[Schema]:
    """The members of a union."""
    choices = schema.get("choices", ())
    yield from map(_choice, choices.values() if isinstance(choices, Mapping) else choices)


def _choice(choice: Any) -> Any:
    """The schema of a union's member, which may stand there with a label."""
    return choice[0] if isinstance(choice, tuple) else choice


def _fixed_values(kind: str, schema: Schema) -> Iterable[Any]:
    """The values that a type names one by one."""
    if kind == "enum":
        return [member.value for member in schema["members"]]
    if kind == "tagged-union":
        # A function that chooses the member sees other values in each mode.
        return [*schema["choices"], schema["discriminator"]]
    expected: Iterable[Any] = schema["expected"] if kind == "literal" else ()
    return expected


def _are_plain(values: Iterable[Any]) -> bool:
    return all(type(value) in _PLAIN for value in values)


def _is_plain_alias(alias: Any) -> bool:
    """Whether an alias is a name, or several, and not the way into another value."""
    if alias is None or isinstance(alias, str):
        return True
    return all(isinstance(path, list) and len(path) == 1 for path in alias)


def _name_of(cls: Any) -> str:
    if isinstance(cls, type) and issubclass(cls, Enum):
        return f"enum {cls.__name__}"
    return getattr(cls, "__name__", "")
