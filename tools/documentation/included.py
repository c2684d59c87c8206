"""The Markdown of the pages that the site makes from other files of the project."""

from __future__ import annotations

from pathlib import Path

from tools.documentation.nav import PROJECT, Page

LANGUAGES = {".py": "python", ".toml": "toml", ".html": "html"}


def markdown_of(page: Page) -> str:
    """Return the Markdown of a page.

    A Markdown file is shown as it is, and an example in several files is followed by its
    files. Any other file is shown as code.
    """
    if page.file.suffix != ".md":
        return f"# {page.title}\n\n{_introduction(page)}{_code(page.file)}"
    text = page.file.read_text(encoding="utf-8")
    if not page.source.startswith("examples/") or page.source == "examples/README.md":
        return text
    files = sorted(page.file.parent.rglob("*.py"), key=lambda file: (file.name != "main.py", file))
    shown = [file for file in files if file.name != "__init__.py"]
    parts = [f"### `{file.relative_to(PROJECT).as_posix()}`\n\n{_code(file)}" for file in shown]
    return "\n".join([text.rstrip(), "", "## Files", "", *parts])


def _introduction(page: Page) -> str:
    command = f"pronghorn run {page.source}"
    return (
        f"The file `{page.source}` of a checkout. Run it with:\n\n```console\n$ {command}\n```\n\n"
    )


def _code(file: Path) -> str:
    source = file.read_text(encoding="utf-8").rstrip()
    return f"````{LANGUAGES.get(file.suffix, 'text')}\n{source}\n````\n"
