"""One value of a given type that travels over the wire under a name.

A `Field` is made once, at startup, from what the user declared: for each request parameter,
each part of a body, a whole body, and a response. It answers three questions during a request:
is this value valid, what is the default, and how is it written as JSON.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import is_dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import partial
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import (
    AliasChoices,
    AliasPath,
    BaseModel,
    ConfigDict,
    PydanticUndefinedAnnotation,
    PydanticUserError,
    TypeAdapter,
    ValidationError,
)
from pydantic.fields import FieldInfo
from typing_extensions import is_typeddict

from pronghorn.annotations import (
    has_json_marker,
    is_bytes,
    is_bytes_sequence,
    is_class,
    is_none,
    is_sequence,
    model_of,
    models_of,
    split_metadata,
    union_members,
)
from pronghorn.received import with_prepared_branches

Location = Literal["path", "query", "header", "cookie", "body"]
ErrorDetail = dict[str, Any]
ErrorLocation = tuple[str | int, ...]

_CONSTANTS = (type(None), bool, int, float, str, bytes)


class Field:
    """A typed value with its name on the wire; built at startup, used by every request.

    Attributes:
        name: Keyword of the callable, or attribute of the model, that receives the value.
        info: The declaration: a `pronghorn.params` object for request parameters.
        annotation: The type, without the metadata that ``info`` holds.
        location: Where the value comes from; forms and files are ``"body"``. ``None``: nowhere.
        alias: The name in error locations and in the documentation.
        lookups: The names on the wire, tried in order.
        model_keys: For a field of a parameter model, the name that the model knows for each of
            ``lookups``; else equal to them.
        required: There is no default.
        is_sequence: All repeated values of the name belong to this field.
        is_json: The text is JSON and decoded by Pydantic (``Json[...]``).
        is_form, is_file: The value is a form field, or a file of a multipart form.
        reads_file: Uploaded files are replaced by their contents: ``bytes``, ``list[bytes]``.
        embed: ``Body(embed=True)``.
        media_type: Media type that the declaration names; ``None`` outside bodies.
        model: The model of a parameter model or form model (also ``Model | None``), else None.
        model_fields: Its fields as they appear on the wire.
        branches: For a form that is a union of models: each model with its fields.
        nullable: ``None`` is a member of the type.
        is_plain_text: Exactly ``str``, without any rule: a ``str`` needs no check.
        check: Validates a value, or raises `pydantic.ValidationError`.
        mode: ``"serialization"`` for responses; decides which schema documents the field.
    """

    check: Callable[..., Any]

    def __init__(
        self,
        name: str,
        field_info: FieldInfo,
        *,
        location: Location | None = None,
        lookups: Sequence[str] = (),
        model_keys: Sequence[str] = (),
        is_form: bool = False,
        is_file: bool = False,
        mode: Literal["validation", "serialization"] = "validation",
        config: ConfigDict | None = None,
        deferred: bool = False,
    ) -> None:
        """Describe a value.

        Args:
            name: The name in Python.
            field_info: The declaration, with its ``annotation`` resolved; kept, not copied.
            location: Where the value comes from.
            lookups: Names on the wire; by default those that it declares.
            model_keys: What the model calls each of ``lookups``; by default the same.
            is_form: The value is part of a form.
            is_file: The value is a file of a multipart form; implies ``is_form``.
            mode: Whether the value is read or written.
            config: Pydantic configuration for building the validator.
            deferred: Build the validator at first use; for fields that are mostly only listed.

        Raises:
            pydantic.errors.PydanticSchemaGenerationError: Pydantic cannot handle the type.
        """
        self.name = name
        info = self.info = field_info
        self.annotation: Any = info.annotation
        self.location = location
        self.lookups = tuple(lookups) or declared_names(info, name)
        self.model_keys = tuple(model_keys) or self.lookups
        self.alias = self.lookups[0]
        self.required = info.is_required()
        self.is_json = _is_json(info)
        self.is_sequence = not self.is_json and is_sequence(info.annotation)
        self.is_form = is_form or is_file
        self.is_file = is_file
        self.reads_file = is_file and (
            is_bytes(info.annotation) or is_bytes_sequence(info.annotation)
        )
        self.nullable = any(is_none(member) for member in union_members(info.annotation))
        self.embed: bool | None = getattr(info, "embed", None)
        self.media_type: str | None = getattr(info, "media_type", None)
        self.mode = mode
        self.config = config
        self.model = self._parameter_model()
        self.branches = self._form_branches()
        self.model_fields = self._wire_fields(self.model)
        self.is_plain_text = (
            info.annotation is str and not info.metadata and info.discriminator is None
        )
        self._default_is_constant = (
            info.default_factory is None and type(info.default) in _CONSTANTS
        )
        self._adapter: TypeAdapter[Any] | None = None
        self.check = self._check_after_building
        if not deferred:
            self._build_now_if_possible()

    @property
    def field_info(self) -> FieldInfo:
        """The declaration, under the name that FastAPI gives it."""
        return self.info

    @property
    def default(self) -> Any:
        """The declared default itself, not a copy; ``PydanticUndefined`` if there is none."""
        return self.info.default

    def __repr__(self) -> str:
        return f"Field(name={self.name!r}, annotation={self.annotation!r}, alias={self.alias!r})"

    # --- what a request asks -------------------------------------------------------------

    def validate(self, value: Any, loc: ErrorLocation = ()) -> tuple[Any, list[ErrorDetail]]:
        """Validate one value.

        Args:
            value: What was received.
            loc: Where it was received; put before the location inside the value.

        Returns:
            The validated value and no errors, or ``None`` and the errors as FastAPI reports
            them: Pydantic's, without ``url``.
        """
        try:
            return self.adapter.validator.validate_python(value, from_attributes=True), []
        except ValidationError as error:
            return None, located_errors(error, loc)

    def get_default(self) -> Any:
        """A fresh default: a deep copy, or the result of the default factory.

        ``PydanticUndefined`` if the value is required.
        """
        if self._default_is_constant:
            return self.info.default
        if self.info.default_factory is None:
            return deepcopy(self.info.default)
        return self.info.get_default(call_default_factory=True)

    def serialize(
        self, value: Any, *, mode: Literal["json", "python"] = "json", **options: Any
    ) -> Any:
        """Turn a validated value into plain Python data.

        Args:
            value: A value of the type of this field.
            mode: ``"json"`` for data that JSON can hold, ``"python"`` to keep other types.
            options: ``include``, ``exclude``, ``by_alias`` (default ``True``),
                ``exclude_unset``, ``exclude_defaults``, ``exclude_none``, as in Pydantic.
        """
        options.setdefault("by_alias", True)
        return self.adapter.dump_python(value, mode=mode, **options)

    def serialize_json(self, value: Any, **options: Any) -> bytes:
        """Turn a validated value into JSON in UTF-8; options as for `serialize`."""
        options.setdefault("by_alias", True)
        return self.adapter.dump_json(value, **options)

    def json_writer(self, **options: Any) -> Callable[[Any], bytes]:
        """`serialize_json` with fixed options, for one kind of response."""
        options.setdefault("by_alias", True)
        return partial(self.adapter.serializer.to_json, **options)

    # --- building -----------------------------------------------------------------------

    @property
    def adapter(self) -> TypeAdapter[Any]:
        """The Pydantic adapter that validates and serialises.

        Raises:
            pydantic.PydanticUserError: A forward reference is still unknown.
        """
        return self._adapter or self._build()

    @property
    def documented_type(self) -> Any:
        """The type with everything that documentation shows: title, default, examples, ..."""
        return Annotated[self.annotation, self.info]

    def _build(self) -> TypeAdapter[Any]:
        annotation = self.annotation
        if self.branches:
            annotation = with_prepared_branches(annotation, self.branches)
        adapter = _adapter_for(annotation, self.info, self.config)
        if not getattr(adapter, "pydantic_complete", True):
            adapter.rebuild(_types_namespace=late_namespace(self.annotation))
        validate = adapter.validator.validate_python
        if self.mode == "serialization":
            validate = partial(validate, from_attributes=True)
        self._adapter, self.check = adapter, validate
        return adapter

    def _build_now_if_possible(self) -> None:
        """Build the validator; a name that is not defined yet is looked up at first use."""
        try:
            self._build()
        except (PydanticUndefinedAnnotation, NameError):
            return
        except PydanticUserError as error:
            if error.code != "class-not-fully-defined":
                raise

    def _check_after_building(self, value: Any, **options: Any) -> Any:
        """Stands in for ``check`` until the validator exists."""
        return self.adapter.validate_python(value, **options)

    # --- models whose fields are separate parameters ----------------------------------------

    def _parameter_model(self) -> type[BaseModel] | None:
        separate = self.location in ("query", "header", "cookie") or self.is_form
        return model_of(self.annotation) if separate and not self.is_json else None

    def _form_branches(self) -> tuple[tuple[type[BaseModel], tuple[Field, ...]], ...]:
        models = models_of(self.annotation) if self.is_form and not self.is_json else ()
        members = [member for member in union_members(self.annotation) if not is_none(member)]
        if len(models) < 2 or len(models) != len(members):
            return ()
        return tuple((model, self._wire_fields(model)) for model in models)

    def _wire_fields(self, model: type[BaseModel] | None) -> tuple[Field, ...]:
        if model is None:
            return ()
        convert = self.location == "header" and getattr(self.info, "convert_underscores", True)
        return tuple(
            _wire_field(model, name, info, self, convert)
            for name, info in model.model_fields.items()
        )


def missing_error(loc: ErrorLocation) -> ErrorDetail:
    """The error for a required value that was not sent."""
    return {"type": "missing", "loc": loc, "msg": "Field required", "input": None}


def located_errors(error: ValidationError, loc: ErrorLocation) -> list[ErrorDetail]:
    """Pydantic's errors as they are reported to clients, with ``loc`` put first."""
    return [{**detail, "loc": (*loc, *detail["loc"])} for detail in error.errors(include_url=False)]


