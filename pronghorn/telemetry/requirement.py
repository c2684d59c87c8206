"""The error for programs that use telemetry without OpenTelemetry, which is optional."""

from __future__ import annotations

from pronghorn.core.setup_errors import setup_error
from pronghorn.exceptions import SetupError


class TelemetryMissingError(SetupError, ImportError):
    """The package `opentelemetry-api` is not installed."""


def require_api() -> None:
    """Check that OpenTelemetry can be imported.

    Raises:
        TelemetryMissingError: The package is missing.
    """
    try:
        import opentelemetry._logs
        import opentelemetry.metrics
        import opentelemetry.propagate
        import opentelemetry.trace  # noqa: F401 - only to see whether it is there
    except ImportError as error:
        raise setup_error(
            f"Telemetry does not work because OpenTelemetry cannot be imported: {error}",
            "FastAPI(telemetry=...), or an import of pronghorn.telemetry, in an environment "
            "without the package opentelemetry-api",
            "pip install opentelemetry-api, which is in the extra pronghorn[opentelemetry]",
            kind=TelemetryMissingError,
        ) from error
