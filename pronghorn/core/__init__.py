"""The lowest layer, which every other folder may import: setup errors, frozen records, revisions.

It depends on Starlette and Pydantic only.
"""
