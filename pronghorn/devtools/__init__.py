"""The page that `pronghorn dev` serves at `/_pronghorn`; `run` does not load it.

- `page.py` wraps the application: it serves the page, and has every other request recorded
- `access.py` decides who may see it, `recorder.py` keeps the last requests
- `inventory.py` lists the routes, `explained.py` explains them; `pronghorn routes` and `pronghorn
  explain` print the same
- `report.py` joins routes, explanations and requests; `views.py` writes them as HTML with
  `markup.py` and `style.py`, or as JSON

It imports neither Typer nor Rich, so the process that serves need not load them.
"""
