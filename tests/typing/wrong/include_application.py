"""A program with one mistake."""

from pronghorn import FastAPI

app = FastAPI()
inner = FastAPI()
app.include_router(inner)  # wrong
