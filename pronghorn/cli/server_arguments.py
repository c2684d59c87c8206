"""The options of the commands that serve, each declared once.

`serve_options.ServeOptions` has a field for each of them, of the same name. Ranges are checked in
`checks.py`, which reports all mistakes at once.
"""

from pathlib import Path
from typing import Annotated, Literal, TypedDict

import typer

from pronghorn.core.typed_kwargs import DefaultIs

__all__ = ["DevListening", "DevServing", "RunListening", "RunServing", "SharedServing"]

LISTENING = "Where to listen"
RELOADING = "While you develop"
PROXY = "Behind a proxy"
SERVER = "The server"
TLS = "TLS (https)"
LIMITS = "Processes, limits and timeouts"
LOGGING = "What it prints"

HostOption = Annotated[
    str,
    typer.Option(
        metavar="ADDRESS",
        help="Address to listen on: 127.0.0.1 for this machine only, 0.0.0.0 for every network.",
        rich_help_panel=LISTENING,
    ),
]
PortOption = Annotated[
    int,
    typer.Option(
        metavar="PORT",
        envvar="PORT",
        help="Port to listen on, 1 to 65535; 0 lets the system choose.",
        rich_help_panel=LISTENING,
    ),
    DefaultIs(8000),
]


def _reload_option(panel: str) -> object:
    return typer.Option(
        help="Restart the server when a Python file changes.", rich_help_panel=panel
    )


def _watchdog_option() -> object:
    return typer.Option(
        metavar="MS",
        envvar="PRONGHORN_WATCHDOG",
        help="Log the line of the program that blocks the event loop for more than this number of "
        "milliseconds; 0 for none.",
        rich_help_panel=LOGGING,
    )


class DevListening(TypedDict):
    """The address of `dev`."""

    host: Annotated[HostOption, DefaultIs("127.0.0.1")]
    port: PortOption


class RunListening(TypedDict):
    """The address of `run`, or the socket that stands for it."""

    # In production the proxy is another machine.
    host: Annotated[HostOption, DefaultIs("0.0.0.0")]  # noqa: S104
    port: PortOption
    uds: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Listen on this Unix socket instead of a host and a port.",
            rich_help_panel=LISTENING,
            show_default=False,
        ),
    ]
    fd: Annotated[
        int | None,
        typer.Option(
            metavar="NUMBER",
            help="Listen on a socket that was opened before, by its file descriptor: 3 for one of "
            "systemd. Only uvicorn.",
            rich_help_panel=LISTENING,
            show_default=False,
        ),
    ]


class DevServing(TypedDict):
    """The options that only `dev` has, and its own default of `--reload`."""

    reload: Annotated[bool, _reload_option(RELOADING), DefaultIs(True)]
    watchdog: Annotated[int, _watchdog_option(), DefaultIs(100)]
    reload_dir: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FOLDER",
            help="A folder to watch; may be given several times. By default the working "
            "directory, and the folder that the app is imported from.",
            rich_help_panel=RELOADING,
            show_default=False,
        ),
    ]
    page: Annotated[
        bool,
        typer.Option(
            help="Show routes, plans and the timings of the last requests at /_pronghorn.",
            rich_help_panel=RELOADING,
        ),
        DefaultIs(True),
    ]


class SharedServing(TypedDict):
    """The options of serving that `dev` and `run` share."""

    root_path: Annotated[
        str,
        typer.Option(
            metavar="PREFIX",
            help="Path prefix under which a proxy publishes the app, such as /api/v1.",
            rich_help_panel=PROXY,
            show_default=False,
        ),
        DefaultIs(""),
    ]
    proxy_headers: Annotated[
        bool,
        typer.Option(
            help="Take the client's address and scheme from the X-Forwarded-* headers of trusted "
            "proxies.",
            rich_help_panel=PROXY,
        ),
        DefaultIs(True),
    ]
    forwarded_allow_ips: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESSES",
            envvar="FORWARDED_ALLOW_IPS",
            help="The trusted proxies: addresses and networks such as 10.0.0.0/8, separated by "
            "commas; '*' trusts everybody. By default only this machine.",
            rich_help_panel=PROXY,
            show_default=False,
        ),
    ]
    server: Annotated[
        Literal["uvicorn", "granian"],
        typer.Option(
            help="The server: uvicorn, or Granian, which is written in Rust (extra 'granian').",
            rich_help_panel=SERVER,
        ),
        DefaultIs("uvicorn"),
    ]
    protocol: Annotated[
        Literal["auto", "asgi"],
        typer.Option(
            help="'auto' passes requests directly to the app if nothing wraps it; "
            "'asgi' always uses ASGI messages.",
            rich_help_panel=SERVER,
        ),
        DefaultIs("auto"),
    ]
    http: Annotated[
        Literal["auto", "1", "2"],
        typer.Option(
            help="The version of HTTP. 'auto' is every version that the server supports: 1 and 2 "
            "with Granian, 1 with uvicorn.",
            rich_help_panel=SERVER,
        ),
        DefaultIs("auto"),
    ]
    ssl_certfile: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="The server's certificate in PEM; the server then only accepts TLS.",
            rich_help_panel=TLS,
            show_default=False,
        ),
    ]
    ssl_keyfile: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="The private key of the certificate in PEM; PKCS#8 for Granian.",
            rich_help_panel=TLS,
            show_default=False,
        ),
    ]
    ssl_keyfile_password: Annotated[
        str | None,
        typer.Option(
            metavar="PASSWORD",
            envvar="SSL_KEYFILE_PASSWORD",
            help="The password of an encrypted key. Only uvicorn. Other users of the machine can "
            "read command lines, so set it in the environment.",
            rich_help_panel=TLS,
            show_default=False,
        ),
    ]
    ssl_ca_certs: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="The certificates in PEM that sign those of clients; needs --ssl-cert-reqs.",
            rich_help_panel=TLS,
            show_default=False,
        ),
    ]
    ssl_cert_reqs: Annotated[
        int,
        typer.Option(
            metavar="NUMBER",
            help="Whether a client has to show a certificate: 0 no, 1 if it has one (uvicorn), 2 "
            "yes.",
            rich_help_panel=TLS,
        ),
        DefaultIs(0),
    ]
    ssl_ciphers: Annotated[
        str | None,
        typer.Option(
            metavar="LIST",
            help="The ciphers of TLS 1.2 in OpenSSL's notation; by default its own. Only uvicorn.",
            rich_help_panel=TLS,
            show_default=False,
        ),
    ]
    log_config: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Configuration of logging: .json or .yaml as logging.config.dictConfig reads it, "
            "any other as logging.config.fileConfig does (INI).",
            rich_help_panel=LOGGING,
            show_default=False,
        ),
    ]
    log_format: Annotated[
        Literal["console", "json"] | None,
        typer.Option(
            metavar="FORMAT",
            envvar="PRONGHORN_LOG_FORMAT",
            help="One structured line per request and per message, all with the id of the request: "
            "json for machines, console for people. By default the server's own lines.",
            rich_help_panel=LOGGING,
            show_default=False,
        ),
    ]
    log_level: Annotated[
        Literal["critical", "error", "warning", "info", "debug", "trace"] | None,
        typer.Option(
            metavar="LEVEL",
            help="The lowest level of the server's messages: critical, error, warning, info, debug "
            "or trace (only uvicorn). By default info. Under dev also of the program's messages.",
            rich_help_panel=LOGGING,
            show_default=False,
        ),
    ]
    access_log: Annotated[
        bool,
        typer.Option(help="Print a line for each request.", rich_help_panel=LOGGING),
        DefaultIs(True),
    ]
    verbose: Annotated[
        bool,
        typer.Option(
            "--verbose",
            "-v",
            help="Print how the app was found, and the server's messages of level debug.",
            rich_help_panel=LOGGING,
        ),
        DefaultIs(False),
    ]


