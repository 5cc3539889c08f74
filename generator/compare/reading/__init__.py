"""Finds the versions of a module and reads their HCL."""
