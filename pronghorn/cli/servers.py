"""Start uvicorn or Granian with the options of the command line."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from pronghorn.cli import loader
from pronghorn.cli.serve_options import ServeOptions

__all__ = ["start"]

DIRECT = "pronghorn.adapters.uvicorn_protocol:PronghornProtocol"
"""The protocol class for uvicorn, which does without ASGI messages."""

GRACE = 25
"""Seconds after which Granian kills a worker that has not ended; orchestrators allow 30."""


def start(options: ServeOptions, watched: list[str]) -> None:
    """Serve until the process receives SIGINT or SIGTERM.

    Args:
        options: The options of serving.
        watched: Folders whose changes restart the server, with `options.reload`.
    """
    if options.server == "granian":
        _start_granian(options, watched)
    else:
        _start_uvicorn(options, watched)


def _start_uvicorn(options: ServeOptions, watched: list[str]) -> None:
    import uvicorn

    uvicorn.run(
        loader.FACTORY,
        factory=True,
        host=options.host,
        port=options.port,
        http=DIRECT if options.protocol == "auto" else "auto",
        reload=options.reload,
        reload_dirs=watched if options.reload else None,
        workers=options.workers,
        root_path=options.root_path,
        proxy_headers=options.proxy_headers,
        forwarded_allow_ips=options.forwarded_allow_ips,
        ssl_certfile=options.ssl_certfile,
        ssl_keyfile=options.ssl_keyfile,
        access_log=options.access_log,
        log_level="debug" if options.verbose else None,
    )


def _start_granian(options: ServeOptions, watched: list[str]) -> None:
    from granian import Granian
    from granian.constants import HTTPModes, Interfaces
    from granian.log import LogLevels

    proxies = options.forwarded_allow_ips or os.environ.get("FORWARDED_ALLOW_IPS", "127.0.0.1,::1")
    root_path = options.root_path.rstrip("/")
    loader.remember_for_granian(root_path, proxies if options.proxy_headers else None)
    reloading: dict[str, Any] = {}
    if options.reload:
        reloading = {"reload": True, "reload_paths": [Path(folder) for folder in watched]}
    Granian(
        loader.GRANIAN_FACTORY,
        factory=True,
        interface=Interfaces.ASGI,
        address=options.host,
        port=options.port,
        http=HTTPModes(options.http),
        ssl_cert=options.ssl_certfile,
        ssl_key=options.ssl_keyfile,
        workers=options.workers or int(os.environ.get("WEB_CONCURRENCY", "1")),
        workers_kill_timeout=GRACE,
        respawn_failed_workers=not options.reload,
        log_access=options.access_log,
        log_level=LogLevels.debug if options.verbose else LogLevels.info,
        **reloading,
    ).serve()
