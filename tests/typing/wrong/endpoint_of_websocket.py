"""A program with one mistake."""

from pronghorn import FastAPI

app = FastAPI()
app.add_api_websocket_route("/echo", 5)  # wrong
