"""Answer the probes of `make bench-service` in process; one program for each process.

    python -m tests.benchmarks.service_answers fastapi|same|own

The variables of the environment name the database. It prints what is compared, as JSON.
"""

from __future__ import annotations

import json
import sys

from benchmarks.service.answers import check_headers
from benchmarks.service.requests import Answer, Request, log_in, make_probes, normalise
from benchmarks.service.serving import APPS


def main(contestant: str) -> None:
    """Print the answers of a contestant."""
    sys.path.insert(0, str(APPS))
    if contestant == "same":
        import pronghorn.as_fastapi  # noqa: F401 - from here on, `fastapi` is pronghorn
    if contestant == "own":
        from pronghorn_app import app

        from pronghorn.logs import log_requests
        from pronghorn.testclient import TestClient

        log_requests()
    else:
        from fastapi.testclient import TestClient
        from fastapi_app import app

    with TestClient(app) as client:

        def send(request: Request) -> Answer:
            response = client.request(
                request.method,
                request.target,
                content=request.body.encode() or None,
                headers=request.headers(),
            )
            return Answer(response.status_code, response.headers, response.json())

        token = send(log_in(1)).content["access_token"]
        found = {}
        for name, request in make_probes(token):
            answer = send(request)
            check_headers(contestant, name, answer)
            found[name] = normalise(name, answer)
        has_metrics = "_count{" in client.get("/metrics").text
        sys.stdout.write(json.dumps([found, has_metrics], default=str))


if __name__ == "__main__":
    main(sys.argv[1])
