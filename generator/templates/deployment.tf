#% if lifecycle.function_deployment
# The deployment itself is started after the apply, since only then the new version exists: `ddb-stream-lambda deploy`
locals {
  deployment_type       = try(var.function_deployment.type, "canary")
  deployment_percentage = coalesce(try(var.function_deployment.percentage, null), {{ deployment.PERCENTAGE }})
  deployment_minutes    = coalesce(try(var.function_deployment.interval_minutes, null), {{ deployment.INTERVAL_MINUTES }})
  deployment_kind = (
    local.deployment_type == "all_at_once"
    ? "all_at_once"
    : "${local.deployment_type}-${local.deployment_percentage}-${local.deployment_minutes}"
  )

  # The deployment configurations that AWS has for Lambda, by their type, percentage, and minutes
  deployment_config = lookup(
    {
#%   for kind, name in deployment.PREDEFINED.items()
      {{ "%-12s" | format(kind) }} = "{{ name }}"
#%   endfor
    },
    local.deployment_kind,
    null,
  )

  deployment_alarms_existing = merge(
    { for name, alarm in aws_cloudwatch_metric_alarm.this : name => alarm.alarm_name },
    { for alarm in aws_cloudwatch_metric_alarm.stalled : "stalled" => alarm.alarm_name },
  )
  deployment_alarms = try(
    [for name in var.function_deployment.rollback_on_alarms : name],
    [for name in {{ deployment.ROLLBACK_ALARMS | literal }} : name if contains(keys(local.deployment_alarms_existing), name)],
  )

  appspec = var.function_alias == null ? null : jsonencode({
    version = "0.0"
    Resources = [
      {
        (local.function_name) = {
          Type = "AWS::Lambda::Function"
          Properties = {
            Name           = local.function_name
            Alias          = aws_lambda_alias.this[0].name
            CurrentVersion = aws_lambda_alias.this[0].function_version
            TargetVersion  = aws_lambda_function.this[0].version
          }
        }
      }
    ]
  })
}

resource "aws_codedeploy_app" "this" {
  count = var.function_alias == null ? 0 : 1

#%   if "region" in offered
  region = var.region

#%   endif
  name             = local.names.deployment
  compute_platform = "Lambda"

  tags = var.tags
}

resource "aws_codedeploy_deployment_config" "this" {
  count = var.function_alias == null || local.deployment_config != null ? 0 : 1

#%   if "region" in offered
  region = var.region

#%   endif
  deployment_config_name = "${local.names.deployment}-${local.deployment_kind}"
  compute_platform       = "Lambda"

  traffic_routing_config {
    type = local.deployment_type == "linear" ? "TimeBasedLinear" : "TimeBasedCanary"

    dynamic "time_based_canary" {
      for_each = local.deployment_type == "canary" ? ["canary"] : []

      content {
        percentage = local.deployment_percentage
        interval   = local.deployment_minutes
      }
    }

    dynamic "time_based_linear" {
      for_each = local.deployment_type == "linear" ? ["linear"] : []

      content {
        percentage = local.deployment_percentage
        interval   = local.deployment_minutes
      }
    }
  }

  # A configuration in use cannot be deleted, and one with other values has another name
  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_codedeploy_deployment_group" "this" {
  count = var.function_alias == null ? 0 : 1

#%   if "region" in offered
  region = var.region

#%   endif
  app_name               = aws_codedeploy_app.this[0].name
  deployment_group_name  = local.names.deployment
  deployment_config_name = local.deployment_config != null ? local.deployment_config : aws_codedeploy_deployment_config.this[0].deployment_config_name
  service_role_arn       = try(var.function_deployment.role_arn, null) != null ? var.function_deployment.role_arn : aws_iam_role.deployment[0].arn

  deployment_style {
    deployment_type   = "BLUE_GREEN"
    deployment_option = "WITH_TRAFFIC_CONTROL"
  }

  auto_rollback_configuration {
    enabled = true
    events = concat(
      ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_REQUEST"],
      length(local.deployment_alarms) > 0 ? ["DEPLOYMENT_STOP_ON_ALARM"] : [],
    )
  }

  dynamic "alarm_configuration" {
    for_each = length(local.deployment_alarms) > 0 ? [local.deployment_alarms] : []

    content {
      enabled = true
      alarms  = [for name in alarm_configuration.value : local.deployment_alarms_existing[name]]
    }
  }

  tags = var.tags

  # CodeDeploy moves the alias with the role as long as the group exists
  depends_on = [aws_iam_role_policy.deployment]

  lifecycle {
    precondition {
      condition     = length(setsubtract(local.deployment_alarms, keys(local.deployment_alarms_existing))) == 0
      error_message = "The module creates no alarm ${join(", ", setsubtract(local.deployment_alarms, keys(local.deployment_alarms_existing)))}, which is in function_deployment.rollback_on_alarms. Set alarm_actions or alarms_enabled, or remove it."
    }
  }
}

check "deployment_alarms" {
  assert {
    condition     = var.function_alias == null || length(local.deployment_alarms) > 0 || try(var.function_deployment.rollback_on_alarms, null) != null
    error_message = "No alarm rolls back a deployment of ${local.function_name}, because the module does not create it. Set alarm_actions or alarms_enabled{{ ", or rollback_on_alarms = [] in function_deployment" if "function_deployment" in variables }}."
  }
}

resource "aws_iam_role" "deployment" {
  count = var.function_alias == null || try(var.function_deployment.role_arn, null) != null ? 0 : 1

  name                  = local.names.deployer
  description           = "CodeDeploy moves the alias of ${local.function_name} with it"
  path                  = var.role_path
  permissions_boundary  = var.role_permissions_boundary_arn
  force_detach_policies = var.role_force_detach_policies
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect    = "Allow"
        Action    = "sts:AssumeRole"
        Principal = { Service = "codedeploy.amazonaws.com" }
      }
    ]
  })

  tags = var.tags
}

resource "aws_iam_role_policy" "deployment" {
  count = var.function_alias == null || try(var.function_deployment.role_arn, null) != null ? 0 : 1

  name = local.names.deployment
  role = aws_iam_role.deployment[0].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
#%   for statement in deployment.DEPLOYMENT_STATEMENTS
      {
#%     for line in statement.attributes() | aligned
        {{ line }}
#%     endfor
      },
#%   endfor
    ]
  })
}
#% endif
