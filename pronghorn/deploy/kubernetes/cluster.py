"""The API server of a cluster, through kr8s.

kr8s finds the credentials of the user and the server, as kubectl does. Requests are its raw ones:
its objects know no server-side apply.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Protocol

from pronghorn.deploy.kubernetes.errors import AwayError, RefusedError, explain
from pronghorn.deploy.kubernetes.kinds import KINDS
from pronghorn.deploy.kubernetes.manifests import MANAGER, Manifest

__all__ = ["Cluster", "connect"]

#: Of one request. An API server answers in milliseconds, and kr8s itself would wait for ever.
REQUEST_SECONDS = 20.0
#: What kr8s says of a file that is not there sounds like a wrong password.
_NO_KUBECONFIG = " (it is ~/.kube/config, or the file in the variable KUBECONFIG)"
#: Answers of a server, or of a proxy before it, that may be another one a moment later.
_PASSING = frozenset({429, 500, 502, 503, 504})
#: Of a kubeconfig that is not as it should be: kr8s looks at it without a check.
#: A port that is none ends as a group.
_MISTAKES = (
    *(ValueError, LookupError, TypeError, AttributeError, OSError, RuntimeError),
    ExceptionGroup,
)


class _Response(Protocol):
    """An answer, as httpx has it."""

    status_code: int

    def json(self) -> Any:
        """Return the content."""

    def aiter_lines(self) -> AsyncIterator[str]:
        """Return the lines, as they come."""


@asynccontextmanager
async def connect(context: str | None, namespace: str | None) -> AsyncIterator[Cluster]:
    """Connect to the cluster of a context.

    Args:
        context: The context of the kubeconfig; its current one by default.
        namespace: The namespace; that of the context by default.

    Raises:
        RefusedError: There is no such context, or the server does not accept the credentials.
        AwayError: The server does not answer.
    """
    from kr8s.asyncio import Api

    with _private_files():
        # Not by its factory, which asks for the version first, and leaves a connection open if
        # that fails.
        api = Api(bypass_factory=True, context=context, namespace=namespace)
        try:
            await _authenticate(api)
            yield Cluster(api, _find_namespace(api, context, namespace))
        finally:
            await _close(api)


async def _authenticate(api: Any) -> None:
    """Read the kubeconfig, and run the plugin that it may name for credentials.

    Raises:
        RefusedError: There is none, it has mistakes, or the plugin fails.
    """
    import yaml

    try:
        async with asyncio.timeout(REQUEST_SECONDS):
            await api.auth
    except (TimeoutError, *_MISTAKES, yaml.YAMLError) as error:
        found = "" if "credentials" not in str(error) else _NO_KUBECONFIG
        raise RefusedError(
            f"the kubeconfig cannot be used: {_describe(error)}{found}", 0
        ) from error


def _describe(error: Exception) -> str:
    """Return the message of an error as a short line."""
    text = " ".join(str(error).split()) or "no text"
    name = "" if isinstance(error, ValueError | RuntimeError) else f"{type(error).__name__}: "
    return f"{name}{text[:300]}"


def _find_namespace(api: Any, context: str | None, namespace: str | None) -> str:
    """Return the namespace; kr8s would take that of the current context for any other one, too."""
    if namespace is None and context is not None:
        return str(api.auth.kubeconfig.get_context(context).get("namespace") or "default")
    return str(api.auth.namespace)


async def _close(api: Any) -> None:
    """Close the connections of kr8s, which has no public way to; without it they stay open."""
    session = getattr(api, "_session", None)
    if session is not None:
        await session.aclose()


@contextmanager
def _private_files() -> Iterator[None]:
    """Remove the files into which kr8s writes the keys of a kubeconfig, and which it leaves."""
    before = tempfile.tempdir
    with tempfile.TemporaryDirectory(prefix="pronghorn-deploy-") as folder:
        tempfile.tempdir = folder
        try:
            yield
        finally:
            tempfile.tempdir = before


@contextmanager
def _translate_errors() -> Iterator[None]:
    """Raise our errors instead of those of kr8s and of its client.

    Raises:
        RefusedError: The answer is no.
        AwayError: There is no answer.
    """
    import httpx
    import kr8s

    try:
        yield
    except (TimeoutError, kr8s.APITimeoutError) as error:
        raise AwayError("the API server did not answer in time") from error
    except httpx.HTTPError as error:
        raise AwayError(f"the API server cannot be reached: {_describe(error)}") from error
    except kr8s.ServerError as error:
        raise _read_refusal(error.response) from error
    except (httpx.InvalidURL, *_MISTAKES) as error:
        # A URL that is none, a certificate that cannot be read, an answer of a proxy.
        raise RefusedError(f"the cluster cannot be used: {_describe(error)}", 0) from error


def _read_refusal(response: Any) -> Exception:
    """Return the error for an answer that is no success."""
    try:
        status = response.json()
    except ValueError:
        status = {}
    if not isinstance(status, dict):
        status = {}
    code = response.status_code
    message = str(status.get("message") or f"the API server answered {code}")
    if code in _PASSING:
        return AwayError(message)
    return RefusedError(explain(code, message, status), code)


def _container_of(pod: Manifest) -> str | None:
    """Return the container with the program, which has the name of its component."""
    names = [one["name"] for one in (pod.get("spec") or {}).get("containers") or ()]
    component = (pod["metadata"].get("labels") or {}).get("app.kubernetes.io/component")
    return component if component in names else next(iter(names), None)


class Cluster:
    """A namespace of a cluster.

    Args:
        api: The connection of kr8s.
        namespace: The namespace.
    """

    def __init__(self, api: Any, namespace: str) -> None:
        self._api = api
        self.namespace = namespace

    async def get(self, kind: str, name: str) -> Manifest | None:
        """Return an object; None if it is not there."""
        try:
            return await self._call("GET", kind, name)
        except RefusedError as error:
            if error.status == 404:
                return None
            raise

    async def find_all(self, kind: str, labels: Mapping[str, str]) -> list[Manifest]:
        """Return the objects of a kind that have these labels."""
        selector = ",".join(f"{key}={value}" for key, value in labels.items())
        found = await self._call("GET", kind, "", {"labelSelector": selector})
        return list(found.get("items") or ())

    async def apply(
        self, manifest: Manifest, *, dry_run: bool = False, force: bool = False
    ) -> Manifest:
        """Apply an object on the server, as the field manager `pronghorn-deploy`.

        Args:
            manifest: All fields that are ours; those that we applied before and that are not in it
                disappear.
            dry_run: Let the server check everything, and change nothing.
            force: Take over fields that another manager has set to another value.

        Returns:
            The object as it is now.

        Raises:
            RefusedError: Such as for a field of another manager, or without the right to.
        """
        query = {"fieldManager": MANAGER, "fieldValidation": "Strict"}
        query |= {"dryRun": "All"} if dry_run else {}
        query |= {"force": "true"} if force else {}
        name = manifest["metadata"]["name"]
        try:
            return await self._call("PATCH", manifest["kind"], name, query, manifest)
        except RefusedError as error:
            if manifest["kind"] == "Secret":  # Its message may contain values.
                raise RefusedError(
                    f"the API server answered {error.status} to the Secret", error.status
                ) from None
            raise

    async def delete(self, kind: str, name: str) -> None:
        """Delete an object, and what it has made; it may be gone already."""
        options = {"kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": "Background"}
        try:
            await self._call("DELETE", kind, name, body=options)
        except RefusedError as error:
            if error.status != 404:
                raise

    async def read_log(self, pod: Manifest, lines: int) -> list[str]:
        """Return the last lines of a pod."""
        found = [line async for line in self.stream_log(pod, lines, follow=False)]
        return found[-lines:] if lines else []

    async def stream_log(self, pod: Manifest, lines: int, *, follow: bool) -> AsyncIterator[str]:
        """Yield the lines of a pod.

        Args:
            pod: The pod, of which the container is read that has the program.
            lines: How many of the past.
            follow: Go on until the pod ends.
        """
        query = {"tailLines": str(lines), "follow": "true" if follow else "false"}
        container = _container_of(pod)
        query |= {"container": container} if container is not None else {}
        with _translate_errors():
            call = self._api.call_api(
                "GET",
                version="v1",
                namespace=self.namespace,
                url=f"pods/{pod['metadata']['name']}/log",
                params=query,
                stream=True,
                timeout=None if follow else REQUEST_SECONDS,
            )
            async with call as response:
                async for line in response.aiter_lines():
                    yield line.rstrip("\n")

    async def _call(
        self,
        method: str,
        kind: str,
        name: str,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> Manifest:
        """Send a request, and return the object in the answer."""
        place = KINDS[kind]
        content = "application/apply-patch+yaml" if method == "PATCH" else "application/json"
        with _translate_errors():
            async with (
                asyncio.timeout(REQUEST_SECONDS),
                self._api.call_api(
                    method,
                    version=place.version,
                    namespace=self.namespace if place.in_namespace else None,
                    url=f"{place.plural}/{name}" if name else place.plural,
                    params=dict(query or {}),
                    content=json.dumps(body).encode() if body is not None else None,
                    headers={"Content-Type": content},
                ) as response,
            ):
                answer: _Response = response
                found: Manifest = answer.json()
                return found
