"""A program with one mistake."""

from pronghorn import APIRouter

router = APIRouter(prefix=1)  # wrong
