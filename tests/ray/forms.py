"""The forms in which `ingress` takes an application."""

from __future__ import annotations

from pronghorn import FastAPI
from pronghorn.ray import ingress
from tests.ray.plain import app


def make_app() -> FastAPI:
    return app


FORMS = {
    "object": ingress(app)(),
    "place": ingress("tests.ray.plain:app")(),
    "function": ingress(make_app)(),
}
