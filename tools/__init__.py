"""Programs for developers of pronghorn, on the standard library: they run before any install."""
