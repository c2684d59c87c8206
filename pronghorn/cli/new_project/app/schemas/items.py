"""Items, as clients send and receive them."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
Description = Annotated[str, Field(max_length=1000)]


class ItemIn(BaseModel):
    """A new item, or all of an item in place of what it was."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    description: Description | None = None


class ItemOut(ItemIn):
    """An item."""

    model_config = ConfigDict(from_attributes=True)

    id: int
