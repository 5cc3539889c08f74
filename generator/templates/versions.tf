# ddb_stream_lambda {{ module.version }}

terraform {
  required_version = "{{ module.terraform }}"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "{{ module.provider_constraints[provider] }}"
    }
  }
}
