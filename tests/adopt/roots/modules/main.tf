# A pipeline of three modules, with addresses as in the modules of terraform-aws-modules

terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

provider "aws" {
  region = "eu-west-1"
}

module "table" {
  source = "./table"
}

module "lambda" {
  source = "./lambda"

  stream_arn  = module.table.stream_arn
  failure_arn = module.dead_letters.arn
}

module "dead_letters" {
  source = "./sqs"
}
