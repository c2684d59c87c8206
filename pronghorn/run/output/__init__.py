"""Sending a response that is complete."""
