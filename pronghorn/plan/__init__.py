"""Planning: declared routes become frozen facts.

Rule of this folder: pure functions. No I/O, no async, no request, and nothing of `run`.
"""
