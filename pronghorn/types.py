"""Types that several layers share."""

import os
import types
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, Literal, TypeVar, Union

from pydantic import BaseModel

from pronghorn.core.reexports import find_elsewhere

__all__ = [
    "DecoratedCallable",
    "DependencyCacheKey",
    "IncEx",
    "ModelNameMap",
    "UnionType",
]

DecoratedCallable = TypeVar("DecoratedCallable", bound=Callable[..., Any])
"""An endpoint, returned by its decorator unchanged."""

UnionType = types.UnionType
"""The type of `int | str`."""

ModelNameMap = dict[type[BaseModel] | type[Enum], str]
"""The name under which a model appears in the OpenAPI document."""

IncEx = (
    set[int] | set[str] | Mapping[int, Union["IncEx", bool]] | Mapping[str, Union["IncEx", bool]]
)
"""Fields to include in or exclude from a response, as Pydantic accepts them."""

DependencyCacheKey = tuple[Callable[..., Any] | None, tuple[str, ...], str]
"""The key by which uses of a dependency are the same: callable, sorted OAuth scopes, lifetime."""

Directory = str | os.PathLike[str]
"""The directory with the files of a frontend."""

Fallback = Literal["auto", "index.html", "404.html"] | None
"""The file that a frontend sends for a path without a file."""

CheckDirectory = bool | Literal["auto"]
"""Whether the directory of a frontend must exist when it is declared."""


find_elsewhere(__name__)
