"""The protocol class of `pronghorn run`, and what is put right under plain uvicorn."""
