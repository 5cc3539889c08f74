"""Partial evaluation of HCL: works out what some known values decide, and removes what then has no purpose.

A variant of the module is the whole module with some variables fixed. :mod:`expressions` parses expressions,
:mod:`evaluator` evaluates them partially with :mod:`operators`, :mod:`functions` and :mod:`values`, and :mod:`printer`
writes the result. :mod:`document` reads and writes files, and :mod:`simplifier` evaluates the files of a module. Text
that no known value concerns stays as it is.
"""
