from pronghorn import FastAPI

users = FastAPI()
app = FastAPI()
app.include_router(users, prefix="/users")
