"""The table of `fastapi.encoders` from each encoder to its classes."""

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

    class PyExtraColor:  # type: ignore[no-redef]  # only without the class above
        """A class without instances, in place of one that is not installed."""


def generate_encoders_by_class_tuples(
    type_encoder_map: Mapping[Any, Callable[[Any], Any]],
) -> dict[Callable[[Any], Any], tuple[Any, ...]]:
    """Return the classes of each encoder, as a tuple for `isinstance`."""
    classes: dict[Callable[[Any], Any], tuple[Any, ...]] = defaultdict(tuple)
    for kind, encoder in type_encoder_map.items():
        classes[encoder] += (kind,)
    return classes


add_loaded_types()
#: Used for instances of subclasses. Programs add encoders here, or put their own first.
encoders_by_class_tuples = generate_encoders_by_class_tuples(ENCODERS_BY_TYPE)
use_class_tuples(encoders_by_class_tuples)
