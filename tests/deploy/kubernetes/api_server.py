"""A small API server of Kubernetes on a port of this machine, for tests of apply, wait and undo.

It answers over HTTP what `pronghorn.deploy.kubernetes` asks: objects by name and by labels,
server-side apply with owners of fields and conflicts, dry runs, deletions, logs; and it does in
one step what controllers do for Deployments and Jobs. In `tests/deploy/proofs` it also checks
objects by the schemas of Kubernetes, strictly.

It is not a cluster. No container runs and nothing is probed: a test says how the pods of a version
behave. It has no admission, quotas, scheduling, roles, watches or TLS, few defaults, and lists are
merged by names only. Times do not pass: a rollout is where the test has put it. So it shows what
the command does with the answers, and not that Kubernetes gives these answers.
"""

from __future__ import annotations

import copy
import json
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.deploy.kubernetes import controllers, fields
from tests.deploy.kubernetes.controllers import Object

KINDS = {
    "configmaps": "ConfigMap",
    "cronjobs": "CronJob",
    "deployments": "Deployment",
    "horizontalpodautoscalers": "HorizontalPodAutoscaler",
    "ingresses": "Ingress",
    "jobs": "Job",
    "pods": "Pod",
    "poddisruptionbudgets": "PodDisruptionBudget",
    "replicasets": "ReplicaSet",
    "secrets": "Secret",
    "services": "Service",
}
VERBS = {"GET": "get", "PATCH": "patch", "DELETE": "delete"}
Key = tuple[str, str, str]


@dataclass(frozen=True)
class Request:
    """A request that has arrived."""

    method: str
    path: str
    query: dict[str, str]
    body: Any
    namespace: str = ""
    plural: str = ""
    name: str = ""
    part: str = ""

    @property
    def is_dry_run(self) -> bool:
        return self.query.get("dryRun") == "All"

    @property
    def changes(self) -> bool:
        return self.method != "GET" and not self.is_dry_run


class Refusal(Exception):
    """An answer that is no success."""

    def __init__(self, code: int, message: str, **details: Any) -> None:
        super().__init__(message)
        self.code = code
        self.status = {
            "kind": "Status",
            "apiVersion": "v1",
            "status": "Failure",
            "message": message,
            "code": code,
            "details": details,
        }


