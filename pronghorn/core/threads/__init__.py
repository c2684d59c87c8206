"""Calls of ordinary functions in worker threads, from coroutines."""
