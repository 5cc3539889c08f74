"""Releases: a version of the module in the forms in which others get it. They are rendered; ``module/`` is not read.

==============  ====================================================================
``builds``      the module as rendered for a provider, with its changelog and license
``publishing``  the archives of a version, with checksums
``bill``        their bill of materials
``provenance``  what they were made from
``signing``     signatures of the checksums
``verifying``   checks all of these
``repository``  the repository that a registry reads, with examples
``oci``         an image layout, for registries of OCI artifacts
``writing``     files of a released version, which never change
``cli``         the command
==============  ====================================================================
"""
