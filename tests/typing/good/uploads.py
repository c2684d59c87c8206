"""Uploaded files, and limits of bodies and forms."""

from pronghorn import FastAPI, UploadFile

app = FastAPI(max_body_size=10_000_000, form_limits={"max_files": 10, "max_fields": 5})


@app.post("/files", max_body_size=None, form_limits={"max_part_size": 1024})
async def add_files(files: list[UploadFile], one: UploadFile | None = None) -> dict[str, int]:
    sizes: dict[str, int] = {}
    for file in files:
        content: bytes = await file.read(1024)
        await file.seek(0)
        sizes[file.filename or "?"] = len(content) + (file.size or 0)
        print(file.content_type, file.headers.get("x-kind"), file.file.readable())
        await file.close()
    return sizes
