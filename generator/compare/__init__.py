"""Compares two versions of a Terraform module: effects on its callers and on their deployed resources.

:mod:`reading` finds the versions and reads their HCL, :mod:`terms` brings expressions into one form, :mod:`scenarios`
evaluates both versions with the inputs of callers, and :mod:`rules` reports the differences.
"""
