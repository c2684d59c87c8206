"""Writes the stub files that editors and type checkers read instead of the modules.

    make stubs

The options of routes, routers, applications and parameters are written once, as typed dictionaries
that many callables unpack. An editor shows such a callable as `get(path, **options)`. So a stub
beside the module spells out each parameter: its type, its default and its documentation, both as
`Doc` (PEP 727) in its annotation and as an entry under `Args:` of the docstring, because some
editors read the one and some the other.

    content.py    which classes and functions each stub contains, and types of higher layers
    sources.py    the modules as syntax trees, and the homes of the names in them
    options.py    the options with their types, defaults and documentation
    docstrings.py the entries of a docstring
    render.py     the text of functions and classes
"""
