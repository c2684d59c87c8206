from pronghorn import FastAPI

app = FastAPI()
app.mount("users", FastAPI())
