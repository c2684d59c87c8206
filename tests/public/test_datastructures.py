"""Uploads and placeholders."""

import io

import pytest
from pydantic import TypeAdapter, ValidationError
from starlette.datastructures import UploadFile as StarletteUploadFile

from pronghorn.datastructures import Default, DefaultPlaceholder, UploadFile


@pytest.mark.anyio
async def test_upload_is_read_and_written_without_blocking() -> None:
    upload = UploadFile(filename="note.txt", file=io.BytesIO(b"data"), size=4)
    assert await upload.read(2) == b"da"
    assert await upload.read() == b"ta"
    await upload.write(b" and more")
    assert upload.size == 13
    await upload.seek(0)
    assert await upload.read() == b"data and more"
    await upload.close()
    assert upload.file.closed


def test_upload_can_be_a_field() -> None:
    field = TypeAdapter(UploadFile)
    starlette_upload = StarletteUploadFile(io.BytesIO())
    assert field.validate_python(starlette_upload) is starlette_upload
    with pytest.raises(ValidationError, match="Expected UploadFile, received: <class 'str'>"):
        field.validate_python("not a file")


def test_upload_is_binary_text_in_the_document() -> None:
    schema = TypeAdapter(UploadFile).json_schema()
    assert schema == {"type": "string", "contentMediaType": "application/octet-stream"}


def test_placeholder_compares_by_value() -> None:
    assert Default("a") == Default("a")
    assert Default("a") != Default("b")
    assert Default("a") != "a"
    assert Default("a")
    assert not Default("")


def test_placeholder_holds_its_value() -> None:
    placeholder = Default([1])
    assert isinstance(placeholder, DefaultPlaceholder)
    assert placeholder.value == [1]
    assert repr(placeholder) == "Default([1])"
