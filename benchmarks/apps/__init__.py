"""The applications of the benchmark. They import only `fastapi`."""
