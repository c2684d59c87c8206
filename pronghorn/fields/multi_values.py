"""The names and values in one part of a request, and the rules that choose among several values.

The query, the headers, the cookies and a form contain names with one or more values. The values
that a field receives depend on the part of the request:

    query     a list receives all values, any other type the last one
    headers   a list receives all values, any other type the first; names ignore case (RFC 9110)
    form      like the query, but an empty text box or file input counts as not sent
    cookies   one value per name

A parameter model receives its fields by the same rules, and all other names as extras.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import partial, reduce
from operator import or_
from typing import Annotated, Any, Protocol

from pydantic import BaseModel, BeforeValidator, Tag
from pydantic.fields import FieldInfo
from starlette.datastructures import FormData, Headers, ImmutableMultiDict, UploadFile

from pronghorn.core.records import Record
from pronghorn.datastructures import Undefined
from pronghorn.fields.aliases import names_in_model
from pronghorn.fields.annotations import has_json_marker, is_sequence, split_metadata, union_members


class NamedField(Protocol):
    """The part of the interface of `Field` that the rules below need."""

    @property
    def lookups(self) -> Sequence[str]:
        """The names on the wire, tried in order."""

    @property
    def model_keys(self) -> Sequence[str]:
        """The name in the model for each of `lookups`."""

    @property
    def is_sequence(self) -> bool:
        """Whether all values of the name belong to the field."""

    @property
    def annotation(self) -> Any:
        """The type."""

    @property
    def info(self) -> FieldInfo:
        """The declaration."""


class Received:
    """The names and values of one part of a request, collected in one pass.

    Attributes:
        values: Each name with its values, in the order of the request.
        pick: The function that chooses among the values of one name: `pick(values, all_of_them)`.
        names_ignore_case: Whether the names in `values` are in lower case.
        skips_empty: Whether an empty value counts as not sent, so that a field tries its next name.
    """

    __slots__ = ("names_ignore_case", "pick", "skips_empty", "values")

    def __init__(
        self,
        values: dict[Any, list[Any]],
        pick: Callable[[list[Any], bool], Any],
        names_ignore_case: bool = False,
    ) -> None:
        self.values = values
        self.pick = pick
        self.names_ignore_case = names_ignore_case
        self.skips_empty = pick is pick_form_value

    @classmethod
    def of(cls, source: Mapping[str, Any]) -> Received:
        """Collect query parameters, headers, a form, or a plain mapping with one value per name."""
        if isinstance(source, FormData):
            return cls(_gather(source.multi_items()), pick_form_value)
        if isinstance(source, ImmutableMultiDict):
            return cls(_gather(source.multi_items()), _all_or_last)
        if isinstance(source, Headers):
            return cls(_gather(source.items()), _all_or_first, names_ignore_case=True)
        return cls(_gather(source.items()), _only)

    def normalize_name(self, name: str) -> str:
        """Return a name as it is spelled in `values`."""
        return name.lower() if self.names_ignore_case else name

    def everything(self, without: Collection[Any] = ()) -> dict[Any, Any]:
        """Return all names except those in `without`; a name with several values maps to a list."""
        return {
            name: values[0] if len(values) == 1 else values.copy()
            for name, values in self.values.items()
            if name not in without
        }


def _gather(pairs: Iterable[tuple[Any, Any]]) -> dict[Any, list[Any]]:
    values: dict[Any, list[Any]] = {}
    for name, value in pairs:
        if name in values:
            values[name].append(value)
        else:
            values[name] = [value]
    return values


# --- choosing among the values of one name ----------------------------------------------------


def _all_or_last(values: list[Any], all_of_them: bool) -> Any:
    return values.copy() if all_of_them else values[-1]


def _all_or_first(values: list[Any], all_of_them: bool) -> Any:
    return values.copy() if all_of_them else values[0]


def _only(values: list[Any], all_of_them: bool) -> Any:
    return Undefined if all_of_them and values[0] == "" else values[0]


def pick_form_value(values: list[Any], all_of_them: bool) -> Any:
    """Choose among the values of a form field; `Undefined` if the user left it empty.

    Browsers send `""` for an empty text box and a file without name and content for an empty
    file input (HTML, section 4.10.22.4). In a list, an empty text is an ordinary item.
    """
    if all_of_them:
        return [value for value in values if not is_empty_file_input(value)] or Undefined
    last = values[-1]
    if last is None or last == "" or is_empty_file_input(last):
        return Undefined
    return last


def is_empty_file_input(value: Any) -> bool:
    """Return whether a value is the empty file that browsers send if the user chose none."""
    return isinstance(value, UploadFile) and value.filename == "" and value.size == 0


# --- models -----------------------------------------------------------------------------------


def model_input(fields: Sequence[NamedField], received: Received) -> dict[Any, Any]:
    """Return the dict from which a parameter model or form model is validated.

    Each field takes the first of its names that was sent (in a form: that was filled in), under
    the key that the model expects. All other names are added as extras, including names that a
    field skipped; the model's `extra=` decides how to treat them.
    """
    data: dict[Any, Any] = {}
    used = hidden_names(fields, received)
    for field in fields:
        for name, key in zip(field.lookups, field.model_keys, strict=True):
            sent_name = received.normalize_name(name)
            values = received.values.get(sent_name)
            if values is None:
                continue
            used.add(sent_name)
            value = received.pick(values, field.is_sequence)
            if value == "" and is_list_in_json(field):
                value = Undefined
            if value is not Undefined:
                data[key] = value
            if value is not Undefined or not received.skips_empty:
                break
    data.update(received.everything(without=used))
    return data


def is_list_in_json(field: NamedField) -> bool:
    """Return whether a field is a list in JSON (`Json[list[...]]`), for which "" means not sent."""
    return has_json_marker(field.info.metadata) and is_sequence(field.annotation)


def hidden_names(fields: Sequence[NamedField], received: Received) -> set[str]:
    """Return names that would bypass the conversion of header names, so they are ignored.

    If `x_token` is read from `x-token`, a header that is literally called `x_token` must not
    reach the model as an extra, because the model would use it as the field.
    """
    return {
        received.normalize_name(key)
        for field in fields
        for name, key in zip(field.lookups, field.model_keys, strict=True)
        if name != key
    }


def is_supplied(model: type[BaseModel], fields: Sequence[NamedField], received: Received) -> bool:
    """Return whether anything was sent for an optional model, even if it is empty or invalid.

    One of its fields counts, and if the model allows or forbids extras, so does any other name.
    """
    sent = received.values
    if any(received.normalize_name(name) in sent for field in fields for name in field.lookups):
        return True
    if model.model_config.get("extra", "ignore") == "ignore":
        return False
    hidden = hidden_names(fields, received)
    return any(name not in hidden for name in sent)


# --- unions of models in a form ---------------------------------------------------------------


def with_prepared_branches(
    annotation: Any, branches: Sequence[tuple[type[BaseModel], tuple[NamedField, ...]]]
) -> Any:
    """Return a union in which each model takes its own fields out of the whole form.

    The same form is different input to different models: two values of one name are a list to one
    model and the last value to another. So the union receives the whole form, which validators
    and discriminators can read, and each branch prepares its own input from it.

    Args:
        annotation: A union of models and `None`, possibly with `Annotated` members.
        branches: Each model of the union with its fields.
    """
    fields_of = dict(branches)
    members = (_prepare(member, fields_of) for member in union_members(annotation))
    return reduce(or_, members)


def _prepare(member: Any, fields_of: Mapping[Any, Sequence[NamedField]]) -> Any:
    model, metadata = split_metadata(member)
    if model not in fields_of:
        return member
    # Libraries search the types of form parameters for this function and its `model`.
    prepare = BeforeValidator(partial(normalize_form_model, model=model, fields=fields_of[model]))
    # Without a tag, error locations would name the branch after the function above.
    tags = [item for item in metadata if isinstance(item, Tag)]
    return Annotated[member, prepare, tags[-1] if tags else Tag(model.__name__)]


class FormField(Record):
    """A `NamedField` of a model, without a validator."""

    lookups: Sequence[str]
    model_keys: Sequence[str]
    is_sequence: bool
    annotation: Any
    info: FieldInfo


def form_fields_of(model: type[BaseModel]) -> tuple[NamedField, ...]:
    """Return the fields of a model with their names in a form."""
    return tuple(
        FormField(
            *names_in_model(model, name, info, convert=False),
            is_sequence=not declares_json(info) and is_sequence(info.annotation),
            annotation=info.annotation,
            info=info,
        )
        for name, info in model.model_fields.items()
    )


def declares_json(info: FieldInfo) -> bool:
    """Return whether the text of a field is JSON that Pydantic decodes (`Json[...]`)."""
    if has_json_marker(info.metadata):
        return True
    return has_json_marker(split_metadata(info.annotation)[1])


def normalize_form_model(
    value: Any, *, model: type[BaseModel], fields: Sequence[NamedField] | None = None
) -> Any:
    """Return the input of one model of a union, taken from the whole form.

    An earlier validator may have put `None` or `[]` into the form. A browser never sends those,
    so they are kept as intended values instead of counting as an empty input.

    Args:
        value: The form; any other value is returned unchanged.
        model: The model; libraries read it from the arguments of the validator.
        fields: The fields of the model with their names in a form, if they are known.
    """
    if not isinstance(value, dict):
        return value
    meant = {
        name: item
        for name, item in value.items()
        if item is None or (isinstance(item, list) and not item)
    }
    values = {
        name: item if isinstance(item, list) else [item]
        for name, item in value.items()
        if item != []
    }
    known = form_fields_of(model) if fields is None else fields
    return model_input(known, Received(values, pick_form_value)) | meant
