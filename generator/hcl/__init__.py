"""HCL with some of its values known: what is decided is worked out, and what it leaves without a purpose is taken away.

A variant of the module is the whole module with some variables fixed. :mod:`expressions` reads one expression,
:mod:`folding` works out what the known values decide of it, :mod:`functions` are Terraform's functions as far as the
module calls them, and :mod:`files` does the same for whole files: resources that are never created, blocks that are
never written, arguments that are ``null``, locals that nothing refers to. Text that nothing touches stays as it was.
"""
