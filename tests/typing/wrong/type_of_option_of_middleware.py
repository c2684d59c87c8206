"""A program with one mistake."""

from pronghorn import FastAPI
from pronghorn.middleware.gzip import GZipMiddleware

app = FastAPI()
app.add_middleware(GZipMiddleware, minimum_size="1kB")  # wrong
