"""The scoreboard of `make harden`: what servers do with hostile clients."""
