"""The page that `pronghorn dev` serves at `/_pronghorn`; nothing of it is loaded by `run`.

- `page.py` stands around the application: it answers the page, and has everything else recorded
- `access.py` decides who may see it, `recorder.py` keeps the last requests
- `inventory.py` lists the routes, `explained.py` explains them; `pronghorn routes` and
  `pronghorn explain` print the same
- `report.py` joins routes, explanations and requests; `views.py` writes them as HTML with
  `markup.py` and `style.py`, or as JSON

It imports neither Typer nor Rich, so the process that serves need not load them.
"""
