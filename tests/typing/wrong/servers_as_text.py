"""A program with one mistake."""

from pronghorn import FastAPI

app = FastAPI(servers=["https://example.com"])  # wrong
