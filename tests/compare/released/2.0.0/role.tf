# Generated from generator/templates/role.tf by "python -m generator build"; do not edit.

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
      {
        Sid      = "ReadStream"
        Effect   = "Allow"
        Action   = ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"]
        Resource = [local.stream_arn]
      },
      {
        # ListStreams has no resource-level permissions
        Sid      = "ListStreams"
        Effect   = "Allow"
        Action   = ["dynamodb:ListStreams"]
        Resource = ["*"]
      },
    ],
    local.table_kms_key_arn != null ? [{
      Sid       = "DecryptStream"
      Effect    = "Allow"
      Action    = ["kms:Decrypt"]
      Resource  = [local.table_kms_key_arn]
      Condition = { StringEquals = { "kms:ViaService" = "dynamodb.${local.region}.${local.dns_suffix}" } }
    }] : [],
    var.event_source_filter_kms_key_arn != null ? [{
      Sid       = "DecryptFilterPatterns"
      Effect    = "Allow"
      Action    = ["kms:Decrypt"]
      Resource  = [var.event_source_filter_kms_key_arn]
      Condition = { StringEquals = { "kms:ViaService" = "lambda.${local.region}.${local.dns_suffix}" } }
    }] : [],
    local.on_failure_type == "sqs" ? [{
      Sid      = "SendFailuresToQueue"
      Effect   = "Allow"
      Action   = ["sqs:SendMessage"]
      Resource = [local.on_failure_arn]
    }] : [],
    local.on_failure_type == "sns" ? [{
      Sid      = "PublishFailuresToTopic"
      Effect   = "Allow"
      Action   = ["sns:Publish"]
      Resource = [local.on_failure_arn]
    }] : [],
    local.on_failure_type == "s3" ? [{
      Sid      = "PutFailuresIntoBucket"
      Effect   = "Allow"
      Action   = ["s3:PutObject"]
      Resource = ["${local.on_failure_arn}/*"]
    }] : [],
    local.on_failure_type == "s3" ? [{
      Sid      = "ListBucketOfFailures"
      Effect   = "Allow"
      Action   = ["s3:ListBucket"]
      Resource = [local.on_failure_arn]
    }] : [],
    local.on_failure_kms_key_arn != null ? [{
      Sid      = "EncryptFailures"
      Effect   = "Allow"
      Action   = ["kms:GenerateDataKey", "kms:Decrypt"]
      Resource = [local.on_failure_kms_key_arn]
    }] : [],
    var.existing_function == null ? [{
      Sid      = "WriteLog"
      Effect   = "Allow"
      Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
      Resource = ["${local.log_group_arn}:*"]
    }] : [],
    var.existing_function == null && var.function_tracing_mode != "Disabled" ? [{
      # X-Ray has no resource-level permissions for these actions
      Sid      = "WriteTraces"
      Effect   = "Allow"
      Action   = ["xray:PutTraceSegments", "xray:PutTelemetryRecords"]
      Resource = ["*"]
    }] : [],
    var.function_vpc != null ? [{
      # Lambda checks these actions on all resources when it attaches a function to a VPC
      Sid       = "AttachToVpc"
      Effect    = "Allow"
      Action    = ["ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"]
      Resource  = ["*"]
      Condition = { StringEquals = { "aws:RequestedRegion" = local.region } }
    }] : [],
    var.function_vpc != null ? [{
      Sid       = "DetachFromVpc"
      Effect    = "Allow"
      Action    = ["ec2:DeleteNetworkInterface", "ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses"]
      Resource  = ["arn:${local.partition}:ec2:${local.region}:*:*/*"]
      Condition = { StringEquals = { "aws:RequestedRegion" = local.region } }
    }] : [],
    var.function_file_system != null ? [{
      Sid       = "MountFileSystem"
      Effect    = "Allow"
      Action    = ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"]
      Resource  = ["arn:${local.partition}:elasticfilesystem:${local.region}:*:file-system/*"]
      Condition = { StringEquals = { "elasticfilesystem:AccessPointArn" = var.function_file_system.access_point_arn } }
    }] : [],
    one(var.function_async_dead_letter_target[*].type) == "sqs" ? [{
      Sid      = "SendAsyncFailuresToQueue"
      Effect   = "Allow"
      Action   = ["sqs:SendMessage"]
      Resource = [var.function_async_dead_letter_target.arn]
    }] : [],
    one(var.function_async_dead_letter_target[*].type) == "sns" ? [{
      Sid      = "PublishAsyncFailuresToTopic"
      Effect   = "Allow"
      Action   = ["sns:Publish"]
      Resource = [var.function_async_dead_letter_target.arn]
    }] : [],
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
