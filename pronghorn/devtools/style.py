"""The style sheet of the page, embedded in the page so that nothing else is loaded."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256

__all__ = ["STYLE", "STYLE_HASH"]

STYLE = """
:root { color-scheme: light dark; --text: #1c2024; --quiet: #60646c; --line: #d9d9e0;
  --back: #fff; --panel: #f6f6f9; --link: #0b5cad; --good: #18794e; --bad: #c62a2f;
  --warn: #8f5a00; }
@media (prefers-color-scheme: dark) {
  :root { --text: #edeef0; --quiet: #b0b4ba; --line: #363a3f; --back: #111113; --panel: #1a1b1e;
    --link: #70b8ff; --good: #3dd68c; --bad: #ff9592; --warn: #ffca16; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 100rem; padding: 1.5rem; color: var(--text);
  background: var(--back); font: 15px/1.5 system-ui, sans-serif; }
a { color: var(--link); }
h1 { font-size: 1.4rem; margin: 0; }
h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
header p, .quiet { color: var(--quiet); margin: .25rem 0; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .35rem .75rem .35rem 0;
  border-bottom: 1px solid var(--line); }
th { color: var(--quiet); font-weight: 600; white-space: nowrap; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
code, pre, .path { font-family: ui-monospace, monospace; font-size: .9em; }
.path { overflow-wrap: anywhere; min-width: 11rem; }
td.note { min-width: 16rem; }
td .quiet { font-size: .9em; overflow-wrap: anywhere; }
pre { background: var(--panel); border: 1px solid var(--line); border-radius: 6px;
  padding: .75rem; overflow-x: auto; margin: 0; }
ul { margin: 0; padding-left: 1.2rem; }
td ul { list-style: none; padding: 0; }
.good { color: var(--good); } .bad { color: var(--bad); } .warn { color: var(--warn); }
"""

STYLE_HASH = b64encode(sha256(STYLE.encode()).digest()).decode()
"""The only source that the policy of the page allows."""
