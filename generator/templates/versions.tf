# {{ module.name }} {{ module.version }}

terraform {
  required_version = "{{ required_version | default(module.terraform) }}"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "{{ variant.provider_constraint }}"
    }
  }
#% if variant.user_agent

  provider_meta "aws" {
    user_agent = {{ variant.user_agent | literal }}
  }
#% endif
}
