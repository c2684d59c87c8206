"""Run a WSGI application, such as a Flask one, inside an ASGI one (PEP 3333).

Starlette warns on import that it will drop this module; `a2wsgi` is its replacement.
"""

from starlette.middleware.wsgi import WSGIMiddleware

from pronghorn.core.reexports import find_elsewhere

__all__ = ["WSGIMiddleware"]


find_elsewhere(__name__)
