"""A value of a declared type with its name on the wire.

A `Field` is created once, at startup, from the declaration of a request parameter, a part of a
body, a whole body or a response. During a request it validates a value, provides the default, and
serialises the value to JSON.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from functools import cached_property, partial
from typing import Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    PydanticUndefinedAnnotation,
    PydanticUserError,
    TypeAdapter,
    ValidationError,
)
from pydantic.fields import FieldInfo
from pydantic_core import SchemaValidator

from pronghorn.core.kinds import LOCATIONS, Location
from pronghorn.fields.aliases import list_wire_names, names_in_model
from pronghorn.fields.annotations import (
    is_bytes,
    is_bytes_sequence,
    is_none,
    is_sequence,
    model_of,
    models_of,
    union_members,
)
from pronghorn.fields.multi_values import declares_json, with_prepared_branches
from pronghorn.fields.type_adapters import adapter_for, late_namespace

OUTSIDE_BODIES = LOCATIONS[:-1]
ErrorDetail = dict[str, Any]
ErrorLocation = tuple[str | int, ...]

_PLAIN_TEXT: tuple[Any, ...] = (str, str | None)
_CONSTANTS = (type(None), bool, int, float, str, bytes)


class Field:
    """A typed value with its name on the wire; created at startup, used by every request.

    Attributes:
        name: The keyword of the callable, or the attribute of the model, that receives the value.
        info: The declaration: a `pronghorn.params` object for request parameters.
        annotation: The type, without the metadata in `info`.
        location: The part of the request that contains the value, `"body"` for forms and files;
            `None` for a value that is not read from a request.
        lookups: The names on the wire, tried in order.
        model_keys: For a field of a parameter model, the name in the model for each of `lookups`;
            otherwise equal to `lookups`.
        is_sequence: Whether all repeated values of the name belong to this field.
        is_json: Whether the text is JSON that Pydantic decodes (`Json[...]`).
        is_form: Whether the value is part of a form.
        is_file: Whether the value is a file of a multipart form.
        reads_file: Whether uploaded files are replaced by their contents: `bytes`, `list[bytes]`.
        model: The model of a parameter model or form model (also `Model | None`), else None.
        nullable: Whether `None` is a member of the type.
        is_plain_text: Whether the type is `str` or `str | None` without constraints, so that any
            `str` is valid.
        check: The function that returns a validated value, or raises `pydantic.ValidationError`.
        mode: `"serialization"` for responses; decides which schema documents the field.
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
            field_info: The declaration, with its `annotation` resolved; it is not copied.
            location: The part of the request that contains the value. Defaults to the one that
                the declaration names.
            lookups: The names on the wire. Defaults to those of the declaration.
            model_keys: The name in the model for each of `lookups`. Defaults to `lookups`.
            is_form: Whether the value is part of a form.
            is_file: Whether the value is a file of a multipart form; implies `is_form`.
            mode: Whether the value is validated or serialised.
            config: The Pydantic configuration of the validator.
            deferred: Whether to build the validator at first use, for fields that are rarely used
                to validate.

        Raises:
            pydantic.errors.PydanticSchemaGenerationError: Pydantic cannot handle the type.
        """
        self.name = name
        self.info = field_info
        self.annotation: Any = field_info.annotation
        if location is None:
            location, is_form, is_file = _read_place(field_info)
        self.location = location
        self.lookups = tuple(lookups) or list_wire_names(field_info, name)
        self.model_keys = tuple(model_keys) or self.lookups
        self.is_form = is_form or is_file
        self.is_file = is_file
        self.mode = mode
        self.config = config
        self.required = field_info.is_required()
        self._read_type()
        self._adapter: TypeAdapter[Any] | None = None
        self.check = self._check_after_building
        if not deferred:
            self._build_now_if_possible()

    def _read_type(self) -> None:
        """Set the attributes that follow from the type."""
        info, annotation = self.info, self.annotation
        self.is_json = declares_json(info)
        self.is_sequence = not self.is_json and is_sequence(annotation)
        self.reads_file = self.is_file and (is_bytes(annotation) or is_bytes_sequence(annotation))
        self.nullable = any(is_none(member) for member in union_members(annotation))
        is_text = annotation in _PLAIN_TEXT
        self.is_plain_text = is_text and not info.metadata and info.discriminator is None
        self.model = self._parameter_model()

    def with_info(self, info: FieldInfo) -> Field:
        """Return a copy of this field with another, equal declaration.

        The validator of this field must have been built.
        """
        clone = type(self).__new__(type(self))
        vars(clone).update(vars(self))
        clone.info = info
        return clone

    @property
    def field_info(self) -> FieldInfo:
        """The declaration, under its name in FastAPI.

        Libraries change it in place, and assign another one to copies of fields; the validator
        does not change.
        """
        return self.info

    @field_info.setter
    def field_info(self, info: FieldInfo) -> None:
        self.info = info
        self.lookups = self.model_keys = list_wire_names(info, self.name)
        self.required = info.is_required()

    @property
    def embed(self) -> bool | None:
        """The declared option `embed` of a part of the body."""
        return getattr(self.info, "embed", None)

    @property
    def media_type(self) -> str | None:
        """The declared media type; `None` outside bodies."""
        return getattr(self.info, "media_type", None)

    @property
    def alias(self) -> str:
        """The name in error locations and in the documentation."""
        return self.lookups[0]

    @property
    def validation_alias(self) -> str | None:
        """The declared validation alias, if it is a single name."""
        alias = self.info.validation_alias
        return alias if isinstance(alias, str) else None

    @property
    def serialization_alias(self) -> str | None:
        """The declared name for serialisation, if any."""
        return self.info.serialization_alias or None

    @property
    def default(self) -> Any:
        """The declared default, not a copy of it; `PydanticUndefined` if there is none."""
        return self.info.default

    def __repr__(self) -> str:
        return f"Field(name={self.name!r}, annotation={self.annotation!r}, alias={self.alias!r})"

    # --- used by requests -----------------------------------------------------------------

    def validate(self, value: Any, loc: ErrorLocation = ()) -> tuple[Any, list[ErrorDetail]]:
        """Validate one value.

        Args:
            value: The value from the request.
            loc: The location of the value; it is put before the location inside the value.

        Returns:
            The validated value and an empty list; or `None` and the errors as FastAPI reports
            them, which are Pydantic's without `url`.
        """
        try:
            adapter = self._adapter or self._build()
            return adapter.validator.validate_python(value, from_attributes=True), []
        except ValidationError as error:
            return None, locate_errors(error, loc)

    def get_default(self) -> Any:
        """Return a new default: a deep copy, or the result of the default factory.

        It is `PydanticUndefined` if the value is required.
        """
        info = self.info
        if info.default_factory is not None:
            return info.get_default(call_default_factory=True)
        return info.default if type(info.default) in _CONSTANTS else deepcopy(info.default)

    def serialize(
        self, value: Any, *, mode: Literal["json", "python"] = "json", **options: Any
    ) -> Any:
        """Convert a validated value to plain Python data.

        Args:
            value: A value of the type of this field.
            mode: `"json"` for data that JSON can represent, `"python"` to keep other types.
            options: `include`, `exclude`, `by_alias` (default `True`),
                `exclude_unset`, `exclude_defaults`, `exclude_none`, as in Pydantic.
        """
        options.setdefault("by_alias", True)
        return self.adapter.dump_python(value, mode=mode, **options)

    def serialize_json(self, value: Any, **options: Any) -> bytes:
        """Convert a validated value to JSON in UTF-8, with the options of `serialize`."""
        options.setdefault("by_alias", True)
        return self.adapter.dump_json(value, **options)

    def json_writer(self, **options: Any) -> Callable[[Any], bytes]:
        """Return a function that writes values as JSON with these options of `serialize`."""
        to_json: Callable[..., bytes] = self.adapter.serializer.to_json
        if options:
            return partial(to_json, **{"by_alias": True, **options})
        # A literal keyword argument is faster than a `partial`, which unpacks a dict.
        return lambda value: to_json(value, by_alias=True)

    @property
    def kept_class(self) -> type[Any] | None:
        """The model whose instances validation returns unchanged, if the type is such a model.

        This is Pydantic's default; a validator of the whole model or `revalidate_instances`
        changes the schema.
        """
        schema: Mapping[str, Any] = self.adapter.core_schema
        if schema["type"] != "model" or type(self.adapter.validator) is not SchemaValidator:
            return None
        config = schema.get("config", {})
        settings = (schema.get("revalidate_instances"), config.get("revalidate_instances"))
        return schema["cls"] if set(settings) <= {None, "never"} else None

    # --- building -----------------------------------------------------------------------

    @property
    def adapter(self) -> TypeAdapter[Any]:
        """The Pydantic adapter that validates and serialises; built at first use.

        Raises:
            pydantic.PydanticUserError: A forward reference is still undefined.
        """
        return self._adapter or self._build()

    @property
    def _type_adapter(self) -> TypeAdapter[Any]:
        """The Pydantic adapter, under the name that libraries use on FastAPI."""
        return self.adapter

    def _build(self) -> TypeAdapter[Any]:
        annotation = self.annotation
        if self.branches:
            annotation = with_prepared_branches(annotation, self.branches)
            self.info.annotation = annotation  # Libraries read the validators from there.
        adapter = adapter_for(annotation, self.info, self.config)
        if not getattr(adapter, "pydantic_complete", True):
            adapter.rebuild(_types_namespace=late_namespace(self.annotation))
        validate = adapter.validator.validate_python
        if self.mode == "serialization":
            validate = partial(validate, from_attributes=True)
        self._adapter, self.check = adapter, validate
        return adapter

    def _build_now_if_possible(self) -> None:
        """Build the validator, or leave it for the first use if a name is not defined yet."""
        try:
            self._build()
        except (PydanticUndefinedAnnotation, NameError):
            return
        except PydanticUserError as error:
            if error.code != "class-not-fully-defined":
                raise

    def _check_after_building(self, value: Any, **options: Any) -> Any:
        """Validate a value, and build the validator first; this is `check` until then."""
        return self.adapter.validate_python(value, **options)

    # --- models whose fields are separate parameters ----------------------------------------

    def _parameter_model(self) -> type[BaseModel] | None:
        separate = self.location in ("query", "header", "cookie") or self.is_form
        return model_of(self.annotation) if separate and not self.is_json else None

    @cached_property  # Lazy, because a model may have itself as a field.
    def model_fields(self) -> tuple[Field, ...]:
        """The fields of `model` as they appear on the wire."""
        return self._wire_fields(self.model)

    @cached_property  # Lazy, because a model may have itself as a field.
    def branches(self) -> tuple[tuple[type[BaseModel], tuple[Field, ...]], ...]:
        """The models of a form that is a union of models, each with its fields; otherwise empty."""
        models = models_of(self.annotation) if self.is_form and not self.is_json else ()
        members = [member for member in union_members(self.annotation) if not is_none(member)]
        if len(models) < 2 or len(models) != len(members):
            return ()
        return tuple((model, self._wire_fields(model)) for model in models)

    @property
    def is_separate(self) -> bool:
        """Whether a form value is a model of several form fields."""
        return self.is_form and (self.model is not None or bool(self.branches))

    @property
    def may_be_absent(self) -> bool:
        """Whether a form value is a model, or a union of models, that can be `None`."""
        return self.is_separate and any(is_none(item) for item in union_members(self.annotation))

    def _wire_fields(self, model: type[BaseModel] | None) -> tuple[Field, ...]:
        if model is None:
            return ()
        convert = self.location == "header" and getattr(self.info, "convert_underscores", True)
        return tuple(
            self._wire_field(model, name, info, *names_in_model(model, name, info, convert=convert))
            for name, info in model.model_fields.items()
        )

    def _wire_field(
        self,
        model: type[BaseModel],
        name: str,
        info: FieldInfo,
        lookups: Sequence[str],
        model_keys: Sequence[str],
    ) -> Field:
        return Field(
            name,
            info,
            location=self.location,
            lookups=lookups,
            model_keys=model_keys,
            is_form=self.is_form,
            config=model.model_config,
            deferred=True,
        )


def missing_error(loc: ErrorLocation) -> ErrorDetail:
    """Return the error for a required value that was not sent."""
    return {"type": "missing", "loc": loc, "msg": "Field required", "input": None}


def locate_errors(error: ValidationError, loc: ErrorLocation) -> list[ErrorDetail]:
    """Return the errors as clients receive them: Pydantic's, with `loc` before each location."""
    details: list[Any] = error.errors(include_url=False)
    for detail in details:
        detail["loc"] = (*loc, *detail["loc"])
    return details


def _read_place(info: FieldInfo) -> tuple[Location | None, bool, bool]:
    """Return the location that a declaration names, whether it is a form, and whether it is a file.

    Libraries create fields from `pronghorn.params` objects without repeating the location.
    """
    place = getattr(info, "in_", None)
    if place is not None:
        return place.value, False, False
    location: Location | None = "body" if hasattr(info, "media_type") else None
    kind = getattr(info, "_form_part", None)
    return location, kind is not None, kind == "file"
