"""Check the options of serving, and report all mistakes at once."""

from __future__ import annotations

import errno
import ipaddress
import math
import os
from collections.abc import Callable
from pathlib import Path

from pronghorn.cli.deadline_options import find_wrong_deadlines
from pronghorn.cli.errors import USAGE, CommandError, MissingExtraError, missing
from pronghorn.cli.mistakes import Mistake, Mistakes, option_name
from pronghorn.cli.serve_options import ServeOptions
from pronghorn.cli.size_options import find_wrong_sizes
from pronghorn.cli.worker_options import find_wrong_workers

__all__ = ["check_options"]


def check_options(options: ServeOptions) -> None:
    """Reject options that cannot work, or that the server would ignore.

    Raises:
        MissingExtraError: The server is not installed.
        CommandError: Some of the options cannot work; the error lists all of them.
    """
    _check_packages(options)
    mistakes = [mistake for find in _FINDERS for mistake in find(options)]
    if len(mistakes) == 1:
        raise CommandError(*mistakes[0], exit_code=USAGE)
    if mistakes:
        lines = []
        for mistake in mistakes:
            lines.append(f"- {mistake.message}")
            lines += [f"  {line}" for line in mistake.hint.splitlines()]
        raise CommandError(
            f"{len(mistakes)} mistakes in the command line", "\n".join(lines), exit_code=USAGE
        )


def _check_packages(options: ServeOptions) -> None:
    if missing("uvicorn"):  # Granian's applications use its headers of proxies.
        raise MissingExtraError(("uvicorn",))
    if options.server != "uvicorn" and missing(options.server):
        raise MissingExtraError((options.server,), options.server)
    if options.log_config and options.log_config.suffix in {".yaml", ".yml"} and missing("yaml"):
        raise MissingExtraError(("pyyaml",))


_RANGES: dict[str, tuple[int, int | None, str]] = {
    "port": (0, 65535, "Ports are the numbers from 1 to 65535; 0 lets the system choose."),
    "fd": (0, None, "A file descriptor is a number from 0, such as 3 for a socket of systemd."),
    "workers": (1, None, "Write the number of processes, such as --workers 4."),
    "backlog": (1, None, "Write the number of connections that may wait, such as --backlog 2048."),
    "limit_concurrency": (1, None, "Leave the option out to have no limit."),
    "limit_max_requests": (1, None, "Leave the option out to have no limit."),
    "limit_max_requests_jitter": (0, None, "Write the largest number to add, such as 100."),
    "timeout_keep_alive": (0, None, "Write a whole number of seconds."),
    "timeout_graceful_shutdown": (0, None, "Write a whole number of seconds."),
    "drain": (0, None, "Write a whole number of seconds; 0 closes the port at once."),
    "timeout_worker_healthcheck": (1, None, "Write a whole number of seconds from 1."),
    "timeout_worker_start": (1, None, "Write a whole number of seconds from 1."),
    "max_worker_lifetime": (1, None, "Write a number of seconds, such as 86400."),
    "max_worker_memory": (1, None, "Write a number of MiB, such as 512."),
    "ws_max_size": (0, None, "Write a number of bytes, such as 1048576; 0 has no limit."),
    "ws_max_queue": (0, None, "Write a number of messages, such as 32; 0 has no limit."),
    "ws_ping_interval": (0, None, "Write a number of seconds, such as 20; 0 sends no pings."),
    "ws_ping_timeout": (0, None, "Write a number of seconds, such as 20; 0 has no limit."),
    "watchdog": (0, None, "Write a number of milliseconds, such as 100; 0 does not watch."),
    "ssl_cert_reqs": (
        0,
        2,
        "0 asks for no certificate, 1 for one if there is one, 2 requires one.",
    ),
}
"""The smallest value of each number, the largest, and what to write."""

_VARIABLES = {
    "port": "PORT",
    "drain": "PRONGHORN_DRAIN",
    "watchdog": "PRONGHORN_WATCHDOG",
    "forwarded_allow_ips": "FORWARDED_ALLOW_IPS",
}


def _find_numbers(options: ServeOptions) -> Mistakes:
    for field, (smallest, largest, hint) in _RANGES.items():
        value = getattr(options, field)
        most = math.inf if largest is None else largest
        if value is None or (math.isfinite(value) and smallest <= value <= most):
            continue
        written = f"{_name_source(options, field)} {value}"
        if not math.isfinite(value):
            yield Mistake(f"{written} is not a number of seconds", hint)
        elif largest is None:
            yield Mistake(f"{written} is less than {smallest}", hint)
        else:
            yield Mistake(f"{written} is not between {smallest} and {largest}", hint)


def _name_source(options: ServeOptions, field: str) -> str:
    """Return the option of a field, or the variable that the value comes from."""
    variable = _VARIABLES.get(field)
    if variable is None or field in options.given or variable not in os.environ:
        return option_name(field)
    return f"the variable {variable}"


