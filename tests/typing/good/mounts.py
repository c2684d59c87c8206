"""Static files, templates and other applications."""

from pronghorn import FastAPI, Request
from pronghorn.responses import HTMLResponse
from pronghorn.staticfiles import StaticFiles
from pronghorn.templating import Jinja2Templates

app = FastAPI()
inner = FastAPI(openapi_url=None)
templates = Jinja2Templates(directory="templates")
app.mount("/static", StaticFiles(directory="static", html=True), name="static")
app.mount("/inner", inner)


@app.get("/", response_class=HTMLResponse)
def read_page(request: Request) -> HTMLResponse:
    return templates.TemplateResponse(request, "page.html", {"name": "a"})
