"""Programs for developers of pronghorn. Standard library only, so that they run before anything is installed."""
