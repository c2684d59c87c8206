"""Functions that are private in FastAPI, and that public programs import nevertheless.

The framework itself does not use them, neither for requests nor for the document. Each is a thin
view of plans and fields, with the signature that its callers expect. The modules from which
programs import them, such as `fastapi.openapi.utils`, look them up here on access; see
`pronghorn.interop.homes`.
"""
