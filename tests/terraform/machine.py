"""Machines on which nothing is installed, and programs and mirrors to put on them."""

from pathlib import Path


def program(
    directory: Path, name: str = "terraform", version: str = "1.11.4", script: str = "", product: str = "Terraform"
) -> Path:
    """Write a program that answers `version`, and anything else by the given script."""
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / name
    answer = rf"printf '{product} v{version}\non linux_amd64\n'"
    path.write_text(f'#!/bin/sh\nif [ "$1" = version ]; then {answer}; exit 0; fi\n{script}\n')
    path.chmod(0o755)
    return path


def mirror(directory: Path, version: str = "5.100.0", host: str = "registry.terraform.io") -> Path:
    (directory / host / "hashicorp/aws" / version / "linux_amd64").mkdir(parents=True)
    return directory


CONFIGURATION = 'terraform {\n  required_providers {\n    aws = { source = "hashicorp/aws" }\n  }\n}\n'
