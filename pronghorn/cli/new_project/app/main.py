"""The application: its parts put together. `make demo` serves it."""

from pronghorn import FastAPI
from pronghorn.metrics import Metrics

from app.core.database import db
from app.routers import items
from app.services.items import ItemNotFound

app = FastAPI(title="{{ title }}", version="0.1.0", lifespan=db.lifespan)
app.health(ready=[db.check])
Metrics().attach(app)
app.add_exception_handler(ItemNotFound, items.answer_not_found)
app.include_router(items.router)
