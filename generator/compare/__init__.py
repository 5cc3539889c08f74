"""Compares two versions of a Terraform module: what a change does to its callers and to what they have deployed.

:mod:`sources` finds the two versions, :mod:`reading` turns their HCL into a description, :mod:`expressions` brings
expressions into one form, and :mod:`interface`, :mod:`resources` and :mod:`permissions` hold the rules. It works on any
folder of HCL.
"""

from generator.compare import report
from generator.compare.comparing import compare
from generator.compare.findings import BUMPS, Finding, largest

__all__ = ["BUMPS", "Finding", "compare", "largest", "report"]