def declared_names(info: FieldInfo, name: str) -> tuple[str, ...]:
    """The names that a declaration accepts on the wire, in the order they are tried.

    Names of an `pydantic.AliasPath` are not names on the wire: a path digs into another value,
    so such a field keeps its alias or its own name.
    """
    validation_alias = info.validation_alias
    if isinstance(validation_alias, str):
        return (validation_alias,)
    if isinstance(validation_alias, AliasChoices):
        choices = tuple(choice for choice in validation_alias.choices if isinstance(choice, str))
        if len(choices) == len(validation_alias.choices):
            return choices
    return (info.alias or name,)


def digs_into_another_value(info: FieldInfo) -> bool:
    """Whether an `pydantic.AliasPath` says where the value is, so it has no name of its own."""
    alias = info.validation_alias
    choices = alias.choices if isinstance(alias, AliasChoices) else (alias,)
    return any(isinstance(choice, AliasPath) for choice in choices)


def _wire_field(
    model: type[BaseModel], name: str, info: FieldInfo, parent: Field, convert: bool
) -> Field:
    """One field of a parameter model, under the names that a client may use."""
    config: Mapping[str, Any] = model.model_config
    by_name = bool(config.get("validate_by_name") or config.get("populate_by_name"))
    by_alias = config.get("validate_by_alias") is not False
    keys = declared_names(info, name)
    if digs_into_another_value(info):
        by_name = False
    elif not by_alias:
        keys = (name,)
    # Several choices are names of headers already; a name in Python has to become one.
    literal = keys if len(keys) > 1 else ()
    if by_name and name not in keys:
        keys = (*keys, name)
    lookups = tuple(
        key.replace("_", "-") if convert and key == name and key not in literal else key
        for key in keys
    )
    return Field(
        name,
        info,
        location=parent.location,
        lookups=lookups,
        model_keys=keys,
        is_form=parent.is_form,
        config=model.model_config,
        deferred=True,
    )


