"""A program with one mistake."""

from pronghorn import FastAPI

app = FastAPI()
print(app.titel)  # wrong
