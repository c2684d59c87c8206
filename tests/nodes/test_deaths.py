"""Which nodes are dead, from what is known of all of them."""

from __future__ import annotations

import pytest

from pronghorn.nodes.deaths import find_dead, next_look
from pronghorn.nodes.rows import Seen

BEAT, DEAD_AFTER = 5_000, 20_000


@pytest.mark.parametrize(
    ("seen", "dead"),
    [
        ([Seen("me", 0, 60_000), Seen("it", 19_000, 60_000)], []),
        ([Seen("me", 0, 60_000), Seen("it", 21_000, 60_000)], ["it"]),
        # After an outage of the database everybody looks dead to the first that is back.
        ([Seen("me", 0, 0), Seen("it", 40_000, 90_000)], []),
        ([Seen("me", 0, 9_000), Seen("it", 40_000, 90_000)], []),
        # Others had the time of two beats to come back.
        ([Seen("me", 0, 10_000), Seen("it", 40_000, 90_000)], ["it"]),
        # A process that has just begun knows from others that the database was there.
        ([Seen("me", 0, 0), Seen("other", 3_000, 80_000), Seen("it", 21_000, 99_000)], ["it"]),
        # So it does from one that has died a moment ago, but not from a gap.
        ([Seen("me", 0, 0), Seen("a", 7_000, 9_000), Seen("b", 9_500, 30_000),
          Seen("it", 21_000, 99_000)], ["it"]),
        ([Seen("me", 0, 0), Seen("a", 8_000, 99_000), Seen("it", 21_000, 99_000)], []),
    ],
)  # fmt: skip
def test_who_is_dead(seen: list[Seen], dead: list[str]) -> None:
    assert find_dead(seen, DEAD_AFTER, BEAT) == dead


def test_a_silent_node_is_looked_at_when_it_would_be_dead() -> None:
    alive = [Seen("me", 0, 60_000), Seen("it", 4_000, 60_000)]
    assert next_look(alive, DEAD_AFTER, BEAT) == BEAT
    assert next_look([*alive, Seen("silent", 18_000, 60_000)], DEAD_AFTER, BEAT) == 2_050
    # Its work is left; it is looked at again soon, and not all the time.
    assert next_look([*alive, Seen("dead", 30_000, 60_000)], DEAD_AFTER, BEAT) == 500
