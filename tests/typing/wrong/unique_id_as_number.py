"""A program with one mistake."""

from pronghorn import APIRouter
from pronghorn.routing import APIRoute


def number_route(route: APIRoute) -> int:
    return len(route.path)


router = APIRouter(generate_unique_id_function=number_route)  # wrong
