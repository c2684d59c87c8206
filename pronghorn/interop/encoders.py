"""The table of encoders of `fastapi.encoders` the other way round: encoder to classes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from pydantic import AnyUrl, NameEmail
from pydantic.color import Color

from pronghorn.encoders import ENCODERS_BY_TYPE, add_loaded_types, use_class_tuples

__all__ = ["AnyUrl", "Color", "NameEmail", "PyExtraColor", "encoders_by_class_tuples"]

try:
    PyExtraColor: Any = import_module("pydantic_extra_types.color").Color
except ImportError:

    class PyExtraColor:  # type: ignore[no-redef]  # in the place of the class above
        """Stands for a class that is not installed, so nothing is an instance of it."""


def generate_encoders_by_class_tuples(
    type_encoder_map: Mapping[Any, Callable[[Any], Any]],
) -> dict[Callable[[Any], Any], tuple[Any, ...]]:
    """Return each encoder with the classes that it is for, as `isinstance` takes them."""
    classes: dict[Callable[[Any], Any], tuple[Any, ...]] = defaultdict(tuple)
    for kind, encoder in type_encoder_map.items():
        classes[encoder] += (kind,)
    return classes


add_loaded_types()
#: For instances of subclasses; programs add encoders here, or put theirs first.
encoders_by_class_tuples = generate_encoders_by_class_tuples(ENCODERS_BY_TYPE)
use_class_tuples(encoders_by_class_tuples)
