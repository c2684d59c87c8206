"""A program with one mistake."""

from pronghorn import FastAPI

app = FastAPI(openapi_tags=["items"])  # wrong
