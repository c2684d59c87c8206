"""One process that imports `FastAPI` from a framework and measures it; for `benchmarks.growth`.

    python -m benchmarks.imported pronghorn

It imports nothing else before, because modules that are loaded already would not count.
"""

import sys
import time


def main(framework: str, _: str) -> None:
    """Import the application class of one framework and print the milliseconds as a JSON object."""
    wall, processor = time.perf_counter(), time.process_time()
    __import__(framework, fromlist=["FastAPI"]).FastAPI  # noqa: B018 - the access imports it
    processor, wall = time.process_time() - processor, time.perf_counter() - wall
    print(f'{{"cpu_milliseconds": {processor * 1000}, "wall_milliseconds": {wall * 1000}}}')


if __name__ == "__main__":
    main(*sys.argv[1:])
