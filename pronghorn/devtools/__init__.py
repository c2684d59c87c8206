"""The pages of `pronghorn dev`: `/_pronghorn`, and the error of a program that does not start.

`run` does not load them.

- `page.py` wraps the application: it serves the page, and has every other request recorded
- `stand_in.py` answers in its place if it does not start: `broken.py` is that answer
- `access.py` decides who may see them, `recorder.py` keeps the last requests and exceptions
- `inventory.py` lists the routes, `explained.py` explains them; `pronghorn routes` and `pronghorn
  explain` print the same
- `jobs_page.py` is the page of the jobs, of which the command line tells it in words
- `tracebacks.py` tells the frames of the program from others; `failures.py` describes an exception
  with `excerpts.py` of the source, and `failure_views.py` shows it
- `report.py` joins routes, explanations and requests; `views.py` and `tables.py` write them as
  HTML with `markup.py`, `answers.py`, `style.py` and `scripts.py`, `data.py` as JSON;
  `documentation.py` finds what documents a route

It imports neither Typer nor Rich, so the process that serves need not load them.
"""
