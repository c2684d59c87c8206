"""The Pydantic adapters that validate and serialise, made as seldom as possible.

Building one is slow, and most of them are wanted again and again: the plain types of parameters,
and the models that many routes share.
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
    """An adapter that validates as ``info`` says; the frequent plain types share one.

    Title, default, examples and so on do not change validation, so they are left out.

    Args:
        annotation: The type, without the metadata that ``info`` holds.
        info: The declaration.
        config: The Pydantic configuration, for types that have none of their own.

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
        config = None  # These bring their own and accept no other.
    return TypeAdapter(annotation, config=config)


@lru_cache(maxsize=64, typed=True)
def _adapter_of_plain_type(annotation: Any) -> TypeAdapter[Any]:
    return TypeAdapter(annotation)


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


def late_namespace(annotation: Any) -> dict[str, Any]:
    """The names of the module in which an unresolved forward reference was written."""
    module = getattr(annotation, "__forward_module__", None)
    if isinstance(module, str):
        module = sys.modules.get(module)
    return dict(vars(module)) if module is not None else {}
