"""titiler: tile services whose WMTS and OGC documents list the parameters of dependencies."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Annotated

import pytest
from fastapi import FastAPI, Query
from fastapi.testclient import TestClient
from titiler.core.dependencies import BidxParams, ImageRenderingParams
from titiler.core.factory import AlgorithmFactory, TMSFactory
from titiler.core.utils import (
    check_query_params,
    dependencies_to_openapi_params,
    deserialize_query_params,
)


class Shade(str, Enum):
    light = "light"
    dark = "dark"


@dataclass
class Style:
    shade: Annotated[Shade, Query(description="How dark")] = Shade.light
    levels: Annotated[list[int] | None, Query(alias="level")] = None
    hidden: Annotated[str, Query(include_in_schema=False)] = ""


app = FastAPI()
app.include_router(TMSFactory().router)
app.include_router(AlgorithmFactory().router)


@pytest.fixture
def client() -> TestClient:
    return TestClient(app)


def test_parameters_of_dependencies_are_documented_without_a_route() -> None:
    documented = dependencies_to_openapi_params([Style, BidxParams, ImageRenderingParams])
    assert {item["name"] for item in documented} >= {"shade", "level", "bidx", "return_mask"}
    assert "hidden" not in {item["name"] for item in documented}

    shade, level = documented[:2]
    assert shade["schema"]["$ref"] == "#/components/schemas/Shade"
    assert (shade["in"], shade["description"], shade["required"]) == ("query", "How dark", False)
    assert level["schema"]["anyOf"][0] == {"type": "array", "items": {"type": "integer"}}
    assert level["schema"]["title"] == "Level"


def test_dependencies_are_called_with_a_query_outside_of_a_request() -> None:
    style, errors = deserialize_query_params(Style, {"shade": "dark", "level": [1, 2]})
    assert (style, errors) == (Style(Shade.dark, [1, 2]), [])
    assert not check_query_params([Style], {"shade": "blue"})


def test_tile_matrix_sets_and_algorithms_are_served(client: TestClient) -> None:
    sets = client.get("/tileMatrixSets").json()["tileMatrixSets"]
    assert "WebMercatorQuad" in {item["id"] for item in sets}
    assert client.get("/tileMatrixSets/WebMercatorQuad").json()["id"] == "WebMercatorQuad"
    assert client.get("/algorithms/hillshade").status_code == 200
    assert client.get("/algorithms/none").status_code == 422
