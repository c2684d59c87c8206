from pronghorn import FastAPI

app = FastAPI()


@app.delete("/items/{item_id}", status_code=204, response_model=dict[str, int])
async def delete_item(item_id: int) -> None: ...
