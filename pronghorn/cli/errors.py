"""What a command says when it gives up, and the exit code that it gives."""

from __future__ import annotations

__all__ = ["FAILURE", "USAGE", "CommandError"]

FAILURE = 1
"""Exit code: the command was understood and could not be done."""

USAGE = 2
"""Exit code: the command line itself is wrong, as for unknown options."""


class CommandError(Exception):
    """Ends a command with a message for the user instead of a traceback.

    Args:
        message: What is wrong, in one line.
        hint: What to do about it; may have several lines.
        detail: Text to print above the message, such as the user's own traceback.
        exit_code: `FAILURE` or `USAGE`.
    """

    def __init__(
        self, message: str, hint: str = "", *, detail: str = "", exit_code: int = FAILURE
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.detail = detail
        self.exit_code = exit_code

    def print(self) -> None:
        """Write detail, message and hint to standard error, in colour where it is a terminal."""
        from rich.console import Console

        console = Console(stderr=True, highlight=False, soft_wrap=True)
        if self.detail:
            console.print(self.detail.rstrip(), markup=False)
            console.print()
        console.print("Error: ", style="bold red", end="")
        console.print(self.message, markup=False)
        for line in self.hint.splitlines():
            console.print("  " + line, markup=False)
