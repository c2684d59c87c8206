"""A program with one mistake."""

from pronghorn import FastAPI

app = FastAPI(form_limits={"max_file": 5})  # wrong
