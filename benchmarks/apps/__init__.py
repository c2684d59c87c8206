"""The applications of the benchmark. They import `fastapi` and know of nothing else."""
