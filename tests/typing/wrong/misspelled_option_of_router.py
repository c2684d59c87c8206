"""A program with one mistake."""

from pronghorn import APIRouter

router = APIRouter(prefx="/items")  # wrong
