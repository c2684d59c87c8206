"""Options that cannot work are refused before the program is imported, all at once."""

from __future__ import annotations

import socket
import ssl
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import trustme
from typer.testing import CliRunner

from pronghorn.cli.app import commands

Write = Callable[..., Path]


class Refusal:
    """What `run` says to options that it refuses; the program must not be imported."""

    def __init__(self, *arguments: str, code: int = 2, command: str = "run", **extra: str) -> None:
        Path("main.py").write_text("raise LookupError('the program was imported')\n")
        result = CliRunner().invoke(commands, [command, *arguments], env=extra)
        self.text = result.stderr
        assert result.exit_code == code, self.text
        assert "imported" not in self.text


@pytest.fixture(autouse=True)
def workspace_with_files(workspace: Path) -> Path:
    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1")
    certificate.private_key_pem.write_to_path("server.key")
    certificate.cert_chain_pems[0].write_to_path("server.pem")
    authority.issue_cert("127.0.0.1").private_key_pem.write_to_path("other.key")
    authority.cert_pem.write_to_path("ca.pem")
    return workspace


TLS_OPTIONS = "--ssl-certfile server.pem --ssl-keyfile server.key"
TLS = TLS_OPTIONS.split()


def test_all_mistakes_at_once() -> None:
    refusal = Refusal(
        *("--root-path", "api", "--port", "70000", "--workers", "0", "--uds", "nowhere/s.sock"),
        *("--ssl-certfile", "absent.pem"),
    )
    here = Path.cwd()
    assert refusal.text == (
        "Error: 7 mistakes in the command line\n"
        "  - --port 70000 is not between 0 and 65535\n"
        "    Ports are the numbers from 1 to 65535; 0 lets the system choose.\n"
        "  - --workers 0 is less than 1\n"
        "    Write the number of processes, such as --workers 4.\n"
        "  - Cannot use --uds together with --port\n"
        "    A socket has no port. Leave one of the two options out.\n"
        f"  - No folder at {here}/nowhere for --uds\n"
        f"    Create it: mkdir -p {here}/nowhere\n"
        "  - --root-path api does not start with '/'\n"
        "    Write --root-path /api\n"
        "  - Cannot use --ssl-certfile without --ssl-keyfile\n"
        "    TLS needs a certificate and its private key. If one file has both, name it twice.\n"
        "  - No file at absent.pem for --ssl-certfile\n"
        f"    Paths start at {here}\n"
    )


