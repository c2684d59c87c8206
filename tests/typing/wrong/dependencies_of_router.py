"""A program with one mistake."""

from pronghorn import APIRouter


def check() -> None: ...


router = APIRouter(dependencies=[check])  # wrong
