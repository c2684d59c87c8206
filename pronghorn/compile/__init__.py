"""Compile a plan into one specialised handler. Only this folder imports both `plan` and `run`."""