@pytest.mark.parametrize("command", ["dev", "run"])
@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("api", "--root-path api does not start with '/'\n  Write --root-path /api\n"),
        ("api/v1/", "--root-path api/v1/ does not start with '/'\n  Write --root-path /api/v1\n"),
        (
            "https://example.com/api",
            (
                "--root-path https://example.com/api is an address, not a path\n"
                "  Write only the path behind the host: --root-path /api\n"
            ),
        ),
        (
            "/api?x=1",
            (
                "--root-path '/api?x=1' is not a path\n  Write a path without a query and without "
                "spaces around it, such as --root-path /api\n"
            ),
        ),
    ],
)
def test_root_path_that_is_no_path(command: str, path: str, text: str) -> None:
    assert Refusal("--root-path", path, command=command).text == f"Error: {text}"


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ("--port -1", "--port -1 is not between 0 and 65535"),
        ("--fd -1", "--fd -1 is less than 0"),
        ("--backlog 0", "--backlog 0 is less than 1"),
        ("--limit-concurrency 0", "--limit-concurrency 0 is less than 1"),
        ("--limit-max-requests 0", "--limit-max-requests 0 is less than 1"),
        ("--timeout-keep-alive -1", "--timeout-keep-alive -1 is less than 0"),
        ("--timeout-graceful-shutdown -5", "--timeout-graceful-shutdown -5 is less than 0"),
        ("--timeout-worker-healthcheck 0", "--timeout-worker-healthcheck 0 is less than 1"),
        ("--timeout-worker-start 0 --workers 1", "--timeout-worker-start 0 is less than 1"),
        ("--max-worker-lifetime 0", "--max-worker-lifetime 0 is less than 1"),
        ("--max-worker-memory 0", "--max-worker-memory 0 is less than 1"),
        ("--timeout-worker-start 5", "Cannot use --timeout-worker-start without --workers"),
        ("--replace --reload", "Cannot use --replace together with --reload"),
        ("--replace --port 0", "Cannot use --replace together with --port 0"),
        ("--replace --fd 0", "Cannot use --replace together with --fd"),
        (
            "--max-worker-memory 9 --reload",
            "Cannot use --max-worker-memory together with --reload",
        ),
        ("--ws-max-size -1", "--ws-max-size -1 is less than 0"),
        ("--ws-ping-timeout -1", "--ws-ping-timeout -1.0 is less than 0"),
        ("--timeout-head nan", "--timeout-head nan is not a number of seconds"),
        ("--timeout-send inf", "--timeout-send inf is not a number of seconds"),
        ("--timeout-body -1", "--timeout-body -1 is less than 0"),
        ("--ws-ping-timeout nan", "--ws-ping-timeout nan is not a number of seconds"),
        ("--server granian --timeout-head inf", "--timeout-head inf is not a number of seconds"),
        ("--max-request-line 100", "--max-request-line 100 is less than 256"),
        ("--max-header-size 1000", "--max-header-size 1000 is less than 1024"),
        ("--max-json-size -1", "--max-json-size -1 is less than 1"),
        (
            "--max-header-size 2000 --protocol asgi",
            "Cannot use --max-header-size together with --protocol asgi",
        ),
        (
            "--limit-max-requests-jitter 5",
            "Cannot use --limit-max-requests-jitter without --limit-max-requests",
        ),
        (
            "--no-proxy-headers --forwarded-allow-ips 10.0.0.1",
            "Cannot use --forwarded-allow-ips together with --no-proxy-headers",
        ),
        ("--workers 2 --reload", "Cannot use --workers together with --reload"),
        ("--uds a.sock --fd 3", "Cannot use --uds together with --fd"),
        ("--uds a.sock --host 0.0.0.0", "Cannot use --uds together with --host"),
        ("--fd 3 --port 80", "Cannot use --fd together with --port"),
        ("--uds ca.pem", "--uds ca.pem is a file or a folder, not a socket"),
        (f"--uds /tmp/{'a' * 108}", f"--uds /tmp/{'a' * 108} is longer than 107 bytes"),
        ("--fd 900", "--fd 900 is not an open socket"),
        ("--ssl-keyfile server.key", "Cannot use --ssl-keyfile without --ssl-certfile"),
        ("--ssl-ca-certs ca.pem", "Cannot use --ssl-ca-certs without --ssl-certfile"),
        ("--ssl-cert-reqs 2", "Cannot use --ssl-cert-reqs without --ssl-certfile"),
        ("--ssl-ciphers HIGH", "Cannot use --ssl-ciphers without --ssl-certfile"),
        ("--env-file absent.env", "No file at absent.env for --env-file"),
        ("--log-config absent.json", "No file at absent.json for --log-config"),
        ("--http 2", "uvicorn does not support HTTP/2"),
        ("--host 203.0.113.1", "The host '203.0.113.1' is not an address of this machine"),
    ],
)
def test_one_mistake(arguments: str, text: str) -> None:
    lines = Refusal(*arguments.split()).text.splitlines()
    assert lines[0] == f"Error: {text}"
    assert len(lines) == 2


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ("--ssl-cert-reqs 3", "--ssl-cert-reqs 3 is not between 0 and 2"),
        ("--ssl-ca-certs ca.pem", "Cannot use --ssl-ca-certs without --ssl-cert-reqs"),
        ("--ssl-cert-reqs 2", "Cannot use --ssl-cert-reqs without --ssl-ca-certs"),
        (
            "--ssl-ca-certs server.key --ssl-cert-reqs 2",
            "server.key has no certificate in PEM, for --ssl-ca-certs",
        ),
        ("--ssl-ciphers NONE", "OpenSSL knows no cipher of --ssl-ciphers NONE"),
        (
            "--ssl-keyfile other.key",
            "The key in other.key does not belong to the certificate in server.pem",
        ),
        (
            "--ssl-keyfile ca.pem",
            "server.pem and ca.pem are not a certificate and its key in PEM",
        ),
    ],
)
def test_tls_that_cannot_work(arguments: str, text: str) -> None:
    assert f"Error: {text}\n" in Refusal(*TLS, *arguments.split()).text + "\n"


def encrypt_key() -> None:
    from cryptography.hazmat.primitives import serialization

    key = serialization.load_pem_private_key(Path("server.key").read_bytes(), None)
    Path("server.key").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"secret"),
        )
    )


def test_an_encrypted_key_needs_its_password() -> None:
    encrypt_key()
    text = Refusal(*TLS).text
    assert text.startswith("Error: The key in server.key is encrypted\n")
    assert "SSL_KEYFILE_PASSWORD" in text
    text = Refusal(*TLS, SSL_KEYFILE_PASSWORD="wrong").text
    assert text.startswith("Error: The password does not open the key in server.key\n")


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ("--fd 3", "Granian does not support --fd"),
        ("--limit-concurrency 5", "Granian does not support --limit-concurrency"),
        ("--limit-max-requests 5", "Granian does not support --limit-max-requests"),
        ("--ws-ping-interval 5", "Granian does not support --ws-ping-interval"),
        ("--ws-max-queue 5", "Granian does not support --ws-max-queue"),
        ("--max-header-count 200", "Granian does not support --max-header-count 200"),
        ("--max-request-line 0", "Granian does not support --max-request-line 0"),
        ("--log-level trace", "Granian does not support --log-level trace"),
        ("--backlog 5", "Granian does not support --backlog 5"),
        ("--timeout-keep-alive 0", "Granian does not support --timeout-keep-alive 0"),
        (
            "--timeout-keep-alive 5 --http 2",
            "Granian does not support --timeout-keep-alive with --http 2",
        ),
        (
            "--ssl-certfile server.pem --ssl-keyfile server.key --ssl-ciphers HIGH",
            "Granian does not support --ssl-ciphers",
        ),
        (
            TLS_OPTIONS + " --ssl-ca-certs ca.pem --ssl-cert-reqs 1",
            "Granian does not support --ssl-cert-reqs 1",
        ),
    ],
)
def test_what_granian_has_not(arguments: str, text: str) -> None:
    lines = Refusal("--server", "granian", *arguments.split()).text.splitlines()
    assert lines[0] == f"Error: {text}"
    assert lines[1].strip()


