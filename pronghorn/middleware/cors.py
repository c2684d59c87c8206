"""Lets web pages of other origins call the application (Fetch standard, CORS)."""

from starlette.middleware.cors import CORSMiddleware

__all__ = ["CORSMiddleware"]
