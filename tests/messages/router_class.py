from pronghorn import APIRouter, FastAPI

app = FastAPI()
app.include_router(APIRouter)
