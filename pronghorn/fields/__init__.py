"""One typed value: its annotation, its names on the wire, its validator and its serialisation."""