def _find_workers_of_environment(options: ServeOptions) -> Mistakes:
    text = os.environ.get("WEB_CONCURRENCY")
    if options.workers is None and text is not None and not (text.isdecimal() and int(text)):
        yield Mistake(
            f"the variable WEB_CONCURRENCY {text!r} is not a number of processes",
            "Set it to a whole number from 1, or unset it.",
        )


def _find_conflicts(options: ServeOptions) -> Mistakes:
    if options.reload and options.workers is not None:
        yield Mistake(
            "Cannot use --workers together with --reload",
            "The reloader restarts one process. Leave one of the two options out.",
        )
    if options.reload_dirs and not options.reload:
        yield Mistake(
            "Cannot use --reload-dir together with --no-reload",
            "Without a reload no folder is watched. Leave one of the two options out.",
        )
    if options.limit_max_requests_jitter and options.limit_max_requests is None:
        yield Mistake(
            "Cannot use --limit-max-requests-jitter without --limit-max-requests",
            "It is added to that number. Write both, or leave it out.",
        )
    if options.log_format is not None and options.log_config is not None:
        yield Mistake(
            "Cannot use --log-format together with --log-config",
            "Leave one of the two options out. The file may name the class of a formatter: "
            "pronghorn.logs.JSONFormatter",
        )
    if "forwarded_allow_ips" in options.given and not options.proxy_headers:
        yield Mistake(
            "Cannot use --forwarded-allow-ips together with --no-proxy-headers",
            "Without the headers nobody has to be trusted. Leave one of the two options out.",
        )


def _find_sockets(options: ServeOptions) -> Mistakes:
    """Find what contradicts itself about the address, the Unix socket and the descriptor."""
    given = [name for name in ("uds", "fd") if getattr(options, name) is not None]
    if len(given) == 2:
        yield Mistake(
            "Cannot use --uds together with --fd",
            "A server listens in one place. Leave one of the two options out.",
        )
    for name in given:
        for address in ("host", "port"):
            if address in options.given:
                yield Mistake(
                    f"Cannot use --{name} together with --{address}",
                    f"A socket has no {address}. Leave one of the two options out.",
                )
    if options.uds is not None:
        yield from _find_socket_file(options.uds)


def _find_socket_file(file: Path) -> Mistakes:
    longest = 107  # bytes of a path in `sockaddr_un` on Linux; unix(7)
    folder = file.absolute().parent
    if len(os.fsencode(file)) > longest:
        yield Mistake(
            f"--uds {file} is longer than {longest} bytes",
            "The system allows no longer path of a socket. Choose a shorter one, as in /run.",
        )
    elif not os.path.isdir(folder):
        yield Mistake(f"No folder at {folder} for --uds", f"Create it: mkdir -p {folder}")
    elif os.path.exists(file) and not file.is_socket():
        yield Mistake(
            f"--uds {file} is a file or a folder, not a socket",
            "The server creates the socket. Name a file that does not exist.",
        )


def _find_folders(options: ServeOptions) -> Mistakes:
    for folder in options.reload_dirs:
        if not os.path.isdir(folder):
            yield Mistake(f"No folder to watch at {folder}", f"--reload-dir starts at {Path.cwd()}")


def _find_files(options: ServeOptions) -> Mistakes:
    for field in ("ssl_certfile", "ssl_keyfile", "ssl_ca_certs", "log_config"):
        file = getattr(options, field)
        if file is not None and not os.path.isfile(file):
            yield Mistake(f"No file at {file} for {option_name(field)}", _why_absent(file))


def _why_absent(file: Path) -> str:
    """Return the reason why there is no file, other than that it does not exist."""
    try:
        if file.is_dir():
            return "It is a folder."
        file.stat()
    except OSError as error:
        if error.errno not in {errno.ENOENT, errno.ENOTDIR}:
            return f"The system says: {error.strerror}"
    return "" if file.is_absolute() else f"Paths start at {Path.cwd()}"


def _find_root_path(options: ServeOptions) -> Mistakes:
    path = options.root_path
    if "://" in path:
        end = path.partition("://")[2].partition("/")[2]
        yield Mistake(
            f"--root-path {path} is an address, not a path",
            f"Write only the path behind the host: --root-path /{end or 'api'}",
        )
    elif any(mark in path for mark in "?#") or path != path.strip():
        yield Mistake(
            f"--root-path {path!r} is not a path",
            "Write a path without a query and without spaces around it, such as --root-path /api",
        )
    elif path and not path.startswith("/"):
        yield Mistake(
            f"--root-path {path} does not start with '/'",
            f"Write --root-path /{path.rstrip('/')}",
        )


