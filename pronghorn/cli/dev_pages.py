"""The pages of `pronghorn dev` around the application; no other command loads this."""

from __future__ import annotations

import os
import sys
from typing import Any

from pronghorn.cli.errors import CommandError
from pronghorn.cli.importing import user_traceback
from pronghorn.cli.jobs_find import list_known
from pronghorn.devtools.access import Access, access_for
from pronghorn.devtools.broken import Trouble
from pronghorn.devtools.failures import describe_error
from pronghorn.devtools.jobs_page import JobsPage
from pronghorn.devtools.page import PAGE, DevPage, is_taken
from pronghorn.devtools.stand_in import StandIn, serve_trouble

__all__ = ["put_error_page", "put_pages"]


def put_pages(app: Any, host: str, *, reloads: bool) -> Any:
    """Return the application with the page at `/_pronghorn` around it.

    Args:
        app: The application.
        host: The address that the server listens on, which determines who may see the page.
        reloads: An edit restarts the process; then a lifespan that fails is shown as a page.
    """
    if is_taken(app):
        print(f"The program has routes of its own at {PAGE}: they take precedence", file=sys.stderr)
    access = _access(host)
    page = DevPage(app, access, _make_jobs_page())
    return StandIn(page, access, _print_error) if reloads else page


def _make_jobs_page() -> JobsPage | None:
    if not (every := list_known()):
        return None
    from pronghorn.cli.jobs_tab import make_jobs_page  # Few programs have jobs.

    return make_jobs_page(every)


def put_error_page(error: CommandError, host: str) -> Any:
    """Return the application that shows an error in place of the program that does not load."""
    # Only the program's own error has a traceback that says more than the message.
    failure = None if error.__cause__ is None else describe_error(error.__cause__)
    return serve_trouble(Trouble(error.message, error.hint, failure), _access(host))


def _access(host: str) -> Access:
    return access_for(host, os.environ.get("FASTAPI_PUBLIC_URL", ""))


def _print_error(error: BaseException) -> None:
    sys.stderr.write(user_traceback(error))