def late_namespace(annotation: Any) -> dict[str, Any]:
    """The names of the module in which an unresolved forward reference was written."""
    module = getattr(annotation, "__forward_module__", None)
    if isinstance(module, str):
        module = sys.modules.get(module)
    return dict(vars(module)) if module is not None else {}


def _is_json(info: FieldInfo) -> bool:
    if has_json_marker(info.metadata):
        return True
    return has_json_marker(split_metadata(info.annotation)[1])


_SHARED_TYPES: tuple[type[Any], ...] = (
    str,
    int,
    float,
    bool,
    bytes,
    UUID,
    datetime,
    date,
    time,
    timedelta,
    Decimal,
)
_ADAPTER = "__pronghorn_adapter__"
_shared_adapters: dict[type[Any], TypeAdapter[Any]] = {}


def _adapter_for(annotation: Any, info: FieldInfo, config: ConfigDict | None) -> TypeAdapter[Any]:
    """An adapter that validates as ``info`` says; the frequent plain types share one.

    Title, default, examples and so on do not change validation, so they are left out.
    """
    rules = list(info.metadata)
    if info.discriminator is not None:
        rules.append(FieldInfo(discriminator=info.discriminator))
    if rules:
        annotation = Annotated[(annotation, *rules)]
    elif annotation in _SHARED_TYPES:
        if annotation not in _shared_adapters:
            _shared_adapters[annotation] = TypeAdapter(annotation)
        return _shared_adapters[annotation]
    elif is_class(annotation, BaseModel):
        return _adapter_of_model(annotation)
    if is_class(annotation, BaseModel) or is_dataclass(annotation) or is_typeddict(annotation):
        config = None  # These bring their own and accept no other.
    return TypeAdapter(annotation, config=config)


def _adapter_of_model(model: type[BaseModel]) -> TypeAdapter[Any]:
    """The adapter of a model; it is kept with the model, so that both end together.

    Many routes return the same model. An adapter is as old as the validator that it was made of:
    `model_rebuild` makes another one.
    """
    kept: TypeAdapter[Any] | None = model.__dict__.get(_ADAPTER)
    if kept is None or kept.validator is not model.__dict__.get("__pydantic_validator__"):
        kept = TypeAdapter(model)
        setattr(model, _ADAPTER, kept)
    return kept
