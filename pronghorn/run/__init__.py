"""Running: the small primitives that compiled handlers call.

Rule of this folder: its code runs during a request, so it neither plans nor inspects anything.
"""
