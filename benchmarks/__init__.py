"""The same program on FastAPI and on pronghorn, timed in process. See README.md in this folder."""
