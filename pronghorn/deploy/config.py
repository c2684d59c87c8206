"""The table `[tool.pronghorn.deploy]` of `pyproject.toml`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Literal, cast

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from pronghorn.cli.errors import USAGE, CommandError
from pronghorn.cli.locate import read_project
from pronghorn.deploy.config_mistakes import TABLE, describe_mistakes
from pronghorn.settings.masking import is_secret_name, mask_urls

__all__ = [
    "CloudRunConfig",
    "ComposeConfig",
    "DeployConfig",
    "FlyConfig",
    "KamalConfig",
    "KubernetesConfig",
    "RailwayConfig",
    "RenderConfig",
    "TargetName",
    "read_config",
]

TargetName = Literal["compose", "kubernetes", "kamal", "fly", "cloud-run", "railway", "render"]

# A label of a host name (RFC 1123), shorter than its limit: targets add words such as `-migrate`.
_NAME = re.compile(r"[a-z]([a-z0-9-]{0,38}[a-z0-9])?")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_IMAGE = re.compile(r"[a-z0-9]([a-z0-9._/:-]*[a-z0-9])?")


def _check_name(value: str) -> str:
    if not _NAME.fullmatch(value):
        raise ValueError(
            f"{value!r} has to be lower-case letters, digits and hyphens, begin with a letter, "
            "and have at most 40 characters"
        )
    return value


def _check_path(value: str) -> str:
    if value[:1] != "/" or set(" ?#%{}\"'\\") & set(value) or not value.isprintable():
        raise ValueError(f"{value!r} has to be a path such as /ready")
    return value


def _check_file(value: str) -> str:
    parts = value.replace("\\", "/").split("/")
    if value[:1] == "/" or ".." in parts or parts[-1] in {"", "."} or not value.isprintable():
        raise ValueError(f"{value!r} has to be a path inside the project, such as deploy/file.yaml")
    return value


def _check_image(value: str) -> str:
    last = value.rpartition("/")[2]
    if not _IMAGE.fullmatch(value) or ":" in last:
        raise ValueError(
            f"{value!r} has to be an image without a tag, such as registry.example.com/shop"
        )
    return value


def _check_volume(value: str) -> str:
    source, _, target = value.partition(":")
    if not source or target[:1] != "/" or "$" in value:
        raise ValueError(f"{value!r} has to be SOURCE:/TARGET, such as data:/data")
    return value


def _check_value(value: str) -> str:
    if "\0" in value:
        raise ValueError("a variable cannot have a null character")
    return value


def _check_seconds(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError(f"{str(value).lower()} is no number of seconds: write one, such as 180")
    return value


def _check_variable(value: str) -> str:
    if not _VARIABLE.fullmatch(value):
        # It may be a secret, as in NAME=value.
        raise ValueError("this is not the name of a variable, such as DATABASE_URL")
    return value


Name = Annotated[str, AfterValidator(_check_name)]
Volume = Annotated[str, AfterValidator(_check_volume)]
UrlPath = Annotated[str, AfterValidator(_check_path)]
FilePath = Annotated[str, AfterValidator(_check_file)]
ImageName = Annotated[str, AfterValidator(_check_image)]
Variable = Annotated[str, AfterValidator(_check_variable)]
Value = Annotated[str, AfterValidator(_check_value)]
Seconds = Annotated[float, Field(gt=0, le=86_400, strict=False), BeforeValidator(_check_seconds)]
Port = Annotated[int, Field(ge=1, le=65535)]


class _Table(BaseModel):
    """A table that refuses names that it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, validate_default=True)


class ComposeConfig(_Table):
    """`[tool.pronghorn.deploy.compose]`: one host with Docker.

    Attributes:
        file: The file to write.
        host_port: The port of the host; `port` by default.
        host_address: The address of the host on which it listens, such as `127.0.0.1`.
        volumes: Volumes of all containers, such as `data:/data`.
        behind_proxy: Another proxy on this host, such as one for TLS, has said who the client is.
        proxy_image: The image of HAProxy, which sends requests to containers that are ready.
    """

    file: FilePath = "compose.deploy.yaml"
    host_port: Port | None = None
    host_address: str = "0.0.0.0"  # noqa: S104 - a service is there to be reached
    volumes: list[Volume] = []
    behind_proxy: bool = False
    proxy_image: str = "haproxy:3.2-alpine"


