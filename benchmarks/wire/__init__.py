"""`make bench-wire`: the same two endpoints on servers and frameworks, over a socket.

- `__main__.py` is the command
- `contenders.py` lists the contenders, `environments.py` installs them
- `serving.py` starts one of them on one core, `load.py` sends requests from another
- `report.py` computes the ratios, prints the table and writes the JSON
- `apps/` contains one program for each framework
"""
