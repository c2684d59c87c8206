"""A program with one mistake."""

from pronghorn import FastAPI
from pronghorn.middleware.cors import CORSMiddleware

app = FastAPI()
app.add_middleware(CORSMiddleware, allow_origin=["*"])  # wrong
