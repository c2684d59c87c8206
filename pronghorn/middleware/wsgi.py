"""Runs a WSGI application, such as a Flask one, inside an ASGI one (PEP 3333)."""

import warnings

with warnings.catch_warnings():
    # Importing this module is the choice that Starlette's deprecation warning is about.
    warnings.simplefilter("ignore", DeprecationWarning)
    from starlette.middleware.wsgi import WSGIMiddleware

__all__ = ["WSGIMiddleware"]
