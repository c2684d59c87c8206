"""C5: servers are killed while clients are present; `python -m tests.durable.c5`.

Within 30 seconds none of their clients is present any more, and each has left once.
"""

from __future__ import annotations

import argparse
import sys
import time
from contextlib import ExitStack

import httpx
from websockets.exceptions import ConnectionClosed

from tests.channels.servers import join, serve
from tests.contract.servers import Server as WebServer
from tools.postgresql import Server, prepare_programs

#: The seconds after which nothing of a killed server may be seen.
LIMIT = 30.0


def run(url: str, *, rounds: int, clients: int) -> str:
    """Kill a server in each round; return how long it was seen, or raise if something is wrong.

    Args:
        url: The database.
        rounds: How many servers are killed.
        clients: The number of clients of each server.
    """
    longest = 0.0
    with serve(url) as one, serve(url) as two, ExitStack() as stack:
        for server, user in ((one, "anna"), (two, "bert")):
            stack.enter_context(join(server, f"/rooms/7?user={user}"))
        for number in range(rounds):
            longest = max(longest, kill_one(url, one, f"user{number}", clients))
            for server in (one, two):
                if list_users(server) != ["anna", "bert"]:
                    raise SystemExit(f"C5 failed: {list_users(server)} are present")
    return f"{rounds} servers killed, {clients} clients each, gone after {longest:.1f} s at most"


def list_users(server: WebServer) -> list[str]:
    """Return the users that are present."""
    users: list[str] = httpx.get(f"{server.url}/rooms/7/present", timeout=60).json()
    return sorted(users)


def kill_one(url: str, witness: WebServer, user: str, clients: int) -> float:
    """Kill a server with clients; return the seconds until all of them have left."""
    with serve(url) as server, ExitStack() as stack:
        for _ in range(clients):
            client = join(server, f"/rooms/7?user={user}")
            stack.push(lambda kind, *_: kind is not None and issubclass(kind, ConnectionClosed))
            stack.enter_context(client)
        if list_users(witness).count(user) != clients:
            raise SystemExit("C5 failed: somebody is missing")
        server.process.kill()
        begin = time.monotonic()
        while (left := count_left(witness, user)) < clients or user in list_users(witness):
            if time.monotonic() > begin + LIMIT:
                raise SystemExit(f"C5 failed: {left} of {clients} have left after {LIMIT:.0f} s")
            time.sleep(0.2)
        seconds = time.monotonic() - begin
        time.sleep(1)
        if count_left(witness, user) != clients:
            raise SystemExit(f"C5 failed: {count_left(witness, user)} have left, not {clients}")
    return seconds


def count_left(server: WebServer, user: str) -> int:
    """Return how many clients of a user have left."""
    changes: list[str] = httpx.get(f"{server.url}/rooms/7/changes", timeout=60).json()
    return changes.count(f"leave {user}")


def main(arguments: list[str] | None = None) -> None:
    """Run the campaign, and print what was seen."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--clients", type=int, default=20)
    options = vars(parser.parse_args(arguments))
    prepare_programs()
    with Server() as server:
        print("C5 ok", run(server.url("postgres", "asyncpg"), **options), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
