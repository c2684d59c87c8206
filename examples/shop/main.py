"""The application: its parts put together.

Start it with `make demo`, and open http://127.0.0.1:8000/docs.
"""

from __future__ import annotations

from pronghorn import FastAPI
from pronghorn.metrics import Metrics
from pronghorn.middleware.cors import CORSMiddleware
from shop.core.config import settings
from shop.core.database import db
from shop.core.work import jobs
from shop.routers import items, orders, tokens, users
from shop.routers.errors import add_error_handlers

app = FastAPI(
    title="Shop",
    version="1.0.0",
    lifespan=db.lifespan,
    jobs=jobs,
    background_tasks="durable",
    responses={400: {"description": "The body cannot be read"}},
)
app.health(ready=[db.check])
metrics = Metrics()
metrics.attach(app)
app.add_middleware(
    CORSMiddleware,
    allow_origins=settings.cors_origins,
    allow_methods=["GET", "POST", "PATCH", "DELETE"],
    allow_headers=["Authorization", "Content-Type", "Last-Event-ID"],
)
add_error_handlers(app)
for module in (users, tokens, items, orders):
    app.include_router(module.router)
