# Generated from generator/templates/function.tf by "python -m generator build"; do not edit.

locals {
  function_packages = [
    for name, is_set in {
      function_filename  = var.function_filename != null
      function_s3        = var.function_s3 != null
      function_image_uri = var.function_image_uri != null
    } : name if is_set
  ]

  function_name = (
    var.existing_function == null
    ? coalesce(var.function_name, local.names.function)
    : try(split(":", var.existing_function.arn)[6], null)
  )
  function_arn = (
    var.existing_function == null
    ? one(aws_lambda_function.this[*].arn)
    : join(":", slice(split(":", var.existing_function.arn), 0, 7))
  )

  # The mapping invokes the alias if there is one, because what is set for a version applies to its alias only
  target_arn = try(var.existing_function.arn, aws_lambda_alias.this[0].arn, aws_lambda_function.this[0].arn)

  log_group_arn = (
    var.function_log_group == null
    ? one(aws_cloudwatch_log_group.this[*].arn)
    : trimsuffix(var.function_log_group.arn, ":*")
  )
  log_group_name = (
    var.function_log_group == null
    ? one(aws_cloudwatch_log_group.this[*].name)
    : try(split(":", var.function_log_group.arn)[6], null)
  )

  # Node.js runtimes keep connections alive, unless the caller sets the variable
  function_environment = merge(
    try(startswith(var.function_runtime, "nodejs"), false) ? { AWS_NODEJS_CONNECTION_REUSE_ENABLED = "1" } : {},
    var.function_environment,
  )
}

# It exists before the function, whose role may not create it: a late invocation would otherwise bring it back after a
# destroy, without retention (terraform-aws-lambda #133).
resource "aws_cloudwatch_log_group" "this" {
  count = var.existing_function == null && var.function_log_group == null ? 1 : 0

  name              = "/aws/lambda/${local.function_name}"
  retention_in_days = var.function_log_retention_in_days
  kms_key_id        = var.function_log_kms_key_arn
  log_group_class   = var.function_log_group_class
  skip_destroy      = var.function_log_skip_destroy

  tags = var.tags
}

