"""Type aliases that several layers share."""

import types
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, TypeVar, Union

from pydantic import BaseModel

__all__ = ["DecoratedCallable", "DependencyCacheKey", "IncEx", "ModelNameMap", "UnionType"]

DecoratedCallable = TypeVar("DecoratedCallable", bound=Callable[..., Any])
"""An endpoint, returned by its decorator unchanged."""

UnionType = types.UnionType
"""The type of ``int | str``."""

ModelNameMap = dict[type[BaseModel] | type[Enum], str]
"""The name under which a model appears in the OpenAPI document."""

IncEx = (
    set[int] | set[str] | Mapping[int, Union["IncEx", bool]] | Mapping[str, Union["IncEx", bool]]
)
"""Fields to include in or exclude from a response, as Pydantic accepts them."""

DependencyCacheKey = tuple[Callable[..., Any] | None, tuple[str, ...], str]
"""What makes two uses of a dependency the same: callable, sorted OAuth scopes, lifetime."""
