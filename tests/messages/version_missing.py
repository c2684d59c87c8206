from pronghorn import FastAPI

app = FastAPI(version="")