@dataclass
class ApiServer:
    """The server, and what a test says of it.

    Attributes:
        behaviours: How the pods of a version behave: `ready` (the default), `never-ready`, `stuck`
            or `crash`.
        migrations: How Jobs end: `complete`, `fails` or `hangs`.
        looks: How often a Deployment is read before its controller has seen a change.
        forbidden: Pairs of verb and plural that are answered with 403.
        token: The only one that is accepted; None for any.
        is_away: Says for each request whether the connection is closed without an answer.
        on_request: Called with each request before it is answered; may raise `Refusal`.
        logs: The lines of all pods.
        validate: Called with each object; raises `Refusal`. The proofs check schemas here.
    """

    behaviours: dict[str, str] = field(default_factory=dict)
    migrations: str = "complete"
    looks: int = 0
    namespaces: set[str] = field(default_factory=lambda: {"shop"})
    forbidden: set[tuple[str, str]] = field(default_factory=set)
    token: str | None = None
    is_away: Callable[[Request], bool] = lambda request: False
    on_request: Callable[[Request], None] = lambda request: None
    logs: list[str] = field(default_factory=lambda: ["first line", "last line"])
    validate: Callable[[Object], None] = lambda manifest: None
    requests: list[Request] = field(default_factory=list)
    objects: dict[Key, Object] = field(default_factory=dict)
    owners: dict[Key, dict[str, set[fields.Path]]] = field(default_factory=dict)
    unseen: dict[Key, int] = field(default_factory=dict)

    def __enter__(self) -> ApiServer:
        self.lock = threading.RLock()
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), make_handler(self))
        self.http.daemon_threads = True
        self.thread = threading.Thread(target=self.http.serve_forever, args=(0.01,))
        self.thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.http.shutdown()
        self.http.server_close()
        self.thread.join()

    # --- what tests ask -------------------------------------------------------------------------

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.http.server_port}"

    def write_kubeconfig(self, file: Path, namespace: str = "shop", token: str = "t0ken") -> None:
        """Write the file that says where the server is."""
        file.write_text(
            json.dumps(
                {
                    "apiVersion": "v1",
                    "kind": "Config",
                    "preferences": {},
                    "clusters": [{"name": "local", "cluster": {"server": self.url}}],
                    "users": [{"name": "me", "user": {"token": token}}],
                    "contexts": [
                        {
                            "name": "local",
                            "context": {"cluster": "local", "user": "me", "namespace": namespace},
                        }
                    ],
                    "current-context": "local",
                }
            ),
            encoding="utf-8",
        )

    def find(self, plural: str, name: str) -> Object | None:
        return self.objects.get((plural, "shop", name))

    def names(self, plural: str) -> list[str]:
        return sorted(name for kind, _, name in self.objects if kind == plural)

    def changed(self) -> list[tuple[str, str]]:
        """Return method and plural of every request that changed something, in order."""
        return [(one.method, one.plural) for one in self.requests if one.changes]

    def serving(self, name: str = "shop") -> set[str]:
        """Return the versions of a Deployment whose pods are ready."""
        return {
            controllers.version_of(one)
            for one in self.sets_of(self.objects["deployments", "shop", name])
            if one["works"] and one["spec"]["replicas"]
        }

    # --- requests -------------------------------------------------------------------------------

    def answer(self, request: Request) -> Any:
        """Return the content of the answer.

        Raises:
            Refusal: The answer is no success.
        """
        self.on_request(request)
        if request.path.rstrip("/") == "/version":
            return {"major": "1", "minor": "34", "gitVersion": "v1.34.1"}
        plural, verb = request.plural, VERBS[request.method]
        if verb == "get" and not request.name:
            verb = "list"
        if (verb, plural) in self.forbidden:
            raise Refusal(
                403, f'{plural} is forbidden: User "me" cannot {verb} resource "{plural}"'
            )
        if plural == "namespaces":
            if request.name not in self.namespaces:
                raise Refusal(404, f'namespaces "{request.name}" not found')
            return {"kind": "Namespace", "metadata": {"name": request.name}}
        if request.part == "log":
            return self.read_log(request)
        if verb == "list":
            return {"kind": f"{KINDS[plural]}List", "items": self.list(request)}
        return {"get": self.read, "patch": self.patch, "delete": self.delete}[verb](request)

    def list(self, request: Request) -> list[Object]:
        """Return objects by their labels, without their kind, as a server does."""
        selector = dict(
            part.split("=", 1) for part in request.query.get("labelSelector", "").split(",") if part
        )
        if request.plural == "pods":
            found = self.pods(request.namespace)
        else:
            found = [
                one
                for (plural, namespace, _), one in self.objects.items()
                if (plural, namespace) == (request.plural, request.namespace)
            ]
        return [
            {key: value for key, value in one.items() if key not in {"kind", "apiVersion"}}
            for one in found
            if selector.items() <= (one["metadata"].get("labels") or {}).items()
        ]

    def read_log(self, request: Request) -> str:
        (pod,) = [
            one for one in self.pods(request.namespace) if one["metadata"]["name"] == request.name
        ]
        names = [one["name"] for one in pod["spec"]["containers"]]
        if request.query.get("container", names[0]) not in names or (
            len(names) > 1 and "container" not in request.query
        ):
            raise Refusal(400, f"a container name must be specified for pod {request.name}")
        return "\n".join(self.logs[-int(request.query["tailLines"]) :]) + "\n"

    def pods(self, namespace: str) -> list[Object]:
        sets = [one for (plural, *_), one in self.objects.items() if plural == "replicasets"]
        jobs = [one for (plural, *_), one in self.objects.items() if plural == "jobs"]
        return [
            *controllers.pods_of(sets, self.behaviours),
            *(controllers.pod_of_job(one) for one in jobs),
        ]

    def read(self, request: Request) -> Object:
        key = (request.plural, request.namespace, request.name)
        if key not in self.objects:
            raise Refusal(404, f'{request.plural} "{request.name}" not found')
        if key in self.unseen:
            self.unseen[key] -= 1
            if self.unseen[key] < 0:
                del self.unseen[key]
                self.control(key)
        return self.objects[key]

    def delete(self, request: Request) -> Object:
        found = self.read(request)
        del self.objects[request.plural, request.namespace, request.name]
        self.owners.pop((request.plural, request.namespace, request.name), None)
        for one in self.sets_of(found):
            del self.objects["replicasets", request.namespace, one["metadata"]["name"]]
        return {"kind": "Status", "status": "Success"}

    def patch(self, request: Request) -> Object:
        """Apply an object on the server."""
        key = (request.plural, request.namespace, request.name)
        if request.namespace not in self.namespaces:
            raise Refusal(404, f'namespaces "{request.namespace}" not found')
        live, body = self.objects.get(key), request.body
        self.validate(body)
        status = {"status": live["status"]} if live is not None and "status" in live else {}
        try:
            made, owners = fields.apply(
                bare(live) if live is not None else None,
                self.owners.get(key, {}),
                request.query["fieldManager"],
                body,
                force=request.query.get("force") == "true",
            )
        except fields.Conflict as error:
            raise refuse_conflict(request, error) from None
        set_defaults(made)
        refuse_immutable(live, made)
        self.validate(made)
        if request.is_dry_run:
            return made
        self.store(key, live, made | status, owners)
        return self.objects[key]

    def store(
        self, key: Key, live: Object | None, made: Object, owners: dict[str, set[fields.Path]]
    ) -> None:
        """Keep an object, and let its controller see it if its specification has changed."""
        before = live["metadata"] if live is not None else {}
        is_new = live is None or live.get("spec") != made.get("spec")
        if key[0] == "deployments":
            made["spec"]["template"]["metadata"]["creationTimestamp"] = None
        made["metadata"] |= {
            "namespace": key[1],
            "uid": before.get("uid") or str(uuid.uuid4()),
            "generation": before.get("generation", 0) + is_new,
            "managedFields": fields.managed_fields(owners),
        }
        self.objects[key], self.owners[key] = made, owners
        if not is_new:
            return
        if self.looks and key[0] == "deployments":
            self.unseen[key] = self.looks
        else:
            self.control(key)

    # --- controllers ----------------------------------------------------------------------------

    def control(self, key: Key) -> None:
        found = self.objects[key]
        if key[0] == "jobs":
            controllers.end_job(found, self.migrations)
        if key[0] == "deployments":
            behaviour = self.behaviours.get(controllers.version_of(found), "ready")
            used = controllers.roll_out(found, self.sets_of(found), behaviour)
            self.objects["replicasets", key[1], used["metadata"]["name"]] = used

    def sets_of(self, deployment: Object) -> list[Object]:
        uid = deployment["metadata"].get("uid")
        return [
            one
            for (plural, *_), one in self.objects.items()
            if plural == "replicasets" and one["metadata"]["ownerReferences"][0]["uid"] == uid
        ]

    def set_replicas(self, name: str, replicas: int, manager: str) -> None:
        """Scale a Deployment, as an autoscaler or a person does."""
        key = ("deployments", "shop", name)
        path = ("spec", "replicas")
        self.objects[key]["spec"]["replicas"] = replicas
        for paths in self.owners[key].values():
            paths.discard(path)
        self.owners[key][manager] = {path}
        self.objects[key]["metadata"]["managedFields"] = fields.managed_fields(self.owners[key])
        self.control(key)


