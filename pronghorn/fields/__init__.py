"""Typed values: annotations, names on the wire, validators and serialisation."""
