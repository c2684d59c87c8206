"""Act as `docker` on a server for a test: record the call and the file of variables."""

import json
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1]
arguments = sys.argv[1:]
given = ""
if "--env-file" in arguments:
    given = Path(arguments[arguments.index("--env-file") + 1]).read_text()
with open(FOLDER / "docker.jsonl", "a") as file:
    file.write(json.dumps({"argv": arguments, "variables": given}) + "\n")
if arguments[:1] == ["run"] and (FOLDER / "broken-migration").exists():
    print("Error: the migration 0002 failed: column price exists", file=sys.stderr)
    sys.exit(1)
if arguments[:2] == ["network", "inspect"]:
    sys.exit(1)  # As on a server that is new.