def bare(live: Object) -> Object:
    """Return an object without what only the server writes."""
    made = copy.deepcopy({key: value for key, value in live.items() if key != "status"})
    for name in ("managedFields", "uid", "generation"):
        made["metadata"].pop(name, None)
    return made


def set_defaults(made: Object) -> None:
    """Set some of the fields that have defaults."""
    if made["kind"] == "Deployment":
        made["spec"].setdefault("replicas", 1)
        pod = made["spec"]["template"]["spec"]
        pod.setdefault("restartPolicy", "Always")
        pod.setdefault("dnsPolicy", "ClusterFirst")
        for container in pod["containers"]:
            container.setdefault("imagePullPolicy", "IfNotPresent")


def refuse_immutable(live: Object | None, made: Object) -> None:
    """Refuse to change what cannot be changed."""
    if live is None:
        return
    kind, name = made["kind"], made["metadata"]["name"]
    same = {
        "Deployment": lambda one: one["spec"]["selector"],
        "Job": lambda one: one["spec"]["template"],
        "Secret": lambda one: one["data"],
    }.get(kind)
    if same is not None and same(live) != same(made):
        raise Refusal(422, f'{kind} "{name}" is invalid: field is immutable')


def refuse_conflict(request: Request, error: fields.Conflict) -> Refusal:
    causes = [
        {"reason": "FieldManagerConflict", "message": f'conflict with "{who}"', "field": path}
        for path, who in error.fields
    ]
    return Refusal(
        409,
        f"Apply failed with {len(causes)} conflicts",
        name=request.name,
        kind=request.plural,
        causes=causes,
    )


def parse(method: str, target: str, body: bytes) -> Request:
    """Return a request by the parts of its path."""
    url = urlsplit(target)
    parts = url.path.strip("/").split("/")
    rest = parts[2:] if parts[0] == "api" else parts[3:]
    namespace = ""
    if len(rest) > 2 and rest[0] == "namespaces":
        namespace, rest = rest[1], rest[2:]
    plural, name, part, *_ = [*rest, "", "", ""]
    content = json.loads(body) if body else None
    return Request(
        method, url.path, dict(parse_qsl(url.query)), content, namespace, plural, name, part
    )


def make_handler(server: ApiServer) -> type[BaseHTTPRequestHandler]:
    """Return the class that reads requests for a server."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # Head and body in one packet, for which no peer waits.

        def handle_request(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            request = parse(self.command, self.path, body)
            with server.lock:
                server.requests.append(request)
                if server.is_away(request):
                    self.close_connection = True
                    return
                try:
                    if server.token not in {None, self.headers.get("Authorization", "")[7:]}:
                        raise Refusal(401, "Unauthorized")
                    code, content = 200, server.answer(request)
                except Refusal as error:
                    code, content = error.code, error.status
                text = content if isinstance(content, str) else json.dumps(content)
            self.reply(code, text.encode())

        def reply(self, code: int, content: bytes) -> None:
            self.send_response(code)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_PATCH = do_DELETE = handle_request

        def log_message(self, format: str, *args: object) -> None:
            """Print nothing."""

    return Handler
