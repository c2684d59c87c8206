"""Act as `kamal` for a test, see programs.py."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1]
HEADER = (
    "CONTAINER ID   IMAGE     COMMAND                  CREATED       STATUS          PORTS     "
    "NAMES"
)
OPTIONS = {}
WORDS = []
ARGUMENTS = sys.argv[1:]


def main():
    parse()
    record()
    state = json.loads((FOLDER / "state.json").read_text())
    effect = take_effect(state)
    if effect.get("switches"):
        switch(state, OPTIONS.get("--version"), effect["switches"])
    if effect.get("stops"):
        state["servers"] = {host: dict.fromkeys(roles) for host, roles in state["servers"].items()}
        save(state)
    if effect.get("seconds"):
        time.sleep(effect["seconds"])
    if effect and "code" in effect:
        print(effect.get("out", ""))
        print(effect.get("err", ""), file=sys.stderr)
        sys.exit(effect["code"])
    act(state)


def parse():
    words = iter(ARGUMENTS)
    for word in words:
        if word == "--config-file":
            OPTIONS[word] = next(words)
        elif word.startswith("--"):
            name, _, value = word.partition("=")
            OPTIONS[name] = value
        else:
            WORDS.append(word)


def record():
    given = "" if sys.stdin is None or sys.stdin.isatty() else sys.stdin.read()
    call = {"argv": ARGUMENTS, "stdin": given, "env": dict(os.environ), "folder": os.getcwd()}
    with open(FOLDER / "kamal.jsonl", "a") as file:
        file.write(json.dumps(call) + "\n")


def take_effect(state):
    for command, effect in state["effects"].items():
        if " ".join(WORDS).startswith(command):
            if effect.get("after", 0) > 0:
                effect["after"] -= 1
                save(state)
                return {}
            if effect.get("ends"):
                switch(state, None, list(state["servers"]))
            return effect
    return {}


def save(state):
    (FOLDER / "state.json").write_text(json.dumps(state))


def switch(state, version, hosts):
    for host in hosts:
        for role in state["servers"].get(host, {}):
            state["servers"][host][role] = version
            state["containers"].insert(0, [host, role, version])
    save(state)


def act(state):
    hosts = list(state["servers"])
    if OPTIONS.get("--hosts"):
        hosts = OPTIONS["--hosts"].split(",")
    if WORDS == ["version"]:
        print("2.11.0")
    elif WORDS[:2] == ["app", "version"]:
        role = OPTIONS.get("--roles", "web")
        for host in hosts:
            if role in state["servers"][host]:
                print(f"App Host: {host}\n{state['servers'][host][role] or ''}\n\n")
    elif WORDS[:1] == ["deploy"]:
        print("Acquiring the deploy lock...")
        run_hook("deploy", OPTIONS["--version"])
        switch(state, OPTIONS["--version"], hosts)
        print("  Finished all in 12.3 seconds")
    elif WORDS[:1] == ["rollback"]:
        roll_back(state, WORDS[1], hosts)
    elif WORDS[:2] in (["app", "containers"], ["app", "details"]):
        show(state, hosts, WORDS[1] == "details")
    elif WORDS[:2] == ["app", "exec"]:
        print("Launching command with version 1 from existing container...")
        print(f"App Host: {hosts[0]}")
        print("variable:PATH\nvariable:LOG_LEVEL\nvariable:DATABASE_URL\n")
    elif WORDS[:2] == ["app", "logs"]:
        print(f"App Host: {hosts[0]}\n2026-11-29T23:00:00Z GET /items 200", flush=True)


def run_hook(command, version):
    hook = Path(".kamal/hooks/pre-deploy")
    if not hook.exists():
        return
    print("Running the pre-deploy hook...")
    env = {**os.environ, "KAMAL_COMMAND": command, "KAMAL_VERSION": version}
    done = subprocess.run(
        [str(hook.resolve())], env=env, capture_output=True, text=True, check=False
    )
    if done.returncode:
        print("  Finished all in 1.2 seconds")
        print(
            f"  ERROR (Kamal::Cli::HookError): Hook `pre-deploy` failed:\n{hook} exit status: "
            f"{done.returncode}\n{hook} stdout: {done.stdout or 'Nothing written'}\n"
            f"{hook} stderr: {done.stderr or 'Nothing written'}",
            file=sys.stderr,
        )
        sys.exit(1)


def roll_back(state, version, hosts):
    if not all([host, "web", version] in state["containers"] for host in hosts):
        print(
            f"The app version '{version}' is not available as a container (use 'kamal app "
            "containers' for available versions)"
        )
        return
    run_hook("rollback", version)
    switch(state, version, hosts)


def show(state, hosts, running_only):
    for host in hosts:
        print(f"App Host: {host}")
        print(HEADER)
        for at, role, version in state["containers"]:
            runs = state["servers"][host].get(role) == version
            if at == host and (runs or not running_only):
                status = "Up 3 minutes" if runs else "Exited (0) 2 h"
                print(
                    f'0123456789ab   x/shop    "pronghorn run shop.m…"   3 minutes     '
                    f"{status:<15} 8000/tcp  "
                    f"shop-{role}-{version}"
                )
        print("\n")


main()
