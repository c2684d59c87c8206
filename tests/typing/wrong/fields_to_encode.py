"""A program with one mistake."""

from pronghorn.encoders import jsonable_encoder

print(jsonable_encoder({}, include=5))  # wrong
