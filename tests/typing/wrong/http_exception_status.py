"""A program with one mistake."""

from pronghorn import HTTPException


def fail() -> None:
    raise HTTPException(status_code="404")  # wrong
