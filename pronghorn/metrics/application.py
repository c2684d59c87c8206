"""Attach metrics to applications."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any

from prometheus_client import REGISTRY, CollectorRegistry

from pronghorn.applications import FastAPI
from pronghorn.core.setup_errors import describe_value, setup_error, user_error
from pronghorn.hooks import OBSERVED, observe, stop_observing
from pronghorn.metrics.directory import VARIABLE, find_directory
from pronghorn.metrics.exposition import Exposition, serving
from pronghorn.metrics.folding import enter
from pronghorn.metrics.instruments import DURATIONS, instruments_of
from pronghorn.requests import Request
from pronghorn.responses import Response
from pronghorn.routing import APIRouter

__all__ = ["Metrics"]


class Metrics:
    """Metrics of the requests to all applications of a process, for Prometheus.

    The metrics that the program itself puts into the registry are served beside them. With several
    workers, each answers for all of them, and for those that have ended.

    Args:
        buckets: Upper bounds of the buckets of durations, in seconds and rising.
        sizes: Also measure the sizes of bodies.
        registry: The registry of the metrics; prometheus-client's default one has all metrics of a
            program that names no other.

    Raises:
        SetupError: The registry has metrics of requests with other options, the bounds do not rise,
            or the directory that `PROMETHEUS_MULTIPROC_DIR` names does not exist.

    Example::

        app = FastAPI()
        metrics = Metrics()
        metrics.attach(app)
    """

    def __init__(
        self,
        *,
        buckets: Sequence[float] = DURATIONS,
        sizes: bool = False,
        registry: CollectorRegistry = REGISTRY,
    ) -> None:
        _enter_directory()
        self._instruments = instruments_of(registry, buckets, sizes)
        self._exposition = Exposition(registry)

    def attach(
        self,
        app: FastAPI | APIRouter,
        *,
        path: str | None = "/metrics",
        dependencies: Sequence[Any] = (),
    ) -> None:
        """Count requests from now on, and serve the metrics as a route of an application.

        The route is not in the documentation, and answered scrapes are not counted. Attach before
        the server starts, and before a route that answers every path.

        Args:
            app: The application, or a router of it.
            path: The path of the route; None to count only, see `serve`.
            dependencies: `Depends(...)` that may refuse a scrape.

        Raises:
            SetupError: The application has no such routes.
        """
        if path is not None and not isinstance(app, (FastAPI, APIRouter)):
            raise user_error(
                f"the route of the metrics belongs to a FastAPI or an APIRouter, not to "
                f"{describe_value(type(app))}",
                write="metrics.attach(app, path=None) to count only",
            )
        observe(self._instruments)
        if path is not None:
            app.add_api_route(
                path,
                self._answer,
                methods=["GET"],
                include_in_schema=False,
                dependencies=list(dependencies),
                name="metrics",
            )

    def detach(self) -> None:
        """Count no further requests; routes that serve the metrics stay."""
        stop_observing(self._instruments)

    async def _answer(self, request: Request) -> Response:
        observed = request.scope.get(OBSERVED)
        if observed is not None:
            self._instruments.hide(observed)
        return await self._exposition.answer(request)

    def serve(self, port: int, host: str = "0.0.0.0") -> AbstractContextManager[int]:  # noqa: S104 - as servers do
        """Serve the metrics at a port of their own, in a thread, until the end of a block.

        Open the block in the lifespan. All workers may listen on the same port, as each answers for
        all.

        Args:
            port: The port; 0 for a free one.
            host: The address to listen on.

        Returns:
            A context manager whose value is the port.

        Example::

            @asynccontextmanager
            async def lifespan(app: FastAPI) -> AsyncIterator[None]:
                with metrics.serve(9100):
                    yield
        """
        return serving(self._exposition.registry, host, port)


def _enter_directory() -> None:
    directory = find_directory()
    if directory is None:
        return
    if not directory.path.is_dir():
        raise setup_error(
            f"{VARIABLE} names {directory.path}, which is no directory: create an empty one before "
            "each start of the program, or leave the variable out and use `pronghorn run`."
        )
    enter(directory, is_new=False)
