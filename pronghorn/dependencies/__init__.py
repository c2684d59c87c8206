"""The dependency graph under the import paths that FastAPI programs know."""
