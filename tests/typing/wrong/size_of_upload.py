"""A program with one mistake."""

from pronghorn import UploadFile


async def read(file: UploadFile) -> bytes:
    return await file.read("all")  # wrong