def test_a_wrong_variable_is_named_as_such() -> None:
    assert Refusal(PORT="70000").text.startswith(
        "Error: the variable PORT 70000 is not between 0 and 65535\n"
    )
    assert Refusal(FORWARDED_ALLOW_IPS="nginx").text.startswith(
        "Error: 'nginx' of the variable FORWARDED_ALLOW_IPS is neither an address nor a network\n"
    )


@pytest.mark.parametrize("value", ["0", "many", "-1", ""])
def test_a_wrong_number_of_workers_in_the_environment(value: str) -> None:
    text = Refusal(WEB_CONCURRENCY=value).text
    assert text.startswith(f"Error: the variable WEB_CONCURRENCY {value!r} is not a number of ")


@pytest.mark.parametrize(
    ("proxies", "hint"),
    [
        ("10.0.0.1,nginx", "Write addresses and networks, such as 10.0.0.5,172.16.0.0/12, or"),
        ("10.0.0.5/8", "The network is 10.0.0.0/8; for only that address leave /8 out."),
        ("10.0.0.0/33", "Write addresses and networks"),
    ],
)
def test_proxies_that_no_client_matches(proxies: str, hint: str) -> None:
    text = Refusal("--forwarded-allow-ips", proxies).text
    wrong = proxies.rpartition(",")[2]
    assert f"{wrong!r} of --forwarded-allow-ips is neither an address" in text
    assert f"\n  {hint}" in text


def test_folders_to_watch_without_a_reload() -> None:
    text = Refusal("--no-reload", "--reload-dir", ".", command="dev").text
    assert text.startswith("Error: Cannot use --reload-dir together with --no-reload\n")


def test_port_of_the_environment_does_not_contradict_a_socket() -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("busy.sock")
        listener.listen()
        text = Refusal("--uds", "busy.sock", code=1, PORT="8000").text
    assert text.startswith("Error: The socket busy.sock is in use\n")


@pytest.mark.parametrize(
    ("name", "content", "text"),
    [
        ("log.json", "{", "is not valid JSON"),
        ("log.yaml", "a: [", "is not valid YAML"),
        ("log.yaml", "- 1", "has a list, not a mapping"),
        ("log.json", "{}", "is not a configuration of logging: dictionary doesn't specify a"),
        (
            "log.json",
            '{"version": 1, "handlers": {"a": {"class": "nowhere.Handler"}}}',
            "is not a configuration of logging: Unable to configure handler 'a': Cannot resolve",
        ),
        ("log.ini", "[loggers]", "is not a configuration of logging"),
        ("log.ini", "x", "is not a configuration of logging"),
    ],
)
@pytest.mark.parametrize("server", ["uvicorn", "granian"])
def test_a_wrong_configuration_of_logging(
    write: Write, server: str, name: str, content: str, text: str
) -> None:
    write("main.py", "from pronghorn import FastAPI\napp = FastAPI()\n")
    write(name, content)
    result = CliRunner().invoke(commands, ["run", "--server", server, "--log-config", name])
    assert result.exit_code == 2
    assert f"Error: --log-config {name} {text}" in result.stderr


@pytest.mark.parametrize(
    ("package", "arguments", "extra", "requirement"),
    [
        ("uvicorn", [], "standard", "uvicorn[standard]"),
        ("uvicorn", ["--server", "granian"], "standard", "uvicorn[standard]"),
        ("granian", ["--server", "granian"], "granian", "granian<"),
        ("dotenv", ["--env-file", "ca.pem"], "standard", 'python-dotenv"'),
        ("yaml", ["--log-config", "log.yaml"], "standard", 'pyyaml"'),
    ],
)
def test_a_package_that_is_not_installed_names_its_extra(
    monkeypatch: pytest.MonkeyPatch,
    package: str,
    arguments: list[str],
    extra: str,
    requirement: str,
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    result = CliRunner().invoke(commands, ["run", *arguments])
    assert result.exit_code == 1
    assert f'in the extra {extra!r}: pip install "{requirement}' in str(result.exception)


def test_openssl_names_are_those_that_messages_rely_on() -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with pytest.raises(ssl.SSLError) as info:
        context.load_cert_chain("server.pem", "other.key")
    assert info.value.reason == "KEY_VALUES_MISMATCH"
