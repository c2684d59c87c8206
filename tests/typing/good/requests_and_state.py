"""The request, and attributes of the application."""

from starlette.datastructures import State

from pronghorn import FastAPI, Request

app = FastAPI()
app.state.names = ["a"]


@app.post("/items/{item_id}")
async def read_request(request: Request, item_id: str) -> dict[str, object]:
    body: bytes = await request.body()
    content = await request.json()
    async with request.form() as form:
        sent = form.get("name")
    names: list[str] = request.app.state.names
    return {
        "method": request.method,
        "url": str(request.url_for("read_request", item_id="1")),
        "query": request.query_params.get("q"),
        "header": request.headers.get("x-kind", ""),
        "cookie": request.cookies.get("session"),
        "client": request.client.host if request.client else None,
        "body": [body, content, sent, names],
    }


@app.get("/state")
def read_state(request: Request[State]) -> str:
    request.state.user = "a"
    return request.url.path
