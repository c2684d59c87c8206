"""The error that names everything that is wrong with the settings of a program."""

from __future__ import annotations

from collections.abc import Sequence

from pronghorn.core.setup_errors import EnvironmentMistake, setup_error

#: Programs import the class from here.
PUBLIC_MODULE = "pronghorn.settings"


class SettingsError(EnvironmentMistake):
    """The environment lacks a setting, or has one that cannot be used.

    Attributes:
        problems: One sentence for each problem. No sentence contains a value.
    """

    __module__ = PUBLIC_MODULE

    problems: tuple[str, ...] = ()


def settings_error(name: str, problems: Sequence[str], looked: Sequence[str]) -> SettingsError:
    """Compose the error about a settings class.

    Args:
        name: The name of the class.
        problems: The sentences.
        looked: The places that were read, in order of precedence.
    """
    count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
    lines = [f"{name} has {count}:", *(f"- {problem}" for problem in problems)]
    if looked:
        lines.append(f"Looked in: {', '.join(looked)}")
    error = setup_error("\n  ".join(lines), kind=SettingsError)
    error.problems = tuple(problems)
    return error
