"""A program with one mistake."""

from pronghorn import FastAPI, Form

app = FastAPI()


@app.post("/items")
def create_item(item: str = Form(media_type=5)) -> None: ...  # wrong
