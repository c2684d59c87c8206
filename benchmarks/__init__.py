"""Time one program on FastAPI and on pronghorn, in process. See README.md in this folder."""
