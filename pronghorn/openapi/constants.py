"""Fixed words of the documents that pronghorn writes."""

from __future__ import annotations

from pronghorn.core.reexports import find_elsewhere

#: Methods whose request body is documented (RFC 9110 gives no meaning to one elsewhere).
METHODS_WITH_BODY = {"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH"}
#: Where a schema of the document lives, as the start of a JSON pointer.
REF_PREFIX = "#/components/schemas/"
#: The same as a template, in the form that Pydantic needs.
REF_TEMPLATE = "#/components/schemas/{model}"


find_elsewhere(__name__)