def _limit(text: str, metavar: str = "NUMBER") -> object:
    return typer.Option(metavar=metavar, help=text, rich_help_panel=LIMITS, show_default=False)


class RunServing(TypedDict):
    """The options that only `run` has, and its own default of `--reload`."""

    workers: Annotated[
        int | None,
        _limit(
            "Number of processes that share the port, each replaced when it dies; 1 also has a "
            "supervisor. Not together with --reload. By default WEB_CONCURRENCY of the "
            "environment, or the command itself serves."
        ),
    ]
    reload: Annotated[bool, _reload_option(LIMITS), DefaultIs(False)]
    watchdog: Annotated[int, _watchdog_option(), DefaultIs(0)]
    backlog: Annotated[
        int | None,
        _limit(
            "Connections that may wait until a process accepts them. By default 2048 with uvicorn, "
            "1024 with Granian."
        ),
    ]
    limit_concurrency: Annotated[
        int | None,
        _limit(
            "Connections or running requests of a process, above which it answers 503. Only "
            "uvicorn; by default no limit."
        ),
    ]
    limit_max_requests: Annotated[
        int | None,
        _limit(
            "Requests after which a process ends; with --workers another one starts. Only uvicorn; "
            "by default no limit."
        ),
    ]
    limit_max_requests_jitter: Annotated[
        int | None,
        _limit(
            "Up to this number is added to --limit-max-requests, at random, so that workers do not "
            "end together."
        ),
    ]
    timeout_keep_alive: Annotated[
        int | None,
        _limit(
            "Seconds after which an idle connection is closed, also before its first request. By "
            "default 5 with uvicorn, 10 with Granian.",
            "SECONDS",
        ),
    ]
    timeout_graceful_shutdown: Annotated[
        int | None,
        _limit(
            "Seconds that running requests have after SIGTERM, and after --drain. By default 16 "
            "with uvicorn, 25 with Granian.",
            "SECONDS",
        ),
    ]
    timeout_worker_healthcheck: Annotated[
        int | None,
        _limit(
            "Seconds after which a worker that does not answer is replaced. By default 5.",
            "SECONDS",
        ),
    ]
    ws_max_size: Annotated[
        int | None,
        _limit(
            "Bytes of a WebSocket message, decompressed; a longer one closes the connection with "
            "1009. By default 1048576; 0 for no limit.",
            "BYTES",
        ),
    ]
    ws_max_queue: Annotated[
        int | None,
        _limit(
            "WebSocket messages that are read before the app takes them; more wait in the client. "
            "Only uvicorn; by default 32; 0 for no limit."
        ),
    ]
    ws_ping_interval: Annotated[
        float | None,
        _limit(
            "Seconds between two pings to a WebSocket. Only uvicorn; by default 20; 0 for none.",
            "SECONDS",
        ),
    ]
    ws_ping_timeout: Annotated[
        float | None,
        _limit(
            "Seconds in which a client has to answer a ping, else its WebSocket is closed. Only "
            "uvicorn; by default 20; 0 for no limit.",
            "SECONDS",
        ),
    ]
    drain: Annotated[
        int,
        typer.Option(
            metavar="SECONDS",
            envvar="PRONGHORN_DRAIN",
            help="Seconds after SIGTERM in which the port stays open and /ready says 503, since "
            "load balancers send on for a moment. A process that nobody uses ends at once. Only "
            "uvicorn.",
            rich_help_panel=LIMITS,
        ),
        DefaultIs(5),
    ]
