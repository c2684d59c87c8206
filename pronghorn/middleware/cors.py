"""Allow web pages of other origins to call the application (Fetch standard, CORS)."""

from starlette.middleware.cors import CORSMiddleware

from pronghorn.core.reexports import find_elsewhere

__all__ = ["CORSMiddleware"]


find_elsewhere(__name__)
