"""Variants of the module, described by profiles in TOML.

:mod:`document` reads profiles, :mod:`variants` builds a variant from a profile and the specification,
:mod:`constraints` constrains single variables, and :mod:`validation_resolver` works out what is left of validations.
"""
