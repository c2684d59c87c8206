"""A program with one mistake."""

from pronghorn import FastAPI

app = FastAPI(docs_url=False)  # wrong
