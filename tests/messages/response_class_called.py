from pronghorn import FastAPI
from pronghorn.responses import HTMLResponse

app = FastAPI()


@app.get("/", response_class=HTMLResponse())
async def home() -> str:
    return "<h1>Hello</h1>"
