"""The command `pronghorn nodes`."""

from typing_extensions import Unpack

from pronghorn.cli.arguments import DatabaseOptions, JsonOption, reference_of
from pronghorn.core.typed_kwargs import expand_signature

__all__ = ["nodes"]


class NodesOptions(DatabaseOptions):
    """All options of `pronghorn nodes`."""

    as_json: JsonOption


@expand_signature(NodesOptions)
def nodes(**options: Unpack[NodesOptions]) -> None:
    """
    List the [bold]processes[/bold] of an app that share its database, and whether they live.

    Those are servers and workers, of all hosts. A process that was killed is listed until the
    others have taken over its work.

    Examples:

    - [cyan]pronghorn nodes[/cyan]
    - [cyan]pronghorn nodes shop/main.py --json[/cyan]
    """
    from pronghorn.cli.nodes import print_nodes

    print_nodes(reference_of(options), options["database"], as_json=options["as_json"])
