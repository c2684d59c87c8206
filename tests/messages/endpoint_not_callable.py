from pronghorn import FastAPI

app = FastAPI()
app.add_api_route("/items", ["an item"])
