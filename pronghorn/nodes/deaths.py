"""Decides which nodes are dead.

A node that did not beat for long is dead only if others could beat meanwhile: after an outage of
the database all nodes look dead to the first that is back, and all are alive.
"""

from __future__ import annotations

from collections.abc import Sequence

from pronghorn.nodes.rows import Seen


def find_dead(seen: Sequence[Seen], dead_after: int, beat: int) -> list[str]:
    """Return the ids of the dead nodes.

    Args:
        seen: What is known of all nodes.
        dead_after: The milliseconds without a beat after which a node is dead.
        beat: The milliseconds between two beats.
    """
    if not _had_chance(seen, beat):
        return []
    return [node.id for node in seen if node.age > dead_after]


def _had_chance(seen: Sequence[Seen], beat: int) -> bool:
    """Return whether somebody beat all the time of the last two beats, so that all others could."""
    needed = 2 * beat
    # The time back to which the beats of the nodes seen so far leave no gap.
    reached = 0
    for node in sorted(seen, key=lambda node: node.age):
        if node.age - beat * 3 // 2 > reached:
            break
        reached = max(reached, node.span)
    return reached >= needed


def next_look(seen: Sequence[Seen], dead_after: int, beat: int) -> int:
    """Return the milliseconds until this process has to look for dead nodes again.

    It is the time to its own next beat, or less if a node that is silent would be dead before.
    """
    silent = [dead_after - node.age for node in seen if node.age > beat]
    return max(beat // 10, min([beat, *(left + 50 for left in silent)]))
