"""A program with one mistake."""

from pronghorn import FastAPI, File

app = FastAPI()


@app.post("/items")
def create_item(item: str = File(descripton="A file")) -> None: ...  # wrong
