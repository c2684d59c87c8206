"""Runs a WSGI application, such as a Flask one, inside an ASGI one (PEP 3333).

Starlette warns on import that it will drop this module; ``a2wsgi`` is its replacement.
"""

from starlette.middleware.wsgi import WSGIMiddleware

__all__ = ["WSGIMiddleware"]
