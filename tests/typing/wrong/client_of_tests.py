"""A program with one mistake."""

from pronghorn import FastAPI
from pronghorn.testclient import TestClient

client = TestClient(FastAPI(), base_url=5)  # wrong
