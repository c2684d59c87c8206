"""Responses rendered from Jinja templates. Needs the ``jinja2`` package."""

from starlette.templating import Jinja2Templates

__all__ = ["Jinja2Templates"]
