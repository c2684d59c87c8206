"""A program with one mistake."""

from pronghorn import FastAPI, Security

app = FastAPI()


@app.post("/items")
def create_item(item: str = Security(str, scopes=1)) -> None: ...  # wrong
