"""The protocol class of `pronghorn run`, and the faster responses under plain uvicorn."""
