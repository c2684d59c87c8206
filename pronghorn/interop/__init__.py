"""Functions that public programs import from FastAPI's private parts.

None of them takes part in answering a request or in writing the document: each is a thin view of
plans and fields, with the signature that its callers know. The modules that FastAPI programs
import from, such as `fastapi.openapi.utils`, find them here when somebody asks; see
`pronghorn.interop.homes`.
"""
