"""Adapters for servers: each passes the exchanges of one server to the compiled application."""
