"""A program with one mistake."""

from pronghorn.routing import APIRoute


class CountedRoute(APIRoute):
    def get_route_handler(self) -> int:  # wrong
        return 1
