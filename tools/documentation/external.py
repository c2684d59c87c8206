"""Ask every external address that the pages link, and print those that are gone.

    python -m tools.documentation.external

`make docs-links` runs it. It needs a network, so nothing else does.
"""

from __future__ import annotations

import re
import sys
from concurrent.futures import ThreadPoolExecutor
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from tools.documentation.nav import FENCED, PROJECT, all_pages

ADDRESS = re.compile(r"https?://[^\s)>\"'`|]+[\w/]")
#: Addresses that documentation uses as examples (RFC 2606), and those of this machine.
EXAMPLES = re.compile(r"https?://[^/]*\b(?:example|localhost|127\.0\.0\.1|testserver)\b")
SECONDS = 20


def find_addresses() -> dict[str, str]:
    """Return each external address, with the file that links it first."""
    files = {page.file for page in all_pages()} | {PROJECT / "README.md"}
    found: dict[str, str] = {}
    for file in sorted(files):
        if file.suffix == ".md":
            for address in ADDRESS.findall(FENCED.sub("", file.read_text(encoding="utf-8"))):
                if not EXAMPLES.match(address):
                    found.setdefault(address, file.relative_to(PROJECT).as_posix())
    return found


def ask(address: str) -> str | None:
    """Return why an address is not there, or None."""
    request = Request(address, headers={"User-Agent": "pronghorn documentation"})
    try:
        with urlopen(request, timeout=SECONDS) as answer:
            answer.read(1)
    except HTTPError as error:
        error.close()
        # The server is there, and refuses programs or is busy.
        return None if error.code in {401, 403, 405, 429, 503} else f"{error.code} {error.reason}"
    except (URLError, OSError) as error:
        return str(error)
    return None


def main() -> int:
    """Print the addresses that are gone. Returns the exit status."""
    addresses = find_addresses()
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(ask, addresses))
    gone = [
        f"{addresses[address]}: {address}: {answer}"
        for address, answer in zip(addresses, answers, strict=True)
        if answer
    ]
    print("\n".join([*gone, f"{len(addresses)} addresses, {len(gone)} of them gone"]))
    return 1 if gone else 0


if __name__ == "__main__":
    sys.exit(main())
