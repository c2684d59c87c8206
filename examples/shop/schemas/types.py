"""Types that several schemas share, each with its bounds."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, EmailStr, Field, StringConstraints
from pydantic_core import PydanticCustomError

MAX_ID = 2**63 - 1
"""The largest integer a database column holds. A larger one would fail there, as a 500."""


def _refuse_nul(text: str) -> str:
    """Refuse the character NUL: databases, logs and C libraries disagree about what follows it."""
    if "\0" in text:
        raise PydanticCustomError("nul_character", "The character NUL is not allowed")
    return text


NoNul = AfterValidator(_refuse_nul)
"""Add to an `Annotated` string type."""

Id = Annotated[int, Field(ge=1, le=MAX_ID)]

Email = Annotated[EmailStr, Field(max_length=254), AfterValidator(str.lower)]
"""An e-mail address, in lower case so that nobody registers twice by a shift key."""

Password = Annotated[str, Field(min_length=8, max_length=128), NoNul]
"""A new password. The upper bound keeps the cost of hashing bounded."""

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100), NoNul]

Description = Annotated[str, Field(max_length=1000), NoNul]


def _to_cents(amount: Decimal) -> Decimal:
    """Write an amount in one way only: 5, 5.0 and 0.5E1 are 5.00, and -0 is 0.00."""
    return abs(amount.quantize(Decimal("0.01")))


Price = Annotated[Decimal, Field(ge=0, le=1_000_000, decimal_places=2), AfterValidator(_to_cents)]
"""An amount of money. It travels as a JSON string, because many clients read numbers as floats."""
