"""Close the uploaded files of a request."""

from __future__ import annotations

from starlette.datastructures import FormData
from starlette.datastructures import UploadFile as StarletteUploadFile

from pronghorn.core.threads.hop import run_at_all_costs
from pronghorn.datastructures import UploadFile

#: The methods that do nothing but close the file.
_CLOSES = (StarletteUploadFile.close, UploadFile.close)


async def close_uploads(form: FormData) -> None:
    """Close the files of a form; a file on disk in a thread that waits for no token.

    Files of classes with a `close` of their own are closed by that.
    """
    for _, value in form.multi_items():
        if not isinstance(value, StarletteUploadFile):
            continue
        # A file in memory has no name, and closing it does not block.
        if type(value).close not in _CLOSES or getattr(value.file, "name", None) is None:
            await value.close()
        else:
            await run_at_all_costs(value.file.close)
