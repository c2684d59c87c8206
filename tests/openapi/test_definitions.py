"""The schemas of models: names, modes, descriptions and files."""

# Endpoints are only documented here, so they have no body.
# mypy: disable-error-code="empty-body"
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, ConfigDict, Field, computed_field, create_model

from pronghorn.datastructures import UploadFile
from pronghorn.param_functions import File
from tests.openapi.documents import schemas


class Plain(BaseModel):
    a: int


class Counted(BaseModel):
    a: int = 1

    @computed_field
    def twice(self) -> int:
        return 2 * self.a


class Tree(BaseModel):
    counted: list[Counted] = []
    child: "Tree | None" = None


class Renamed(BaseModel):
    a: int = Field(validation_alias="read", serialization_alias="written")


def test_models_are_sorted_and_named_once_if_they_read_what_they_write() -> None:
    def endpoint(plain: Plain, tree: Tree) -> Plain: ...

    assert list(schemas(endpoint)) == ["Body_endpoint_0_post", "Counted", "Plain", "Tree"]


@pytest.mark.parametrize("model", [Counted, Tree, Renamed])
def test_models_have_two_schemas_if_they_read_other_than_they_write(model: type[Any]) -> None:
    def endpoint(item: Any) -> Any: ...

    endpoint.__annotations__ = {"item": model, "return": model}
    names = set(schemas(endpoint))
    assert {f"{model.__name__}-Input", f"{model.__name__}-Output"} <= names


def test_separate_schemas_can_be_switched_off_except_for_computed_fields() -> None:
    def renamed(item: Renamed) -> Renamed: ...
    def tree(item: Tree) -> list[Tree]: ...

    assert list(schemas(renamed, separate_input_output_schemas=False)) == ["Renamed"]
    found = schemas(tree, separate_input_output_schemas=False)
    assert {"Counted-Input", "Counted-Output", "Tree-Input", "Tree-Output"} == set(found)
    assert found["Counted-Output"]["required"] == ["twice"]


def test_models_of_one_name_are_told_apart_by_their_modules() -> None:
    first = create_model("Same", __module__="shop.a", a=(int, ...))
    second = create_model("Same", __module__="shop.b", b=(int, ...))

    def one(item: first) -> None: ...  # type: ignore[valid-type]  # made at run time
    def two(item: second) -> None: ...  # type: ignore[valid-type]  # made at run time

    one.__annotations__ = {"item": first, "return": None}
    two.__annotations__ = {"item": second, "return": None}
    assert list(schemas(one, two)) == ["shop__a__Same", "shop__b__Same"]


def test_a_description_ends_at_a_form_feed() -> None:
    model = create_model("Noted", __doc__="Shown.\fHidden.", a=(int, ...))

    def endpoint(item: Any) -> None: ...

    endpoint.__annotations__ = {"item": model, "return": None}
    assert schemas(endpoint)["Noted"]["description"] == "Shown."


def test_bytes_and_uploads_are_files() -> None:
    def endpoint(
        data: Annotated[bytes, File()], upload: UploadFile, more: list[UploadFile]
    ) -> None: ...

    found = schemas(endpoint)["Body_endpoint_0_post"]["properties"]
    file = {"type": "string", "contentMediaType": "application/octet-stream"}
    assert found["data"] == {**file, "title": "Data"}
    assert found["upload"] == {**file, "title": "Upload"}
    assert found["more"]["items"] == file


def test_bytes_in_json_may_be_base64() -> None:
    class Blob(BaseModel):
        model_config = ConfigDict(val_json_bytes="base64")
        data: bytes = Field(max_length=9)

    def endpoint(blob: Any) -> Any: ...

    endpoint.__annotations__ = {"blob": Blob, "return": Blob}
    found = schemas(endpoint)
    described = {
        "type": "string",
        "maxLength": 9,
        "contentMediaType": "application/octet-stream",
        "title": "Data",
    }
    encoded = {**described, "contentEncoding": "base64"}
    assert found["Blob-Input"]["properties"]["data"] == encoded
    assert found["Blob-Output"]["properties"]["data"] == described
