"""A program with one mistake."""

from pronghorn import FastAPI, Header

app = FastAPI()


@app.post("/items")
def create_item(item: str = Header(convert_underscores=[])) -> None: ...  # wrong
