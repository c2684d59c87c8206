from pronghorn import FastAPI

app = FastAPI(responses={"not found": {"description": "No such item"}})
