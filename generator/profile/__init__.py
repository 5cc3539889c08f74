"""Profiles: an organisation's own variant of the module, described in TOML.

:mod:`document` reads what a profile says, :mod:`variants` makes of it and of the specification a variant,
:mod:`narrowing` changes single variables, :mod:`consequences` works out what follows for the others, and :mod:`prose`
takes out of descriptions and messages what is no longer there.
"""
