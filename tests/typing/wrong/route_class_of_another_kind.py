"""A program with one mistake."""

from starlette.routing import Route

from pronghorn import APIRouter

router = APIRouter(route_class=Route)  # wrong
