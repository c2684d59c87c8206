"""A program with one mistake."""

import math

from pronghorn import FastAPI

app = FastAPI()
app.include_router(math)  # wrong
