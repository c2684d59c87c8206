"""Responses rendered from Jinja templates. Needs the `jinja2` package."""

from starlette.templating import Jinja2Templates

from pronghorn.core.reexports import find_elsewhere

__all__ = ["Jinja2Templates"]


find_elsewhere(__name__)
