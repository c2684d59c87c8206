"""The documentation: its order (`docs/nav.toml`), the tables of its index, its site, its llms.txt.

`make docs` builds the site with MkDocs, which calls `hooks`. Every other module works without
MkDocs, so the tests can ask it in the environment of the tests.
"""
