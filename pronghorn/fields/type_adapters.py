"""Pydantic adapters that validate and serialise, shared where possible.

Building one is slow, and most of them are needed again: for the plain types of parameters, and
for models that many routes share.
"""

from __future__ import annotations

import sys
from dataclasses import is_dataclass
from functools import lru_cache
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, TypeAdapter
from pydantic.fields import FieldInfo
from typing_extensions import is_typeddict

from pronghorn.fields.annotations import is_class, is_plain_type

_ADAPTER = "__pronghorn_adapter__"


def adapter_for(annotation: Any, info: FieldInfo, config: ConfigDict | None) -> TypeAdapter[Any]:
    """Return an adapter for a declaration; plain types without constraints share one.

    Titles, defaults, examples and so on do not affect validation and are ignored.

    Args:
        annotation: The type, without the metadata in `info`.
        info: The declaration.
        config: The Pydantic configuration, for types without their own configuration.

    Raises:
        pydantic.errors.PydanticSchemaGenerationError: Pydantic cannot handle the type.
    """
    rules = list(info.metadata)
    if info.discriminator is not None:
        rules.append(FieldInfo(discriminator=info.discriminator))
    if rules:
        annotation = Annotated[(annotation, *rules)]
    elif config is None and is_plain_type(annotation):
        return _adapter_of_plain_type(annotation)
    elif is_class(annotation, BaseModel):
        return _adapter_of_model(annotation)
    if is_class(annotation, BaseModel) or is_dataclass(annotation) or is_typeddict(annotation):
        config = None  # These types have their own and do not accept another.
    return TypeAdapter(annotation, config=config)


@lru_cache(maxsize=64, typed=True)
def _adapter_of_plain_type(annotation: Any) -> TypeAdapter[Any]:
    return TypeAdapter(annotation)


def _adapter_of_model(model: type[BaseModel]) -> TypeAdapter[Any]:
    """Return the adapter of a model, which is stored on the model, so that both are freed together.

    Many routes return the same model. `model_rebuild` replaces the validator of a model; then the
    adapter is created anew.
    """
    kept: TypeAdapter[Any] | None = model.__dict__.get(_ADAPTER)
    if kept is None or kept.validator is not model.__dict__.get("__pydantic_validator__"):
        kept = TypeAdapter(model)
        setattr(model, _ADAPTER, kept)
    return kept


def late_namespace(annotation: Any) -> dict[str, Any]:
    """Return the names of the module in which an unresolved forward reference was written."""
    module = getattr(annotation, "__forward_module__", None)
    if isinstance(module, str):
        module = sys.modules.get(module)
    return dict(vars(module)) if module is not None else {}
