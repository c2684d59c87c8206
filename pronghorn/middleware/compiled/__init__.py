"""Layers of middleware that are compiled into the pipeline.

`layer.py` has the protocol, each module beside it one middleware, and `build.py` puts them together
with the layers that stay as they are.
"""
