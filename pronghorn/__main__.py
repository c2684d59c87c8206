"""`python -m pronghorn`: the command line, for where its script is not on the `PATH`."""

from pronghorn.cli import main

if __name__ == "__main__":
    main()
