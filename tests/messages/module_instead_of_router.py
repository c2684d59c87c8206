import types

from pronghorn import APIRouter, FastAPI

users = types.ModuleType("shop.users")
users.router = APIRouter()

app = FastAPI()
app.include_router(users)
