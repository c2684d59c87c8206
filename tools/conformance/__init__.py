"""The judge: FastAPI's own test suite, run on pronghorn.

The suite comes from FastAPI's source distribution on PyPI and is unpacked into `.conformance/`,
without FastAPI's package. Nothing of it is committed but the names of tests.

- `suite.py` fetches the suite, makes its environment and runs it.
- `outcomes.py` reads the JUnit XML. Pure functions.
- `gaps.py` reads the list of tests that do not pass on purpose, and compares a run with it.
- `report.py` says it in words.
- `__main__.py` is the command.
"""
