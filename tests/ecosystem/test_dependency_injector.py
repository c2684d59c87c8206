"""dependency-injector: wires modules by replacing their functions, `Depends` among the markers."""

import sys
from collections.abc import Iterator
from typing import Annotated

import pytest
from dependency_injector import containers, providers
from dependency_injector.wiring import Provide, inject
from fastapi import Depends, FastAPI
from fastapi.testclient import TestClient


class Service:
    def __init__(self, name: str) -> None:
        self.name = name


class Container(containers.DeclarativeContainer):
    config = providers.Configuration()
    service = providers.Factory(Service, name=config.name)


app = FastAPI()


@app.get("/default/{number}")
@inject
async def by_default(
    number: int, service: Service = Depends(Provide[Container.service])
) -> dict[str, str | int]:
    return {"name": service.name, "number": number}


@app.get("/annotated")
@inject
def annotated(service: Annotated[Service, Depends(Provide[Container.service])]) -> str:
    return service.name


@pytest.fixture
def container() -> Iterator[Container]:
    container = Container()
    container.config.name.from_value("shop")
    container.wire(modules=[sys.modules[__name__]])
    yield container
    container.unwire()


def test_provided_values(container: Container) -> None:
    client = TestClient(app)

    assert client.get("/default/3").json() == {"name": "shop", "number": 3}
    assert client.get("/annotated").json() == "shop"
    assert client.get("/default/three").status_code == 422


def test_an_overridden_provider(container: Container) -> None:
    with container.service.override(Service("other")):
        assert TestClient(app).get("/annotated").json() == "other"
