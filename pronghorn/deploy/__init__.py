"""`pronghorn deploy`: check a program, write the files of a target, hand over, and wait.

- `config.py` reads `[tool.pronghorn.deploy]`, and `plan.py` makes a `Plan` from it
- `checks.py` finds what is wrong before anything is touched; `extras.py` what an image may lack
- `target.py` says what a target can do; `compose`, `kubernetes`, `kamal` and `platforms` are those
- `written.py` writes files that people may read, commit and change
- `tool.py` runs the programs of others, and is the only module that does
- `flow.py` puts the steps together, and `interrupts.py` ends them early
- `command.py` is the command

This package stands on `pronghorn.cli`, and nothing of the framework imports it.
"""
