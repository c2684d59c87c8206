"""A program with one mistake."""

from pronghorn import FastAPI
from pronghorn.middleware.gzip import GZipMiddleware

app = FastAPI(middleware=[GZipMiddleware])  # wrong
