"""Break what must survive: `python -m tests.durable --only J2`.

Without `--short`, a campaign takes minutes. Those on hosts need Linux, and root for the namespaces.
The others are modules of their own, such as `tests.durable.l1`; their short forms are tests
elsewhere.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
import traceback
from pathlib import Path

from tests.durable import crons, kills, outages, stops  # noqa: F401 - they register campaigns
from tests.durable.hosts import NoHostsError, end_with_parent, run_between_hosts
from tests.durable.registry import CAMPAIGNS, Campaign
from tests.durable.world import CampaignError, Pace, World, make_world
from tools.postgresql import MissingPostgreSQLError, prepare_programs

#: Campaigns that are programs with options of their own: `python -m tests.durable.l1 --help`.
PROGRAMS = sorted(path.stem.upper() for path in Path(__file__).parent.glob("[cjl][0-9].py"))
FAST, REAL = Pace(0.25, 2.0), Pace(5.0, 20.0)


def parse(arguments: list[str]) -> argparse.Namespace:
    """Return the options."""
    parser = argparse.ArgumentParser(prog="make durable", description=__doc__)
    names = [*CAMPAIGNS, *PROGRAMS]
    parser.add_argument("--only", nargs="+", choices=names, default=names)
    parser.add_argument("--short", action="store_true", help="seconds instead of minutes")
    parser.add_argument("--driver", choices=("asyncpg", "psycopg"), default="asyncpg")
    parser.add_argument("--seed", type=int, default=None, help="repeat the choices of a run")
    parser.add_argument("--inside", help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> int:
    """Run the campaigns; return the exit status."""
    options = parse(arguments)
    if options.inside:
        return run_inside(options)
    prepare_programs()
    failed = (
        0 if options.short else run_programs([name for name in options.only if name in PROGRAMS])
    )
    if any(name in CAMPAIGNS for name in options.only):
        failed += run_between_hosts("tests.durable", arguments)
    return int(failed > 0)


def run_programs(names: list[str]) -> int:
    """Run campaigns that are programs; return how many have failed."""
    failed = 0
    for name in names:
        print(f"{name}:", flush=True)
        program = [sys.executable, "-m", f"tests.durable.{name.lower()}"]
        failed += subprocess.run(program, check=False).returncode != 0
    return failed


def run_inside(options: argparse.Namespace) -> int:
    """Run the campaigns in the namespace of the database; return the exit status."""
    end_with_parent()
    seed = int(time.time()) if options.seed is None else options.seed
    pace = FAST if options.short else REAL
    failures = 0
    with make_world(options.inside, options.driver, pace, seed) as world:
        for name in [each for each in options.only if each in CAMPAIGNS]:
            failures += not run_one(world, CAMPAIGNS[name], is_short=options.short)
        world.has_failed = failures > 0
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
