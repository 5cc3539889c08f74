# Generated from generator/templates/role.tf by "python -m generator build"; do not edit.

locals {
  role_name = (
    var.existing_function != null
    ? try(var.existing_function.role_name, null)
    : var.existing_role != null ? try(var.existing_role.name, null) : one(aws_iam_role.this[*].name)
  )
  role_arn = var.existing_role != null ? try(var.existing_role.arn, null) : one(aws_iam_role.this[*].arn)

  # The whole of what the role may do, and when
  permissions = [
    {
      granted   = true
      Sid       = "ReadStream"
      Action    = ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"]
      Resource  = [local.stream_arn]
      Condition = null
    },
    {
      # It has no resource-level permission
      granted   = true
      Sid       = "ListStreams"
      Action    = ["dynamodb:ListStreams"]
      Resource  = ["*"]
      Condition = null
    },
    {
      granted   = local.table_kms_key_arn != null
      Sid       = "DecryptStream"
      Action    = ["kms:Decrypt"]
      Resource  = [local.table_kms_key_arn]
      Condition = { StringEquals = { "kms:ViaService" = "dynamodb.${local.region}.${local.dns_suffix}" } }
    },
    {
      granted   = var.event_source_filter_kms_key_arn != null
      Sid       = "DecryptFilterPatterns"
      Action    = ["kms:Decrypt"]
      Resource  = [var.event_source_filter_kms_key_arn]
      Condition = { StringEquals = { "kms:ViaService" = "lambda.${local.region}.${local.dns_suffix}" } }
    },
    {
      granted   = local.on_failure_type == "sqs"
      Sid       = "SendFailuresToQueue"
      Action    = ["sqs:SendMessage"]
      Resource  = [local.on_failure_arn]
      Condition = null
    },
    {
      granted   = local.on_failure_type == "sns"
      Sid       = "PublishFailuresToTopic"
      Action    = ["sns:Publish"]
      Resource  = [local.on_failure_arn]
      Condition = null
    },
    {
      granted   = local.on_failure_type == "s3"
      Sid       = "PutFailuresIntoBucket"
      Action    = ["s3:PutObject"]
      Resource  = [for arn in local.on_failure_arn[*] : "${arn}/*"]
      Condition = null
    },
    {
      granted   = local.on_failure_type == "s3"
      Sid       = "ListBucketOfFailures"
      Action    = ["s3:ListBucket"]
      Resource  = [local.on_failure_arn]
      Condition = null
    },
    {
      granted   = local.on_failure_kms_key_arn != null
      Sid       = "EncryptFailures"
      Action    = ["kms:GenerateDataKey", "kms:Decrypt"]
      Resource  = [local.on_failure_kms_key_arn]
      Condition = null
    },
    {
      granted   = var.existing_function == null
      Sid       = "WriteLog"
      Action    = ["logs:CreateLogStream", "logs:PutLogEvents"]
      Resource  = [for group in aws_cloudwatch_log_group.this : "${group.arn}:*"]
      Condition = null
    },
    {
      # They have no resource-level permission
      granted   = var.existing_function == null && var.function_tracing_mode != "Disabled"
      Sid       = "WriteTraces"
      Action    = ["xray:PutTraceSegments", "xray:PutTelemetryRecords"]
      Resource  = ["*"]
      Condition = null
    },
    {
      # Lambda checks them on all resources when it attaches a function to a VPC
      granted   = var.function_vpc != null
      Sid       = "AttachToVpc"
      Action    = ["ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"]
      Resource  = ["*"]
      Condition = { StringEquals = { "aws:RequestedRegion" = local.region } }
    },
    {
      granted   = var.function_vpc != null
      Sid       = "DetachFromVpc"
      Action    = ["ec2:DeleteNetworkInterface", "ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses"]
      Resource  = ["arn:${local.partition}:ec2:${local.region}:*:*/*"]
      Condition = { StringEquals = { "aws:RequestedRegion" = local.region } }
    },
    {
      granted   = var.function_file_system != null
      Sid       = "MountFileSystem"
      Action    = ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"]
      Resource  = ["arn:${local.partition}:elasticfilesystem:${local.region}:*:file-system/*"]
      Condition = { StringEquals = { "elasticfilesystem:AccessPointArn" = one(var.function_file_system[*].access_point_arn) } }
    },
    {
      granted   = try(var.function_async_dead_letter_target.type, null) == "sqs"
      Sid       = "SendAsyncFailuresToQueue"
      Action    = ["sqs:SendMessage"]
      Resource  = var.function_async_dead_letter_target[*].arn
      Condition = null
    },
    {
      granted   = try(var.function_async_dead_letter_target.type, null) == "sns"
      Sid       = "PublishAsyncFailuresToTopic"
      Action    = ["sns:Publish"]
      Resource  = var.function_async_dead_letter_target[*].arn
      Condition = null
    },
  ]

  role_statements = concat(
    [
      for permission in local.permissions : {
        for key, value in {
          Sid       = permission.Sid
          Effect    = "Allow"
          Action    = permission.Action
          Resource  = permission.Resource
          Condition = permission.Condition
        } : key => value if value != null
      } if permission.granted
    ],
    [
      for id, statement in var.role_policy_statements : {
        for key, value in {
          Sid      = id
          Effect   = statement.effect
          Action   = statement.actions
          Resource = statement.resources
          Condition = length(statement.conditions) == 0 ? null : {
            for test in distinct(statement.conditions[*].test) :
            test => { for condition in statement.conditions : condition.variable => condition.values if condition.test == test }
          }
        } : key => value if value != null
      }
    ],
  )
}

resource "aws_iam_role" "this" {
  count = var.existing_function == null && var.existing_role == null ? 1 : 0

  name                 = coalesce(var.role_name, local.names.role)
  path                 = var.role_path
  permissions_boundary = var.role_permissions_boundary_arn
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
  name = local.names.policy
  role = local.role_name
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = local.role_statements
  })
}

resource "aws_iam_role_policy_attachment" "this" {
  for_each = var.role_managed_policy_arns

  role       = local.role_name
  policy_arn = each.value
}
