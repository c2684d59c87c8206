"""The options of `pronghorn dev` and `pronghorn run`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class ServeOptions:
    """The options of serving.

    Attributes:
        host: Address to listen on.
        port: Port to listen on; 0 lets the system choose one.
        reload: Restart the server when a Python file changes.
        reload_dirs: Folders to watch; the working directory and the application's by default.
        workers: Number of processes; uvicorn's `WEB_CONCURRENCY` or 1 by default.
        root_path: Path prefix under which a proxy publishes the application.
        proxy_headers: Trust `X-Forwarded-*` headers of trusted proxies.
        forwarded_allow_ips: The trusted proxies, separated by commas; `"*"` trusts all.
        verbose: Print how the application was found, and log at debug level.
        server: `"uvicorn"` or `"granian"`.
        protocol: `"auto"` for the shortest way from the server to the application, `"asgi"` for
            ASGI messages.
        http: The versions of HTTP that the server supports: `"1"`, `"2"` or `"auto"`.
        ssl_certfile: The server's certificate, in PEM; with it, the server only accepts TLS.
        ssl_keyfile: The private key of the certificate, in PEM.
        access_log: Print a line for each request.
        page: Show routes, plans and the timings of the last requests at `/_pronghorn`.
    """

    host: str
    port: int
    reload: bool
    reload_dirs: tuple[Path, ...] = ()
    workers: int | None = None
    root_path: str = ""
    proxy_headers: bool = True
    forwarded_allow_ips: str | None = None
    verbose: bool = False
    server: str = "uvicorn"
    protocol: str = "auto"
    http: str = "auto"
    ssl_certfile: Path | None = None
    ssl_keyfile: Path | None = None
    access_log: bool = True
    page: bool = False
