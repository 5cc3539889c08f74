"""Expressions in one form: terms, and the rules that simplify them."""
