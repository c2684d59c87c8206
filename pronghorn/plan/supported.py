"""Types that cannot be validated, and what their author is told."""

from __future__ import annotations

import sys
from typing import Any, get_args

from pronghorn.core.setup_errors import setup_error
from pronghorn.exceptions import PydanticV1NotSupportedError, SetupError
from pronghorn.fields.annotations import is_alias, is_class, strip_metadata, union_members


def invalid_type_error(annotation: Any) -> SetupError:
    """The error for a type that Pydantic cannot build a validator for."""
    return setup_error(
        f"Invalid args for response field! Hint: check that {annotation} is a valid Pydantic "
        "field type",
        "the type is a plain class, or a union with a Response class",
        "a Pydantic model or dataclass; for a return annotation that is not a model, give the "
        "decorator the parameter response_model=None",
    )


def refuse_pydantic_v1(annotation: Any) -> None:
    """Raise if a model of ``pydantic.v1`` is the type, a member of the union or an item.

    Raises:
        PydanticV1NotSupportedError: There is such a model.
    """
    if uses_pydantic_v1(annotation):
        raise PydanticV1NotSupportedError(
            f"pydantic.v1 models are no longer supported: {annotation}. "
            "Change the import from `pydantic.v1` to `pydantic`."
        )


def is_pydantic_v1_model(value: Any) -> bool:
    """Whether ``value`` is a model class of ``pydantic.v1``."""
    module = sys.modules.get("pydantic.v1")
    # Importing it would be slow, and warns on Python versions that it does not support.
    return module is not None and is_class(value, module.BaseModel)


def uses_pydantic_v1(annotation: Any) -> bool:
    """Whether a ``pydantic.v1`` model is the type, a member of the union or an item."""
    if "pydantic.v1" not in sys.modules:
        return False  # Nobody can have made such a model.
    pending, seen = [annotation], []
    while pending:
        part = pending.pop()
        bare = strip_metadata(part)
        if is_pydantic_v1_model(bare):
            return True
        if is_alias(part):
            if part in seen:
                continue  # An alias may contain itself.
            seen.append(part)
        pending.extend(union_members(part) or get_args(bare))
    return False
