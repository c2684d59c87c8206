from pronghorn import FastAPI

app = FastAPI()
app.add_event_handler("start", print)
