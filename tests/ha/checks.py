"""What must hold after a fault, asked of the database and of the clients."""

from __future__ import annotations

from tests.durable.world import CampaignError
from tests.ha.buyers import Buyers
from tests.ha.fleet import Fleet

TWICE = "SELECT count(*) FROM (SELECT 1 FROM {table} GROUP BY {column} HAVING count(*) > 1) twice"


def check_orders(fleet: Fleet, buyers: Buyers) -> dict[str, int]:
    """Compare the orders that clients know with those that are stored.

    Returns:
        The figures: `orders`, `lost_requests` and `orders_twice`, which are 0.

    Raises:
        CampaignError: An order is lost, or is there twice.
    """
    stored = dict(fleet.sql("SELECT number, id FROM pronghorn_test_orders WHERE number > 0"))
    lost = [number for number, id_ in buyers.acknowledged.items() if stored.get(number) != id_]
    twice = fleet.one(TWICE.format(table="pronghorn_test_orders", column="number"))
    if lost or twice or buyers.unread:
        raise CampaignError(
            f"Of {len(buyers.acknowledged)} orders that were answered with 201, {len(lost)} are "
            f"lost, such as {lost[:5]}, {len(buyers.unread)} were not found afterwards, such as "
            f"{buyers.unread[:5]}; {twice} are there twice"
        )
    return {"orders": len(stored), "lost_requests": len(lost), "orders_twice": twice}


def check_jobs(fleet: Fleet) -> dict[str, int]:
    """Compare the orders with what their jobs have done, when no job is open any more.

    Returns:
        The figures: `jobs`, `jobs_moved` to another host, `jobs_begun_again`, and `lost_jobs` and
        `effects_twice`, which are 0.

    Raises:
        CampaignError: A job is lost, has not succeeded, or did its work twice.
    """
    orders = fleet.one("SELECT count(*) FROM pronghorn_test_orders")
    done = fleet.one("SELECT count(*) FROM pronghorn_jobs WHERE state = 'done'")
    without = fleet.one(
        "SELECT count(*) FROM pronghorn_test_orders o WHERE NOT EXISTS "
        "(SELECT 1 FROM pronghorn_test_shipments s WHERE s.order_id = o.id)"
    )
    effects = fleet.one(TWICE.format(table="pronghorn_test_shipments", column="order_id"))
    outcomes = fleet.one(TWICE.format(table="outcomes", column="job"))
    if orders != done or without or effects or outcomes:
        raise CampaignError(
            f"{orders} orders, {done} jobs are done; {without} orders have no effect, {effects} "
            f"have it twice, {outcomes} jobs have ended twice"
        )
    begun = fleet.one(TWICE.format(table="pronghorn_test_begins", column="order_id"))
    moved = fleet.one("SELECT coalesce(sum(rescues), 0) FROM pronghorn_jobs")
    return {
        "jobs": done,
        "jobs_moved": int(moved),
        "jobs_begun_again": begun,
        "lost_jobs": without,
        "effects_twice": effects,
    }


def check_errors(buyers: Buyers, in_flight: int, noticed: float) -> dict[str, int]:
    """Compare the errors of clients with the requests that a host had without an answer.

    Args:
        buyers: The clients.
        in_flight: The number of those requests, 0 if nothing may fail.
        noticed: When the proxy had noticed, by `time.monotonic()`.

    Raises:
        CampaignError: More have failed, or one that was sent later.
    """
    late = [error for error in buyers.errors if error[0] > noticed]
    if late:
        raise CampaignError(
            f"{len(late)} requests failed that were sent after the proxy had noticed, the first "
            f"{late[0][0] - noticed:.1f} s after it: {late[:3]}"
        )
    if len(buyers.errors) > in_flight:
        raise CampaignError(
            f"{len(buyers.errors)} requests failed, and only {in_flight} were under way: "
            f"{buyers.describe_errors()}; the first: {buyers.errors[:3]}"
        )
    return {"errors": len(buyers.errors), "in_flight": in_flight}
