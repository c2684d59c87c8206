"""Sending a response in parts: encoding items, pacing, closing generators."""
