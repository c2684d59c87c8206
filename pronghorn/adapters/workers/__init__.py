"""The supervisor of worker processes, of whatever server they run."""
