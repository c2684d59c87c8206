from pronghorn import FastAPI
from pronghorn.middleware.gzip import GZipMiddleware

app = FastAPI()
app.add_middleware(GZipMiddleware, min_size=100)
