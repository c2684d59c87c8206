"""The encryption of a database's connections in the words of libpq, which knows no `SSLContext`."""

from __future__ import annotations

import atexit
import os
import ssl
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from pronghorn.core.setup_errors import setup_error

#: Where systems keep the certificates of public authorities, if Python does not know.
_BUNDLES = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt")
#: The files with the certificates of authorities, by their content.
_files: dict[str, str] = {}


def read_tls(given: Any) -> dict[str, str]:
    """Return the parameters of libpq for the argument `ssl` of asyncpg.

    The certificate of the client itself cannot be read from an `SSLContext`: the variables
    `PGSSLCERT` and `PGSSLKEY` name its files.

    Args:
        given: A name of a mode such as `verify-full`, True, False, an `SSLContext`, or None.

    Raises:
        SetupError: The context trusts the authorities of the system, which are not found.
    """
    if given is None:
        return {}
    if given is False:
        return {"sslmode": "disable"}
    if given is True:
        given = ssl.create_default_context()
    if not isinstance(given, ssl.SSLContext):
        return {"sslmode": str(getattr(given, "name", given)).replace("_", "-")}
    if given.verify_mode is ssl.CERT_NONE:
        return {"sslmode": "require"}
    mode = "verify-full" if given.check_hostname else "verify-ca"
    return {"sslmode": mode, "sslrootcert": _find_authorities(given)}


def _find_authorities(context: ssl.SSLContext) -> str:
    """Return the file with the certificates of those whom a context trusts."""
    found = context.get_ca_certs(binary_form=True)
    if found:
        return _write("".join(map(ssl.DER_cert_to_PEM_cert, found)))
    # It reads the folder of the system, one file after the other when it is needed.
    paths = (ssl.get_default_verify_paths().cafile, *_BUNDLES)
    bundle = next((path for path in paths if path and Path(path).is_file()), None)
    if bundle is None:
        raise setup_error(
            "The connections of jobs need the certificates that the SSLContext trusts, and there "
            "are none in it",
            "it trusts those of the system, which has no file with all of them",
            'ssl.create_default_context(cafile="ca.pem") in connect_args={"ssl": ...}',
        )
    return bundle


def _write(text: str) -> str:
    """Return a temporary file with a text; the process deletes it at its end."""
    known = _files.get(text)
    if known is None or not Path(known).exists():
        handle, known = tempfile.mkstemp(prefix="pronghorn-", suffix=".pem")
        with os.fdopen(handle, "w") as file:
            file.write(text)
        _files[text] = known
        atexit.register(_delete, known, os.getpid())
    return known


def _delete(path: str, process: int) -> None:
    if os.getpid() == process:  # A fork has no part in the files of its parent.
        with suppress(OSError):
            Path(path).unlink()
