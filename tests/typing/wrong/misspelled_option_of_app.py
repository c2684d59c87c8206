"""A program with one mistake."""

from pronghorn import FastAPI

app = FastAPI(titel="Shop")  # wrong
