"""The WebSockets of `pronghorn run` on uvicorn."""
