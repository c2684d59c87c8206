"""Running: the small primitives that compiled handlers call.

Rule of this folder: no planning and no inspection; what is here runs during a request.
"""
