"""The one place that calls Terraform.

==============  ====================================================================
``program``     finds Terraform or OpenTofu, and runs one command through python-terraform
``supervisor``  runs a program that ends with the process that started it
``provider``    the environment variables with which Terraform finds the AWS provider
``command``     the commands of Terraform in one working directory
``workspace``   copies of root modules that can be planned or applied without an AWS account
==============  ====================================================================

Tests that start Terraform themselves take the same :func:`binary` and :func:`environment`.
"""

from generator.terraform.command import Terraform
from generator.terraform.program import BINARY_VARIABLE, OLDEST, about, binary, launcher
from generator.terraform.provider import MIRROR_VARIABLE, environment
from generator.terraform.workspace import local, offline, overlay

__all__ = [
    "BINARY_VARIABLE",
    "MIRROR_VARIABLE",
    "OLDEST",
    "Terraform",
    "about",
    "binary",
    "environment",
    "launcher",
    "local",
    "offline",
    "overlay",
]
