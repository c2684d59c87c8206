"""A fast framework for HTTP APIs, source-compatible with FastAPI.

General layout, from the bottom up; a module imports only from layers above it in this list:

- vocabulary: ``exceptions diagnostics fields datastructures types encoders responses requests
  websockets background concurrency sse`` - nouns, on Starlette and Pydantic only
- declare: ``options params param_functions`` - what the user wrote, recorded as data
- plan: ``plan/`` - a route and its inclusions become frozen facts; pure functions
- run: ``run/`` - the small primitives that handlers call; knows no plan
- compile: ``compile/`` - a plan becomes one specialised handler; the only place to know both
- views: ``openapi/`` reads plans, ``adapters/`` call compiled applications
- surface: ``verbs routing applications dependencies middleware testclient as_fastapi`` ...
- batteries and tools: ``security/ telemetry/`` ..., ``cli/ testing/``
"""
