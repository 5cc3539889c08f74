# Generated from generator/templates/versions.tf by "python -m generator build"; do not edit.

# ddb_stream_lambda 2.0.0

terraform {
  required_version = ">= 1.9"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100, < 7.0, != 6.29.0"
    }
  }
}
