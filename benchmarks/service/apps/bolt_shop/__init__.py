"""The Django application with the shop's models."""
