"""Break what must survive: `python -m tests.durable --only J2`; see docs/durable.md.

Without `--short`, a campaign takes minutes. It needs Linux, and root for the namespaces.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
import traceback

from tests.durable import crons, kills, outages, stops  # noqa: F401 - they register campaigns
from tests.durable.hosts import NoHostsError, command_in, network
from tests.durable.registry import CAMPAIGNS, Campaign
from tests.durable.world import CampaignError, Pace, World, make_world
from tools.postgresql import MissingPostgreSQLError, prepare_programs

FAST, REAL = Pace(0.25, 2.0), Pace(5.0, 20.0)


def parse(arguments: list[str]) -> argparse.Namespace:
    """Return the options."""
    parser = argparse.ArgumentParser(prog="make durable", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=sorted(CAMPAIGNS), default=list(CAMPAIGNS))
    parser.add_argument("--short", action="store_true", help="seconds instead of minutes")
    parser.add_argument("--driver", choices=("asyncpg", "psycopg"), default="asyncpg")
    parser.add_argument("--seed", type=int, default=None, help="repeat the choices of a run")
    parser.add_argument("--inside", help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> int:
    """Make the hosts, and run the campaigns between them; return the exit status."""
    options = parse(arguments)
    if options.inside:
        return run_inside(options)
    prepare_programs()
    with network() as name:
        program = (sys.executable, "-m", "tests.durable", *arguments, "--inside", name)
        return subprocess.run(command_in(f"{name}-0", *program), check=False).returncode


def run_inside(options: argparse.Namespace) -> int:
    """Run the campaigns in the namespace of the database; return the exit status."""
    seed = int(time.time()) if options.seed is None else options.seed
    pace = FAST if options.short else REAL
    failures = 0
    with make_world(options.inside, options.driver, pace, seed) as world:
        for name in options.only:
            failures += not run_one(world, CAMPAIGNS[name], is_short=options.short)
    if failures:
        print(f"{failures} campaigns failed; --seed {seed} makes the same choices again")
    return int(failures > 0)


def run_one(world: World, campaign: Campaign, *, is_short: bool) -> bool:
    """Run a campaign, and print its line; return whether all holds."""
    start = time.monotonic()
    try:
        with world.episode(campaign.name):
            figures = campaign.run(world, is_short)
    except CampaignError as error:
        print(f"{campaign.name} FAILED  {campaign.title}: {error}", flush=True)
        return False
    except Exception:  # noqa: BLE001 - the other campaigns run nevertheless
        print(f"{campaign.name} FAILED  {campaign.title}:\n{traceback.format_exc()}", flush=True)
        return False
    print(f"{campaign.name} ok  {figures}  ({time.monotonic() - start:.0f} s)", flush=True)
    return True


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (NoHostsError, MissingPostgreSQLError) as error:
        sys.exit(str(error))
