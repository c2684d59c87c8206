"""Act as `ssh` for a test: record the call, and run the command here, see programs.py."""

import json
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1]
with open(FOLDER / "ssh.jsonl", "a") as file:
    file.write(json.dumps({"argv": sys.argv[1:]}) + "\n")
if (FOLDER / "no-ssh").exists():
    print("ssh: connect to host 10.0.0.1 port 22: Connection refused", file=sys.stderr)
    sys.exit(255)
sys.exit(subprocess.run(["sh", "-c", sys.argv[-1]], check=False).returncode)
