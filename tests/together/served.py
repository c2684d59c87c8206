"""The program for real servers, on the database of the environment."""

import os

from tests.together.program import Program

program = Program(os.environ["DATABASE_URL"])
app = program.make_app()
