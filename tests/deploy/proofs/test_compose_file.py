"""The compose file is valid for a parser that knows every name of the Compose specification."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from compose_spec import PyCompose

from pronghorn.deploy.compose.document import compose_text
from pronghorn.deploy.config import DeployConfig
from pronghorn.deploy.target import Plan

CONFIGS = {
    "least": {"name": "shop", "image": "shop"},
    "most": {
        "name": "shop",
        "image": "registry.example.com:5000/team/shop",
        "jobs": 3,
        "grace": 60,
        "timeout": 90.5,
        "env": {"PRICE": "5 $", "TEXT": 'a "b": c\nd', "EMPTY": ""},
        "secrets": ["DATABASE_URL", "SECRET_KEY"],
        "compose": {
            "host_port": 443,
            "volumes": ["data:/data", "./files:/files:ro"],
            "behind_proxy": True,
        },
    },
}


def written(name: str) -> str:
    config = DeployConfig.model_validate(CONFIGS[name])
    text = compose_text(Plan(config, Path(), "abc", "shop.main:app", migrate=name == "most"))
    # Compose puts the values of variables in before it looks at the rest.
    return re.sub(r"(?<!\$)\$\{\w+:-(\w*)\}", r"\1", text)


@pytest.mark.parametrize("name", CONFIGS)
def test_the_file_is_valid(name: str) -> None:
    services = ["jobs", "migrate", "proxy", "web"] if name == "most" else ["proxy", "web"]
    assert sorted(PyCompose.from_yaml(written(name)).service_names()) == services


@pytest.mark.parametrize("name", CONFIGS)
def test_the_file_is_valid_for_the_schema(name: str, tmp_path: Path) -> None:
    file = tmp_path / "compose.yaml"
    file.write_text(written(name))
    arguments = ["--builtin-schema", "vendor.compose-spec", str(file)]
    command = [sys.executable, "-m", "check_jsonschema", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_a_misspelled_name_is_found() -> None:
    document = yaml.safe_load(written("least"))
    document["services"]["web"]["healtcheck"] = document["services"]["web"].pop("healthcheck")
    with pytest.raises(ValueError, match="healtcheck"):
        PyCompose.from_yaml(yaml.safe_dump(document))
