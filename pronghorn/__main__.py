"""Run the command line as `python -m pronghorn`, if its script is not on the `PATH`."""

from pronghorn.cli import main

if __name__ == "__main__":
    main()
