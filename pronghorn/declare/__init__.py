"""Declarations as data: the options of a route, their inheritance, and the HTTP methods."""