class KubernetesConfig(_Table):
    """`[tool.pronghorn.deploy.kubernetes]`: a cluster.

    Attributes:
        namespace: The namespace; that of the context by default.
        context: The context of the kubeconfig; its current one by default.
        replicas: Pods at least.
        max_replicas: Pods at most; the autoscaler chooses.
        cpu: What each pod asks for.
        memory: What each pod asks for, and its limit.
        target_cpu: Percent of `cpu` above which the autoscaler adds pods.
        folder: The folder of the manifests.
        take_over: Take fields that somebody else has set, instead of a failure.
    """

    namespace: str | None = None
    context: str | None = None
    replicas: Annotated[int, Field(ge=1, le=1000)] = 2
    max_replicas: Annotated[int, Field(ge=1, le=1000)] = 6
    cpu: str = "250m"
    memory: str = "256Mi"
    target_cpu: Annotated[int, Field(ge=1, le=100)] = 70
    folder: FilePath = "deploy/kubernetes"
    take_over: bool = False


class KamalConfig(_Table):
    """`[tool.pronghorn.deploy.kamal]`: own servers, by SSH.

    Attributes:
        hosts: The servers of the application.
        jobs_hosts: The servers of the workers of jobs; `hosts` by default.
        domain: The host name for which the proxy gets a certificate; None for plain HTTP.
        registry_server: The registry of the image; Docker Hub by default.
        registry_username: The user of the registry.
        ssh_user: The user on the servers.
        file: The file to write.
        extra: Tables and keys of Kamal itself, such as `accessories`, which are added to the file.
    """

    hosts: list[str] = []
    jobs_hosts: list[str] | None = None
    domain: str | None = None
    registry_server: str | None = None
    registry_username: str | None = None
    ssh_user: str | None = None
    file: FilePath = "config/deploy.yml"
    extra: dict[str, Any] = {}


class FlyConfig(_Table):
    """`[tool.pronghorn.deploy.fly]`: Fly.io.

    Attributes:
        region: The first region, such as `fra`; fly chooses by default.
        memory: The memory of a machine.
        machines: Machines that run even without requests.
        file: The file to write.
    """

    region: str | None = None
    memory: str = "512mb"
    machines: Annotated[int, Field(ge=0, le=100)] = 1
    file: FilePath = "fly.toml"


class CloudRunConfig(_Table):
    """`[tool.pronghorn.deploy.cloud_run]`: Google Cloud Run.

    Attributes:
        region: The region, such as `europe-west1`.
        project: The project; that of gcloud by default.
        cpu: Processors of an instance.
        memory: The memory of an instance.
        concurrency: Requests that an instance serves at once, at most.
        min_instances: Instances that run even without requests.
        max_instances: Instances at most.
        file: The file to write.
    """

    region: str = "europe-west1"
    project: str | None = None
    cpu: str = "1"
    memory: str = "512Mi"
    concurrency: Annotated[int, Field(ge=1, le=1000)] = 80
    min_instances: Annotated[int, Field(ge=0, le=1000)] = 0
    max_instances: Annotated[int, Field(ge=1, le=1000)] = 10
    file: FilePath = "cloudrun.yaml"


class RailwayConfig(_Table):
    """`[tool.pronghorn.deploy.railway]`: Railway.

    Attributes:
        file: The file to write.
    """

    file: FilePath = "railway.toml"


class RenderConfig(_Table):
    """`[tool.pronghorn.deploy.render]`: Render.

    Attributes:
        plan: The size of an instance.
        region: The region.
        file: The file to write.
    """

    plan: str = "starter"
    region: Literal["oregon", "ohio", "virginia", "frankfurt", "singapore"] = "frankfurt"
    file: FilePath = "render.yaml"


