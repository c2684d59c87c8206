from pronghorn import FastAPI
from pronghorn.responses import JSONResponse

app = FastAPI(exception_handlers={404: JSONResponse({"detail": "no such page"})})
