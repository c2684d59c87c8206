"""Serve a program while a name of uvicorn is missing, and print what a client receives.

python -m tests.adapters.uvicorn_renamed ._start_asgi_task direct
"""

from __future__ import annotations

import json
import logging
import sys
import threading
import time

from tests.core.renamed import RenamingFinder, Warnings


def main(name: str, way: str) -> None:
    """Print, as JSON, the answers of a server, the name of its protocol class, and warnings."""
    warnings = Warnings()
    logging.getLogger("pronghorn").addHandler(warnings)
    sys.meta_path.insert(0, RenamingFinder("uvicorn", name))
    import httpx
    import uvicorn

    from tests.core.renamed_program import sub

    http: object = "httptools"
    if way == "direct":
        from pronghorn.adapters.uvicorn_protocol import PronghornProtocol

        http = PronghornProtocol
    config = uvicorn.Config(sub, port=0, http=http, log_level="error")  # type: ignore[arg-type]
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    with httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
        answers = {
            "get": client.get("/items/3?query=a").json(),
            "post": client.post("/items", json={"name": "b"}).json(),
            "stream": client.get("/stream").text,
        }
    server.should_exit = True
    thread.join()
    found = {"answers": answers, "protocol": config.http_protocol_class.__name__}
    sys.stdout.write(json.dumps({**found, "warnings": warnings.lines}))


if __name__ == "__main__":
    main(*sys.argv[1:])
