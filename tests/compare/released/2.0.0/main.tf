# Generated from generator/templates/main.tf by "python -m generator build"; do not edit.

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  region     = data.aws_region.current.id
  partition  = data.aws_partition.current.partition
  dns_suffix = data.aws_partition.current.dns_suffix

  # Derived names, cut to what each service allows; a cut name ends in a hash of the whole.
  # Roles are global, so theirs holds the Region.
  names = {
    for kind, wanted in {
      function   = { name = var.name, limit = 64 }
      queue      = { name = "${var.name}-dlq", limit = 80 }
      role       = { name = "${var.name}-${terraform_data.region.input}", limit = 64 }
      policy     = { name = "${var.name}-stream", limit = 128 }
      transition = { name = "${var.name}-stream-transition", limit = 128 }
      alarm      = { name = var.name, limit = 200 }
    } :
    kind => (
      length(wanted.name) <= wanted.limit
      ? wanted.name
      : "${substr(wanted.name, 0, wanted.limit - 9)}-${substr(sha256(wanted.name), 0, 8)}"
    )
  }
}

# Region when the pipeline was created. With depends_on on the module, Terraform reads the data sources late, and a name
# of which the plan does not know the Region would replace the role (provider #42322).
resource "terraform_data" "region" {
  input = local.region

  lifecycle {
    ignore_changes = [input]
  }
}