def _find_proxies(options: ServeOptions) -> Mistakes:
    """Find trusted proxies that no client can match; uvicorn compares them as plain text."""
    for text in (options.forwarded_allow_ips or "").split(","):
        proxy = text.strip()
        if not proxy or proxy == "*" or proxy.startswith(("/", "unix:")):
            continue
        try:
            ipaddress.ip_network(proxy)
        except ValueError:
            source = _name_source(options, "forwarded_allow_ips")
            yield Mistake(
                f"{proxy!r} of {source} is neither an address nor a network",
                _suggest_network(proxy),
            )


def _suggest_network(proxy: str) -> str:
    try:
        network = ipaddress.ip_network(proxy, strict=False)
    except ValueError:
        return "Write addresses and networks, such as 10.0.0.5,172.16.0.0/12, or '*' for everybody."
    return f"The network is {network}; for only that address leave /{network.prefixlen} out."


def _find_tls(options: ServeOptions) -> Mistakes:
    certificate, key = options.ssl_certfile, options.ssl_keyfile
    if certificate and not key:
        yield Mistake(
            "Cannot use --ssl-certfile without --ssl-keyfile",
            "TLS needs a certificate and its private key. If one file has both, name it twice.",
        )
    if key and not certificate:
        yield Mistake(
            "Cannot use --ssl-keyfile without --ssl-certfile",
            "TLS needs a certificate and its private key.",
        )
    if not certificate and not key:
        for field in ("ssl_keyfile_password", "ssl_ca_certs", "ssl_cert_reqs", "ssl_ciphers"):
            if field in options.given and getattr(options, field):
                yield Mistake(
                    f"Cannot use {option_name(field)} without --ssl-certfile",
                    "Without a certificate the server speaks no TLS.",
                )
        return
    if options.ssl_ca_certs and not options.ssl_cert_reqs:
        yield Mistake(
            "Cannot use --ssl-ca-certs without --ssl-cert-reqs",
            "No client is asked for a certificate. To require one, add --ssl-cert-reqs 2.",
        )
    if options.ssl_cert_reqs in {1, 2} and not options.ssl_ca_certs:
        yield Mistake(
            "Cannot use --ssl-cert-reqs without --ssl-ca-certs",
            "No certificate of a client can be verified. Add --ssl-ca-certs FILE.",
        )


_GRANIAN_HAS_NOT = {
    "fd": "Granian opens its socket itself. Use --uds or --port, or leave --server granian out.",
    "limit_concurrency": (
        "Granian lets requests wait instead of answering 503; limit them in the proxy, or leave "
        "--server granian out."
    ),
    "limit_max_requests": "Granian's processes do not count requests. Leave --server granian out.",
    "limit_max_requests_jitter": (
        "Granian's processes do not count requests. Leave --server granian out."
    ),
    "ws_max_queue": "Granian reads messages as they come. Leave --server granian out.",
    "ws_ping_interval": "Granian sends no pings. Leave --server granian out.",
    "ws_ping_timeout": "Granian sends no pings. Leave --server granian out.",
    "ssl_ciphers": (
        "Granian only speaks TLS 1.3, whose ciphers are fixed. Leave --ssl-ciphers out, or "
        "--server granian."
    ),
}


def _find_server(options: ServeOptions) -> Mistakes:
    """Find options that the chosen server does not have."""
    if options.server == "uvicorn":
        if options.http == "2":
            yield Mistake("uvicorn does not support HTTP/2", "Add --server granian.")
        return
    for field, hint in _GRANIAN_HAS_NOT.items():
        if getattr(options, field) is not None:
            yield Mistake(f"Granian does not support {option_name(field)}", hint)
    if options.ssl_cert_reqs == 1:
        yield Mistake(
            "Granian does not support --ssl-cert-reqs 1",
            "It requires a certificate of every client or of none: write 2 or 0.",
        )
    if options.level == "trace":
        yield Mistake("Granian does not support --log-level trace", "Write --log-level debug.")
    if options.backlog is not None and 1 <= options.backlog < 128:
        yield Mistake(
            f"Granian does not support --backlog {options.backlog}", "Its smallest is 128."
        )
    for field in ("timeout_keep_alive", "timeout_graceful_shutdown"):
        if getattr(options, field) == 0:
            yield Mistake(
                f"Granian does not support {option_name(field)} 0", "Its smallest is 1 second."
            )
    if options.timeout_keep_alive is not None and options.http == "2":
        yield Mistake(
            "Granian does not support --timeout-keep-alive with --http 2",
            "It closes idle connections of HTTP/1 only. Leave one of the two options out.",
        )


_FINDERS: tuple[Callable[[ServeOptions], Mistakes], ...] = (
    _find_numbers,
    _find_workers_of_environment,
    _find_conflicts,
    _find_sockets,
    _find_folders,
    _find_root_path,
    _find_proxies,
    _find_tls,
    _find_files,
    _find_server,
    find_wrong_sizes,
    find_wrong_deadlines,
    find_wrong_workers,
)