resource "aws_lambda_function" "this" {
  # checkov:skip=CKV_AWS_116:The stream invokes synchronously; the mapping has an on-failure destination
  count = var.existing_function == null ? 1 : 0

  function_name = local.function_name
  description   = var.function_description
  role          = local.role_arn

  package_type            = var.function_image_uri == null ? "Zip" : "Image"
  filename                = var.function_filename
  s3_bucket               = one(var.function_s3[*].bucket)
  s3_key                  = one(var.function_s3[*].key)
  s3_object_version       = one(var.function_s3[*].version)
  image_uri               = var.function_image_uri
  source_code_hash        = var.function_source_code_hash != null ? var.function_source_code_hash : try(filebase64sha256(var.function_filename), null)
  code_signing_config_arn = var.function_code_signing_config_arn

  handler       = var.function_handler
  runtime       = var.function_runtime
  layers        = var.function_layers
  architectures = [var.function_architecture]
  memory_size   = var.function_memory_size
  timeout       = var.function_timeout

  # A key without variables is a finding of its own (CKV_AWS_173)
  kms_key_arn = length(local.function_environment) > 0 ? var.function_kms_key_arn : null

  reserved_concurrent_executions = var.function_reserved_concurrent_executions
  publish                        = var.function_publish || var.function_alias != null

  replace_security_groups_on_destroy = one(var.function_vpc[*].replace_security_groups_on_destroy)
  replacement_security_group_ids     = one(var.function_vpc[*].replacement_security_group_ids)

  tags = var.tags

  ephemeral_storage {
    size = var.function_ephemeral_storage_size
  }

  # PassThrough is what a function without the block has, and removing the block keeps the old mode
  tracing_config {
    mode = var.function_tracing_mode == "Active" ? "Active" : "PassThrough"
  }

  logging_config {
    log_group             = local.log_group_name
    log_format            = var.function_log_format
    application_log_level = var.function_log_format == "JSON" ? var.function_application_log_level : null
    system_log_level      = var.function_log_format == "JSON" ? var.function_system_log_level : null
  }

  dynamic "environment" {
    for_each = length(local.function_environment) > 0 ? [local.function_environment] : []

    content {
      variables = environment.value
    }
  }

  dynamic "image_config" {
    for_each = var.function_image_config[*]

    content {
      command           = image_config.value.command
      entry_point       = image_config.value.entry_point
      working_directory = image_config.value.working_directory
    }
  }

  dynamic "vpc_config" {
    for_each = var.function_vpc[*]

    content {
      subnet_ids                  = vpc_config.value.subnet_ids
      security_group_ids          = vpc_config.value.security_group_ids
      ipv6_allowed_for_dual_stack = vpc_config.value.ipv6_allowed_for_dual_stack
    }
  }

  dynamic "file_system_config" {
    for_each = var.function_file_system[*]

    content {
      arn              = file_system_config.value.access_point_arn
      local_mount_path = file_system_config.value.local_mount_path
    }
  }

  dynamic "dead_letter_config" {
    for_each = var.function_async_dead_letter_target[*]

    content {
      target_arn = dead_letter_config.value.arn
    }
  }

  dynamic "snap_start" {
    for_each = var.function_snap_start ? ["PublishedVersions"] : []

    content {
      apply_on = snap_start.value
    }
  }

  dynamic "timeouts" {
    for_each = var.function_timeouts[*]

    content {
      create = timeouts.value.create
      update = timeouts.value.update
      delete = timeouts.value.delete
    }
  }

  # Lambda checks the role's permissions when it creates the function
  depends_on = [aws_iam_role_policy.this, aws_iam_role_policy_attachment.this]
}

# By the dates of 2026-11-27, not of the plan
check "function_runtime" {
  assert {
    condition     = !contains(["dotnet6", "dotnet8", "nodejs16.x", "nodejs18.x", "nodejs20.x", "provided.al2", "python3.8", "python3.9", "python3.10", "ruby3.2"], coalesce(var.function_runtime, "none"))
    error_message = "The runtime ${jsonencode(var.function_runtime)} was deprecated before 2026-11-27: AWS no longer updates it. Set function_runtime to a newer one."
  }

  assert {
    condition     = !contains(["dotnet10", "java8.al2023", "java11.al2023", "java17.al2023", "java25", "nodejs24.x", "nodejs26.x", "python3.14", "python3.15", "ruby4.0"], coalesce(var.function_runtime, "none"))
    error_message = "The oldest provider that this module accepts rejects the runtime ${jsonencode(var.function_runtime)}. Require hashicorp/aws ${lookup({ java25 = "6.20 or newer", "nodejs24.x" = "6.19 or newer", "python3.14" = "6.20 or newer" }, coalesce(var.function_runtime, "none"), "in a newer version")} in the root module."
  }
}

resource "aws_lambda_alias" "this" {
  count = var.function_alias == null ? 0 : 1

  name             = var.function_alias
  description      = "What the stream of ${local.table_name} invokes"
  function_name    = aws_lambda_function.this[0].function_name
  function_version = var.function_alias_version != null ? var.function_alias_version : aws_lambda_function.this[0].version

  dynamic "routing_config" {
    for_each = length(var.function_alias_routing) > 0 ? [var.function_alias_routing] : []

    content {
      additional_version_weights = routing_config.value
    }
  }
}

resource "aws_lambda_provisioned_concurrency_config" "this" {
  count = var.function_provisioned_concurrent_executions == null ? 0 : 1

  function_name                     = aws_lambda_alias.this[0].function_name
  qualifier                         = aws_lambda_alias.this[0].name
  provisioned_concurrent_executions = var.function_provisioned_concurrent_executions
}
