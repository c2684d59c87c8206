"""The functions that MkDocs calls while it builds the site; `mkdocs.yml` names this file.

The menu comes from `docs/nav.toml`, files outside of `docs` become pages, links to them lead
there, and the site gets its scripts, `llms.txt` and the Markdown of each page.
"""

from __future__ import annotations

import logging
import os
import re
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page as SitePage

from tools.documentation import llms
from tools.documentation.assets import (
    DIAGRAMS,
    OFFLINE_SEARCH,
    SCRIPTS,
    NotAvailableError,
    fetch,
    is_kept,
    licence_of,
)
from tools.documentation.directives import nest
from tools.documentation.included import markdown_of
from tools.documentation.links import places, rewrite
from tools.documentation.nav import HOME, PROJECT, Section, all_pages, read_sections

log = logging.getLogger("mkdocs.hooks.documentation")
KEPT = PROJECT / "build" / "site-scripts"
VENDOR = "assets/vendor"
#: A server that Material's own script would ask, if a page did not have the script already.
FOREIGN = re.compile(r"https://unpkg\.com/[\w@./-]+")
DIAGRAM = '<pre class="mermaid">'


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Write the menu, and take away the menu of versions where there is only one."""
    config.nav = [{"Home": HOME}, *map(_menu_of, read_sections())]
    if "MIKE_DOCS_VERSION" not in os.environ:
        config.extra.pop("version", None)
    return config


def _menu_of(section: Section) -> dict[str, list[Any]]:
    items: list[Any] = []
    for group in section.groups:
        pages = [{page.title.replace("`", ""): page.place} for page in group.pages]
        items += [{group.title: pages}] if group.title else pages
    return {section.title: items}


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages of the included files, and the scripts."""
    for page in all_pages():
        if page.source != f"docs/{page.place}":
            files.append(File.generated(config, page.place, content=markdown_of(page)))
    for script in SCRIPTS:
        try:
            found = fetch(script, KEPT)
        except NotAvailableError as error:
            log.info("NOT COMPLETE: %s", error)
            continue
        for file in (found, licence_of(found)):
            place = f"{VENDOR}/{file.name}"
            files.append(File.generated(config, place, abs_src_path=str(file)))
    if f"{VENDOR}/{OFFLINE_SEARCH.name}" not in files.src_uris:
        config.extra["polyfills"] = []
    return files


def on_page_markdown(markdown: str, page: SitePage, config: MkDocsConfig, files: Files) -> str:
    """Let the links of a page lead to pages of the site."""
    known = places()
    sources = {place: source for source, place in known.items()}
    source = sources.get(page.file.src_uri)
    if source is None:
        return markdown
    text, missing = rewrite(source, markdown, known)
    for target in missing:
        log.warning("%s links %s, which the site does not have", source, target)
    return nest(text)


def on_post_page(output: str, page: SitePage, config: MkDocsConfig) -> str:
    """Add the script of diagrams to the pages that have one."""
    if DIAGRAM not in output or not is_kept(DIAGRAMS, KEPT):
        return output
    here = os.path.relpath(f"{VENDOR}/{DIAGRAMS.name}", os.path.dirname(page.file.dest_uri))
    before, body, after = output.rpartition("</body>")
    # Material's own script looks for it, so it has to come first.
    first = before.find("<script", before.find("<body"))
    return f'{before[:first]}<script src="{here}"></script>{before[first:]}{body}{after}'


def on_post_build(config: MkDocsConfig) -> None:
    """Write llms.txt and the Markdown of each page, and remove foreign addresses from scripts."""
    site = Path(config.site_dir)
    for bundle in site.glob("assets/javascripts/*.js"):
        source = bundle.read_text(encoding="utf-8")
        if FOREIGN.search(source):
            bundle.write_text(FOREIGN.sub("data:,", source), encoding="utf-8")
    llms.write(site)
