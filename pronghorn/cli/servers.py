"""Start uvicorn or Granian with the options of the command line."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pronghorn.cli import loader

if TYPE_CHECKING:
    from pronghorn.cli.serve import ServeOptions

__all__ = ["start"]

DIRECT = "pronghorn.adapters.uvicorn_protocol:PronghornProtocol"
"""The protocol class for uvicorn that needs no ASGI messages."""

GRACE = 25
"""Seconds after which Granian kills a worker that does not end; orchestrators allow 30."""


def start(options: ServeOptions, watched: list[str]) -> None:
    """Serve until the process is told to stop.

    Args:
        options: How to serve.
        watched: Folders whose changes restart the server, with ``options.reload``.
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
        access_log=options.access_log,
        log_level="debug" if options.verbose else None,
    )


def _start_granian(options: ServeOptions, watched: list[str]) -> None:
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    rsgi = options.protocol == "auto"
    proxies = options.forwarded_allow_ips or os.environ.get("FORWARDED_ALLOW_IPS", "127.0.0.1,::1")
    loader.remember_for_rsgi(options.root_path, proxies if options.proxy_headers else None)
    reloading: dict[str, Any] = {}
    if options.reload:
        reloading = {"reload": True, "reload_paths": [Path(folder) for folder in watched]}
    # Nothing else is set. Measured: --runtime-mode mt, --http 1, --no-ws, --http1-pipeline-flush,
    # more threads and rloop gain less than 3 percent; --task-impl rust costs 15, --loop asyncio 30.
    Granian(
        loader.RSGI_FACTORY if rsgi else loader.ASGI_FACTORY,
        factory=True,
        interface=Interfaces.RSGI if rsgi else Interfaces.ASGI,
        address=options.host,
        port=options.port,
        workers=options.workers or int(os.environ.get("WEB_CONCURRENCY", "1")),
        workers_kill_timeout=GRACE,
        respawn_failed_workers=not options.reload,
        url_path_prefix=options.root_path or None,
        log_access=options.access_log,
        log_level=LogLevels.debug if options.verbose else LogLevels.info,
        **reloading,
    ).serve()
