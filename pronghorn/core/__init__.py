"""What every other folder may use: setup errors, frozen records, revisions.

It needs Starlette and Pydantic alone.
"""
