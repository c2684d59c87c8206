"""A program with one mistake."""

from pronghorn import FastAPI, Querry  # wrong

app = FastAPI()
print(Querry)
