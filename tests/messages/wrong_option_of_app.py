from pronghorn import FastAPI

app = FastAPI(titel="Shop")
