"""Load the certificate once before the server does, whose errors do not name the file."""

from __future__ import annotations

import ssl
from pathlib import Path

from pronghorn.cli.errors import USAGE, CommandError
from pronghorn.cli.serve_options import ServeOptions

__all__ = ["check_certificates"]


def check_certificates(options: ServeOptions) -> None:
    """Load the files for TLS.

    Raises:
        CommandError: A file is not what its option says.
    """
    if options.ssl_certfile is None or options.ssl_keyfile is None:
        return
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    password = options.ssl_keyfile_password
    try:
        # Without a password, Python would ask for one on the terminal.
        context.load_cert_chain(options.ssl_certfile, options.ssl_keyfile, password or _no_password)
    except (ssl.SSLError, OSError, _PasswordError) as error:
        raise CommandError(*_explain(options, error), exit_code=USAGE) from error
    if options.server == "granian" and _is_encrypted(options.ssl_keyfile):
        raise CommandError(
            f"Granian cannot open the encrypted key in {options.ssl_keyfile}",
            "Decrypt it to a file that only this user may read: openssl pkey -in "
            f"{options.ssl_keyfile} -out plain.key\nor leave --server granian out.",
            exit_code=USAGE,
        )
    _check_authorities(context, options)
    if options.ssl_ciphers is not None:
        try:
            context.set_ciphers(options.ssl_ciphers)
        except ssl.SSLError as error:
            raise CommandError(
                f"OpenSSL knows no cipher of --ssl-ciphers {options.ssl_ciphers}",
                "Leave the option out, or write names as 'openssl ciphers' lists them.",
                exit_code=USAGE,
            ) from error


class _PasswordError(Exception):
    """The key is encrypted, and there is no password."""


def _is_encrypted(key: Path) -> bool:
    """Return True if a key in PEM is encrypted, in PKCS#8 or in OpenSSL's older format."""
    return b"ENCRYPTED" in key.read_bytes()


def _no_password() -> str:
    raise _PasswordError


def _explain(options: ServeOptions, error: Exception) -> tuple[str, str]:
    certificate, key = options.ssl_certfile, options.ssl_keyfile
    if isinstance(error, _PasswordError):
        return (
            f"The key in {key} is encrypted",
            "Set SSL_KEYFILE_PASSWORD in the environment, or write --ssl-keyfile-password.",
        )
    reason = getattr(error, "reason", None) or str(error)
    if reason == "KEY_VALUES_MISMATCH":
        return (
            f"The key in {key} does not belong to the certificate in {certificate}",
            "Name the files of one certificate: the key with which it was requested.",
        )
    if key is not None and _is_encrypted(key):
        return (f"The password does not open the key in {key}", f"OpenSSL says {reason}.")
    return (
        f"{certificate} and {key} are not a certificate and its key in PEM",
        f"They begin with -----BEGIN. OpenSSL says {reason}.",
    )


def _check_authorities(context: ssl.SSLContext, options: ServeOptions) -> None:
    if options.ssl_ca_certs is None:
        return
    try:
        context.load_verify_locations(options.ssl_ca_certs)
    except (ssl.SSLError, OSError) as error:
        raise CommandError(
            f"{options.ssl_ca_certs} has no certificate in PEM, for --ssl-ca-certs",
            f"It begins with -----BEGIN CERTIFICATE-----. OpenSSL says {error}.",
            exit_code=USAGE,
        ) from error
