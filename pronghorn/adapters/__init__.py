"""Servers: each adapter gives the compiled application an exchange made by one server."""
