"""What one part of a request holds under each name, and the rules by which a field takes it.

The query, the headers, the cookies and a form each hold names with one or more values. Which
of several values a field gets depends on where they came from:

    query     a list gets all of them, everything else the last
    headers   a list gets all of them, everything else the first; names ignore case (RFC 9110)
    form      as the query; but an empty text box and an empty file input were not filled in
    cookies   one value per name

A parameter model takes its fields in the same way and everything that is left as extras.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial, reduce
from operator import or_
from typing import Annotated, Any, Protocol

from pydantic import BaseModel, BeforeValidator, Tag
from pydantic.fields import FieldInfo
from starlette.datastructures import FormData, Headers, ImmutableMultiDict, UploadFile

from pronghorn.datastructures import Undefined
from pronghorn.fields.aliases import names_in_model
from pronghorn.fields.annotations import has_json_marker, is_sequence, split_metadata, union_members


class NamedField(Protocol):
    """What the rules below ask of a `Field`."""

    @property
    def lookups(self) -> Sequence[str]:
        """The names on the wire, tried in order."""

    @property
    def model_keys(self) -> Sequence[str]:
        """What the model calls each of ``lookups``."""

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
    """Names and values of one part of a request, gathered in one pass over them.

    Attributes:
        values: Every name with its values, in the order in which they came.
        pick: Chooses among the values of one name: ``pick(values, all_of_them)``.
        names_ignore_case: The names in ``values`` are in lower case.
        skips_empty: An empty value counts as not sent, so a field looks under its next name.
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
        """Gather query parameters, headers, a form, or a plain mapping with one value per name."""
        if isinstance(source, FormData):
            return cls(_gather(source.multi_items()), pick_form_value)
        if isinstance(source, ImmutableMultiDict):
            return cls(_gather(source.multi_items()), _all_or_last)
        if isinstance(source, Headers):
            return cls(_gather(source.items()), _all_or_first, names_ignore_case=True)
        return cls(_gather(source.items()), _only)

    def normalize_name(self, name: str) -> str:
        """The spelling of ``name`` in ``values``."""
        return name.lower() if self.names_ignore_case else name

    def everything(self, without: Collection[Any] = ()) -> dict[Any, Any]:
        """All names but those in ``without``; a name with several values has a list of them."""
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


# --- which of the values of one name --------------------------------------------------------


def _all_or_last(values: list[Any], all_of_them: bool) -> Any:
    return values.copy() if all_of_them else values[-1]


def _all_or_first(values: list[Any], all_of_them: bool) -> Any:
    return values.copy() if all_of_them else values[0]


def _only(values: list[Any], all_of_them: bool) -> Any:
    return Undefined if all_of_them and values[0] == "" else values[0]


def pick_form_value(values: list[Any], all_of_them: bool) -> Any:
    """Choose among the values of a form field; ``Undefined`` if the user left it empty.

    Browsers send ``""`` for an empty text box and a file without name and content for an empty
    file input (HTML, section 4.10.22.4). In a list an empty text is an item like others.
    """
    if all_of_them:
        return [value for value in values if not is_empty_file_input(value)] or Undefined
    last = values[-1]
    if last is None or last == "" or is_empty_file_input(last):
        return Undefined
    return last


def is_empty_file_input(value: Any) -> bool:
    """Whether this is what a browser sends for a file input in which no file was chosen."""
    return isinstance(value, UploadFile) and value.filename == "" and value.size == 0


# --- models -----------------------------------------------------------------------------------


def model_input(fields: Sequence[NamedField], received: Received) -> dict[Any, Any]:
    """Build the value from which a parameter model or form model is validated.

    Each field takes the first of its names that was sent (in a form: that was filled in), under
    the key that the model expects. All other names follow as extras, names that a field passed
    over included; the model's own ``extra=`` decides what becomes of them.
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
    """Whether the text of a field is a list in JSON; an empty text means that nothing was sent."""
    return has_json_marker(field.info.metadata) and is_sequence(field.annotation)


def hidden_names(fields: Sequence[NamedField], received: Received) -> set[str]:
    """Names that would slip past the conversion of headers, so nobody gets them.

    Where ``x_token`` is read from ``x-token``, a header that is literally called ``x_token``
    must not reach the model as an extra: the model would take it for the field.
    """
    return {
        received.normalize_name(key)
        for field in fields
        for name, key in zip(field.lookups, field.model_keys, strict=True)
        if name != key
    }


def is_supplied(model: type[BaseModel], fields: Sequence[NamedField], received: Received) -> bool:
    """Whether anything was sent for an optional model, be it empty or invalid.

    That is one of its fields, or, if the model says what to do with extras, any other name.
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
    """Let each model of a union take its own fields out of the whole form.

    The same form means different input to different models: two values of one name are a list
    to one model and the last value to another. So the union is given the whole form, for
    validators and discriminators to look at, and each branch prepares its own input from it.

    Args:
        annotation: A union of models and ``None``, possibly with ``Annotated`` members.
        branches: Each model of the union with its fields.
    """
    fields_of = dict(branches)
    members = (_prepare(member, fields_of) for member in union_members(annotation))
    return reduce(or_, members)


def _prepare(member: Any, fields_of: Mapping[Any, Sequence[NamedField]]) -> Any:
    model, metadata = split_metadata(member)
    if model not in fields_of:
        return member
    # Libraries look for this function and its `model` in the types of form parameters.
    prepare = BeforeValidator(partial(normalize_form_model, model=model, fields=fields_of[model]))
    # Without a tag, error locations would name the branch after the function above.
    tags = [item for item in metadata if isinstance(item, Tag)]
    return Annotated[member, prepare, tags[-1] if tags else Tag(model.__name__)]


@dataclass(frozen=True)
class FormField:
    """A `NamedField` of a model, without a validator of its own."""

    lookups: Sequence[str]
    model_keys: Sequence[str]
    is_sequence: bool
    annotation: Any
    info: FieldInfo


def form_fields_of(model: type[BaseModel]) -> tuple[NamedField, ...]:
    """Return the fields of a model as a form has them."""
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
    """Whether the text of a field is JSON, which Pydantic decodes (``Json[...]``)."""
    if has_json_marker(info.metadata):
        return True
    return has_json_marker(split_metadata(info.annotation)[1])


def normalize_form_model(
    value: Any, *, model: type[BaseModel], fields: Sequence[NamedField] | None = None
) -> Any:
    """Return what one model of a union is validated from, out of a whole form.

    A value that is not a form stays as it is.

    - `model`: the model; libraries read it from the arguments of the validator.
    - `fields`: the fields of the model as a form has them, where they are known.

    A validator that runs before may have put ``None`` or ``[]`` into the form. No browser sends
    those: they are meant, and not taken for an empty input.
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
