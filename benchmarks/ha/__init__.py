"""`make ha`: the tables of its figures, the sums for many hosts, and the drawing.

`tests/ha` measures, and writes `benchmarks/results/ha.json`.

- `report.py`: the tables of docs/deploy.md.
- `hundred.py`: what the figures mean for other numbers of hosts.
- `drawing.py`: docs/deploy/hosts.svg.
"""
