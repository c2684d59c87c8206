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
[hidden] { display: none !important; }
nav { display: flex; flex-wrap: wrap; gap: .25rem 1rem; margin: .5rem 0; }
input { font: inherit; color: inherit; background: var(--panel); border: 1px solid var(--line);
  border-radius: 6px; padding: .4rem .6rem; width: 30rem; max-width: 100%; }
kbd { font: inherit; border: 1px solid var(--line); border-radius: 4px; padding: 0 .35rem; }
summary { cursor: pointer; overflow-wrap: anywhere; padding: .2rem 0; }
summary h2 { display: inline; }
details > pre, details > section { margin: .25rem 0 .75rem; }
h2.kind, h3.kind { margin: 1.5rem 0 .25rem; overflow-wrap: anywhere; }
h3 { font-size: 1rem; }
td form { display: inline; }
button { font: inherit; color: inherit; background: var(--panel); cursor: pointer;
  border: 1px solid var(--line); border-radius: 6px; padding: .1rem .6rem; }
.failure { max-width: 70rem; min-width: 0; }
.failure p { margin: .25rem 0; overflow-wrap: anywhere; }
pre.message { white-space: pre-wrap; overflow-wrap: anywhere; margin: .25rem 0 1rem; }
.members { border-left: 3px solid var(--line); padding-left: 1rem; }
.source > span { display: block; width: max-content; min-width: 100%; }
.hit { background: color-mix(in srgb, var(--bad) 18%, transparent); }
mark { background: var(--bad); color: var(--back); }
#state { font-weight: 600; }
.tag { border: 1px solid var(--line); border-radius: 1rem; padding: 0 .5rem; font-size: .8em;
  color: var(--quiet); margin-left: .35rem; white-space: nowrap; }
.good { color: var(--good); } .bad { color: var(--bad); } .warn { color: var(--warn); }
"""

STYLE_HASH = b64encode(sha256(STYLE.encode()).digest()).decode()
"""The only source that the policy of the page allows."""
