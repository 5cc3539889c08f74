"""Writes the Terraform module ``ddb_stream_lambda`` from a typed specification."""

__version__ = "2.0.0"