class DeployConfig(_Table):
    """`[tool.pronghorn.deploy]`, with what follows from the rest of `pyproject.toml`.

    Attributes:
        target: The target of `pronghorn deploy` without an argument.
        name: The name of the service; that of the project by default.
        image: The image without its tag; `name` by default.
        dockerfile: The file from which it is built.
        app: The application as `module:name`; found as the other commands do by default.
        as_fastapi: The program imports `fastapi`, and runs on pronghorn with `--as-fastapi`.
        port: The port on which the application listens in its container.
        workers: Processes of `pronghorn run` in each container.
        jobs: Containers that run `pronghorn jobs run`.
        migrate: Run `pronghorn db upgrade` before a new version serves; by default, if the project
            has a folder of migrations.
        live: The path of the probe that says whether the process works.
        ready: The path of the probe that says whether it can serve.
        timeout: Seconds in which a new version has to be ready.
        grace: Seconds from SIGTERM to SIGKILL.
        env: Variables that everybody may read.
        secrets: Names of the variables whose values come from the environment of the command.
        allow: Unsafe settings that are meant, as `pronghorn check --allow` takes them.
    """

    target: TargetName = "compose"
    name: Name
    image: ImageName = ""
    dockerfile: FilePath = "Dockerfile"
    app: str | None = None
    as_fastapi: bool = False
    port: Port = 8000
    workers: Annotated[int, Field(ge=1, le=512)] = 1
    jobs: Annotated[int, Field(ge=0, le=1000)] = 0
    migrate: bool | None = None
    live: UrlPath = "/live"
    ready: UrlPath = "/ready"
    timeout: Seconds = 180
    grace: Annotated[int, Field(ge=1, le=3600)] = 35
    env: dict[Variable, Value] = {}
    secrets: list[Variable] = []
    allow: list[str] = []
    compose: ComposeConfig = ComposeConfig()
    kubernetes: KubernetesConfig = KubernetesConfig()
    kamal: KamalConfig = KamalConfig()
    fly: FlyConfig = FlyConfig()
    cloud_run: CloudRunConfig = CloudRunConfig()
    railway: RailwayConfig = RailwayConfig()
    render: RenderConfig = RenderConfig()

    @model_validator(mode="after")
    def _check_variables(self) -> DeployConfig:
        twice = sorted({name for name in self.secrets if self.secrets.count(name) > 1})
        if twice:
            raise ValueError(f"secrets has {twice[0]} twice")
        both = [name for name in self.secrets if name in self.env]
        if both:
            raise ValueError(f"{both[0]} is in env and in secrets; take it out of env")
        for name, value in self.env.items():
            if is_secret_name(name) or mask_urls(value) != value:
                raise ValueError(
                    f"the value of {name} in env looks like a secret, and would be in a file that "
                    f'is written; write secrets = ["{name}"], and set it where you deploy'
                )
        return self


def read_config(folder: Path) -> DeployConfig:
    """Return the configuration of a project.

    Args:
        folder: The folder of `pyproject.toml`; without that file, everything has its default.

    Raises:
        CommandError: The file is not TOML, or the table has mistakes, which are all listed.
    """
    document = read_project(folder)
    given = {**_table_of(document, "tool", "pronghorn", "deploy")}
    given.setdefault("name", _name_of(document, folder))
    is_name = bool(_NAME.fullmatch(str(given["name"])))
    given.setdefault("image", given["name"] if is_name else "app")  # One mistake is one line.
    try:
        return DeployConfig.model_validate(given)
    except ValidationError as error:
        mistakes = list(describe_mistakes(error, DeployConfig))
        count = "a mistake" if len(mistakes) == 1 else f"{len(mistakes)} mistakes"
        raise CommandError(
            f"[{TABLE}] in pyproject.toml has {count}", "\n".join(mistakes), exit_code=USAGE
        ) from error


def _table_of(document: dict[str, Any], *names: str) -> dict[str, Any]:
    """Return a table inside others; an empty one if it is not there."""
    table: Any = document
    for number, name in enumerate(names):
        table = table.get(name, {})
        if not isinstance(table, dict):
            path = ".".join(names[: number + 1])
            raise CommandError(f"[{path}] in pyproject.toml is not a table", exit_code=USAGE)
    return cast("dict[str, Any]", table)


def _name_of(document: dict[str, Any], folder: Path) -> str:
    """Return a name that the targets accept, made from that of the project or its folder."""
    given = _table_of(document, "project").get("name") or folder.resolve().name
    words = re.findall(r"[a-z0-9]+", str(given).lower())
    return "-".join(words).lstrip("0123456789-")[:40].rstrip("-") or "app"
