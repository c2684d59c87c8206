"""`make bench-service`: the shop as a production program, over a socket and with a database.

- `__main__.py` is the command, `bench.py` runs the rounds
- `contestants.py` lists the contestants, `environments.py` installs them
- `seed.py` fills the database, `databases.py` gives each contestant a copy of it
- `requests.py` says what is sent and compares what is answered
- `serving.py` starts a contestant on one core; `load.py` and `steady.py` send requests from another
- `report.py` prints the tables and writes the JSON; `goals.py` is `--check`
- `apps/` contains the programs
"""
