"""The options of `pronghorn dev` and `pronghorn run`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class ServeOptions:
    """The options of serving. Where a number is None, the server's own default applies.

    Attributes:
        host: Address to listen on.
        port: Port to listen on; 0 lets the system choose one.
        reload: Restart the server when a Python file changes.
        uds: A Unix socket to listen on instead.
        fd: The file descriptor of a socket to listen on instead.
        reload_dirs: Folders to watch; the working directory and the application's by default.
        workers: Number of processes; uvicorn's `WEB_CONCURRENCY` or 1 by default.
        backlog: Connections that may wait to be accepted.
        limit_concurrency: Connections or requests of a process, above which it answers 503.
        limit_max_requests: Requests after which a process ends.
        limit_max_requests_jitter: Number up to which is added to that, at random.
        timeout_keep_alive: Seconds after which an idle connection is closed.
        timeout_graceful_shutdown: Seconds that running requests have to end.
        timeout_worker_healthcheck: Seconds after which a silent worker is replaced.
        timeout_worker_start: Seconds in which a new worker has to serve.
        max_worker_lifetime: Seconds after which a worker is replaced.
        max_worker_memory: MiB of memory above which a worker is replaced.
        replace: Take the place of the server at the same address.
        max_request_line: Bytes of the first line of a request; 0 here and below for no limit.
        max_header_size: Bytes of all header fields of a request.
        max_header_count: Number of header fields of a request.
        max_parameters: Number of parameters of a query.
        max_json_size: Bytes of a body that is no upload.
        max_upload_size: Bytes of a body of files or binary data.
        timeout_head: Seconds in which the head of a request has to arrive.
        timeout_body: Seconds of a body before its rate counts.
        min_body_rate: Bytes of a body that have to arrive in a second.
        timeout_send: Seconds after which a client that takes nothing is cut off.
        ws_max_size: Bytes of a WebSocket message; 0 for no limit, here and below.
        ws_max_queue: WebSocket messages to read ahead of the program.
        ws_ping_interval: Seconds between two pings to a WebSocket.
        ws_ping_timeout: Seconds in which a client has to answer a ping.
        drain: Seconds for which the port stays open after SIGTERM.
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
        ssl_keyfile_password: The password of an encrypted key.
        ssl_ca_certs: The certificates that sign those of clients, in PEM.
        ssl_cert_reqs: Whether clients show a certificate: 0 no, 1 if they have one, 2 yes.
        ssl_ciphers: The ciphers of TLS 1.2, in OpenSSL's notation.
        log_config: A file for `logging.config`.
        log_format: `"json"` or `"console"` for structured lines; None for the server's own.
        watchdog: Milliseconds above which a blocked event loop is logged; 0 for never.
        log_level: The lowest level of the server's messages, in lower case.
        access_log: Print a line for each request.
        jobs: Run the jobs of the program in each process that serves.
        page: Show routes, plans and the timings of the last requests at `/_pronghorn`.
        develop: Serve for development: show the program's messages, and fold tracebacks.
        full_traceback: Show the frames of libraries, too.
        given: The names of the options that the command line has, as opposed to the environment and
            the defaults.
    """

    host: str
    port: int
    reload: bool
    uds: Path | None = None
    fd: int | None = None
    reload_dirs: tuple[Path, ...] = ()
    workers: int | None = None
    backlog: int | None = None
    limit_concurrency: int | None = None
    limit_max_requests: int | None = None
    limit_max_requests_jitter: int | None = None
    timeout_keep_alive: int | None = None
    timeout_graceful_shutdown: int | None = None
    timeout_worker_healthcheck: int | None = None
    timeout_worker_start: int | None = None
    max_worker_lifetime: int | None = None
    max_worker_memory: int | None = None
    replace: bool = False
    max_request_line: int | None = None
    max_header_size: int | None = None
    max_header_count: int | None = None
    max_parameters: int | None = None
    max_json_size: int | None = None
    max_upload_size: int | None = None
    timeout_head: float | None = None
    timeout_body: float | None = None
    min_body_rate: int | None = None
    timeout_send: float | None = None
    ws_max_size: int | None = None
    ws_max_queue: int | None = None
    ws_ping_interval: float | None = None
    ws_ping_timeout: float | None = None
    drain: int = 0
    root_path: str = ""
    proxy_headers: bool = True
    forwarded_allow_ips: str | None = None
    verbose: bool = False
    server: str = "uvicorn"
    protocol: str = "auto"
    http: str = "auto"
    ssl_certfile: Path | None = None
    ssl_keyfile: Path | None = None
    ssl_keyfile_password: str | None = None
    ssl_ca_certs: Path | None = None
    ssl_cert_reqs: int = 0
    ssl_ciphers: str | None = None
    log_config: Path | None = None
    log_format: str | None = None
    watchdog: int = 0
    log_level: str | None = None
    access_log: bool = True
    jobs: bool = False
    page: bool = False
    develop: bool = False
    full_traceback: bool = False
    given: frozenset[str] = frozenset()

    @property
    def level(self) -> str | None:
        """Return the lowest level of the server's messages; None for the server's default."""
        return self.log_level or ("debug" if self.verbose else None)
