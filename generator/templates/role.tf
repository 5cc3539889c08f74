locals {
  role_name = (
    var.existing_function != null
    ? try(var.existing_function.role_name, null)
    : var.existing_role != null ? try(var.existing_role.name, null) : one(aws_iam_role.this[*].name)
  )
  # Not known while the role is replaced, so that its policies are replaced with it
  role_id = (
    var.existing_function != null || var.existing_role != null
    ? local.role_name
    : one(aws_iam_role.this[*].id)
  )
  role_arn = var.existing_role != null ? try(var.existing_role.arn, null) : one(aws_iam_role.this[*].arn)

  pipeline_statements = concat(
    [
#% for statement in statements if not statement.when
      {
#%   if statement.comment
        # {{ statement.comment }}
#%   endif
#%   for line in statement.attributes() | aligned
        {{ line }}
#%   endfor
      },
#% endfor
    ],
#% for statement in statements if statement.when
    {{ statement.when.hcl }} ? [{
#%   if statement.comment
      # {{ statement.comment }}
#%   endif
#%   for line in statement.attributes() | aligned
      {{ line }}
#%   endfor
    }] : [],
#% endfor
  )

  role_statements = concat(
    local.pipeline_statements,
    [
      for id, statement in var.role_policy_statements : merge(
        {
          Sid      = id
          Effect   = coalesce(try(statement.effect, null), "Allow")
          Action   = statement.actions
          Resource = statement.resources
        },
        length(try(statement.conditions[*], [])) == 0 ? {} : {
          Condition = {
            for test in distinct(statement.conditions[*].test) :
            test => {
              for variable in distinct([for condition in statement.conditions : condition.variable if condition.test == test]) :
              variable => flatten([
                for condition in statement.conditions : condition.values if condition.test == test && condition.variable == variable
              ])
            }
          }
        },
      )
    ],
  )
}

resource "aws_iam_role" "this" {
  count = var.existing_function == null && var.existing_role == null ? 1 : 0

  name                  = coalesce(var.role_name, local.names.role)
  description           = var.role_description
  path                  = var.role_path
  permissions_boundary  = var.role_permissions_boundary_arn
  force_detach_policies = var.role_force_detach_policies
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect    = "Allow"
        Action    = "sts:AssumeRole"
        Principal = { Service = "lambda.amazonaws.com" }
      }
    ]
  })

  tags = var.tags
}

resource "aws_iam_role_policy" "this" {
  count = var.role_policy_enabled ? 1 : 0

  name = local.names.policy
  role = local.role_id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = local.role_statements
  })
}

# The pipeline's permissions again, changed after the function and the mapping, which thus keep an old permission until
# they no longer use it. The statements of the caller are in the other policy only: IAM limits the size of both together.
resource "aws_iam_role_policy" "transition" {
  count = var.role_policy_enabled ? 1 : 0

  name = local.names.transition
  role = local.role_id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = local.pipeline_statements
  })

  depends_on = [aws_lambda_function.this, aws_lambda_event_source_mapping.this]
}

resource "aws_iam_role_policy_attachment" "this" {
  for_each = var.role_managed_policy_arns

  role       = local.role_id
  policy_arn = each.value
}
