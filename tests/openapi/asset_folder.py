"""A folder as `tools/docs_assets.py` writes it, with short files."""

from __future__ import annotations

import gzip
import json
from hashlib import sha256
from pathlib import Path

CONTENTS = {
    "swagger_js": ("swagger-ui-dist@5.0.0/swagger-ui-bundle.js", "text/javascript; charset=utf-8"),
    "swagger_css": ("swagger-ui-dist@5.0.0/swagger-ui.css", "text/css; charset=utf-8"),
    "redoc_js": ("redoc@2.0.0/redoc.standalone.js", "text/javascript; charset=utf-8"),
    "scalar_js": ("@scalar/api-reference@1.0.0/standalone.js", "text/javascript; charset=utf-8"),
}


def content_of(role: str) -> bytes:
    """Return the content of a file."""
    return f"/* {role} */".encode()


def write_folder(folder: Path) -> None:
    """Write the manifest and its files."""
    assets = {}
    for role, (name, media_type) in CONTENTS.items():
        (folder / f"{role}.gz").write_bytes(gzip.compress(content_of(role)))
        tag = sha256(content_of(role)).hexdigest()
        assets[role] = {
            "name": name,
            "file": f"{role}.gz",
            "media_type": media_type,
            "sha256": tag,
        }
    (folder / "manifest.json").write_text(json.dumps({"assets": assets}))
