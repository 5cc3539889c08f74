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

#% if "function_alias" in variables
  # The mapping invokes the alias if there is one, because what is set for a version applies to its alias only
#% endif
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

#% if "region" in offered
  region = var.region

#% endif
  name              = "/aws/lambda/${local.function_name}"
  retention_in_days = var.function_log_retention_in_days
  kms_key_id        = var.function_log_kms_key_arn
  log_group_class   = var.function_log_group_class
  skip_destroy      = var.function_log_skip_destroy

#% if "function_log_deletion_protection_enabled" in offered
  deletion_protection_enabled = var.function_log_deletion_protection_enabled

#% endif
  tags = var.tags
#% if lifecycle.retain_log_group

  lifecycle {
    destroy = false
  }
#% endif
}

resource "aws_lambda_function" "this" {
  # checkov:skip=CKV_AWS_116:The stream invokes synchronously; the mapping has an on-failure destination
  count = var.existing_function == null ? 1 : 0

#% if "region" in offered
  region = var.region

#% endif
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
#% if "function_code_sha256" in offered
  code_sha256             = var.function_code_sha256
#% endif
#% if "function_source_kms_key_arn" in offered
  source_kms_key_arn      = var.function_source_kms_key_arn
#% endif
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
#% if has("6.54")

  use_resource_timeout_for_propagation = one(var.function_timeouts[*].use_for_propagation)
#% endif

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

#% if "function_durable_config" in offered
  dynamic "durable_config" {
    for_each = var.function_durable_config[*]

    content {
      execution_timeout = durable_config.value.execution_timeout
      retention_period  = durable_config.value.retention_period
    }
  }

#% endif
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
#% if lifecycle.ignore_code_changes

  # The code is deployed elsewhere; here it is only what the function begins with
  lifecycle {
    ignore_changes = [
#%   if "function_code_sha256" in offered
      code_sha256,
#%   endif
      filename,
      image_uri,
      s3_bucket,
      s3_key,
      s3_object_version,
      source_code_hash,
    ]
  }
#% endif
}

#% if "function_runtime" in variables
# By the dates of {{ runtimes.AS_OF }}, not of the plan
check "function_runtime" {
  assert {
    condition     = !contains({{ runtimes.DEPRECATED | literal }}, coalesce(var.function_runtime, "none"))
    error_message = "The runtime ${jsonencode(var.function_runtime)} was deprecated before {{ runtimes.AS_OF }}: AWS no longer updates it. Set function_runtime to a newer one."
  }
#%   set unknown = runtimes.unknown_to(provider)
#%   if unknown

  assert {
    condition     = !contains({{ unknown | literal }}, coalesce(var.function_runtime, "none"))
    error_message = "The oldest provider that this module accepts rejects the runtime ${jsonencode(var.function_runtime)}. Require hashicorp/aws ${lookup({{ runtimes.first_providers(unknown) | literal }}, coalesce(var.function_runtime, "none"), "in a newer version")} in the root module."
  }
#%   endif
}

#% endif
resource "aws_lambda_alias" "this" {
  count = var.function_alias == null ? 0 : 1

#% if "region" in offered
  region = var.region

#% endif
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
#% if lifecycle.ignore_code_changes or lifecycle.function_deployment

#%   if lifecycle.function_deployment
  # CodeDeploy updates the alias; a plan must not end a shift in progress
#%   else
  # The deployment of the code updates the alias
#%   endif
  lifecycle {
    ignore_changes = [function_version, routing_config]
  }
#% endif
}

resource "aws_lambda_provisioned_concurrency_config" "this" {
  count = var.function_provisioned_concurrent_executions == null ? 0 : 1

#% if "region" in offered
  region = var.region

#% endif
  function_name                     = aws_lambda_alias.this[0].function_name
  qualifier                         = aws_lambda_alias.this[0].name
  provisioned_concurrent_executions = var.function_provisioned_concurrent_executions
}
