"""Planning: turn declared routes into immutable plans.

This folder contains pure functions only: they do no I/O, are not async, do not see a request, and
do not import `run`.
"""
