from pronghorn import FastAPI

app = FastAPI()
app.add_middleware("CORSMiddleware")
