"""The configuration of HAProxy: requests go to the containers whose `/ready` says 200."""

from __future__ import annotations

from pronghorn.deploy.target import Plan

__all__ = ["PROXY_PORT", "proxy_configuration"]

PROXY_PORT = 8080
"""The port of HAProxy in its container; it is not root, so it takes none below 1024."""

#: Containers of the old and of the new version together; more are not found.
_MOST_SERVERS = 20

_TEXT = """\
global
    log stdout format raw local0 notice

defaults
    mode http
    log global
    # A request that a container did not take, because it ends, goes to another one.
    option redispatch 1
    retries 3
    timeout connect 3s
    timeout http-request 30s
    timeout client 5m
    timeout server 5m
    timeout tunnel 1h

# Docker knows the addresses of all containers of a service.
resolvers docker
    nameserver docker 127.0.0.11:53
    accepted_payload_size 8192
    resolve_retries 3
    timeout resolve 1s
    timeout retry 1s
    hold valid 1s

frontend public
    bind :{port}
{forwarded}
    default_backend web

backend web
    option httpchk
    http-check send meth GET uri {ready} hdr Host localhost
    http-check expect status 200
    # One slow answer is no reason to leave a container, which may be the only one. A container that
    # ends says 503 at once, and accepts requests until the second check has seen that.
    timeout check 5s
    default-server check inter 1s fall 2 rise 1 resolvers docker resolve-prefer ipv4 init-addr none
    server-template web- {servers} web:{web_port}
"""

# What a client says of its address is not true, unless a proxy in front has said it.
_FIRST = """\
    http-request set-header X-Forwarded-For %[src]
    http-request set-header X-Forwarded-Proto http
    http-request del-header X-Forwarded-Host
    http-request del-header Forwarded"""
_BEHIND = "    option forwardfor if-none"


def proxy_configuration(plan: Plan) -> str:
    """Return the file of HAProxy."""
    return _TEXT.format(
        port=PROXY_PORT,
        forwarded=_BEHIND if plan.config.compose.behind_proxy else _FIRST,
        ready=plan.config.ready,
        servers=_MOST_SERVERS,
        web_port=plan.config.port,
    )
