# Generated from generator/templates/outputs.tf by "python -m generator build"; do not edit.

output "alarm_arns" {
  description = "ARNs of the alarms by name, except `stalled`."
  value       = { for name, alarm in aws_cloudwatch_metric_alarm.this : name => alarm.arn }
}

output "alarm_names" {
  description = "Names of the alarms."
  value       = concat(values(aws_cloudwatch_metric_alarm.this)[*].alarm_name, aws_cloudwatch_metric_alarm.stalled[*].alarm_name)
}

output "alarm_stalled_arn" {
  description = "ARN of the alarm `stalled`. `null` without it."
  value       = one(aws_cloudwatch_metric_alarm.stalled[*].arn)
}

output "dashboard_arn" {
  description = "ARN of the dashboard. `null` without one."
  value       = one(aws_cloudwatch_dashboard.this[*].dashboard_arn)
}

output "dead_letter_queue_arn" {
  description = "ARN of the dead-letter queue. `null` if the module does not create it."
  value       = one(aws_sqs_queue.dead_letter[*].arn)
}

output "dead_letter_queue_name" {
  description = "Name of the dead-letter queue. `null` if the module does not create it."
  value       = one(aws_sqs_queue.dead_letter[*].name)
}

output "dead_letter_queue_url" {
  description = "URL of the dead-letter queue. `null` if the module does not create it."
  value       = one(aws_sqs_queue.dead_letter[*].url)
}

output "event_source_mapping_arn" {
  description = "ARN of the event source mapping."
  value       = aws_lambda_event_source_mapping.this.arn
}

output "event_source_mapping_uuid" {
  description = "UUID of the event source mapping."
  value       = aws_lambda_event_source_mapping.this.uuid
}

output "function_alias_arn" {
  description = "ARN of the alias. `null` without one."
  value       = one(aws_lambda_alias.this[*].arn)
}

output "function_alias_invoke_arn" {
  description = "ARN of the alias for API Gateway. `null` without one."
  value       = one(aws_lambda_alias.this[*].invoke_arn)
}

output "function_arn" {
  description = "Unqualified ARN of the function."
  value       = local.function_arn
}

output "function_invoke_arn" {
  description = "ARN for API Gateway to invoke the function. `null` if the function is an existing one."
  value       = one(aws_lambda_function.this[*].invoke_arn)
}

output "function_log_group_arn" {
  description = "ARN of the log group. `null` if the function is an existing one."
  value       = local.log_group_arn
}

output "function_log_group_name" {
  description = "Name of the log group. `null` if the function is an existing one."
  value       = local.log_group_name
}

output "function_name" {
  description = "Name of the function."
  value       = local.function_name
}

output "function_qualified_arn" {
  description = "ARN of the function with its version. `null` if the function is an existing one."
  value       = one(aws_lambda_function.this[*].qualified_arn)
}

output "function_target_arn" {
  description = "ARN that the mapping invokes. It is that of the alias if there is one."
  value       = local.target_arn
}

output "function_version" {
  description = "Version of the function: `$LATEST` if it publishes none. `null` if the function is an existing one."
  value       = one(aws_lambda_function.this[*].version)
}

output "on_failure_destination_arn" {
  description = "ARN of the on-failure destination. `null` without one."
  value       = local.on_failure_arn
}

output "role_arn" {
  description = "ARN of the role. `null` if the function is an existing one."
  value       = try(aws_iam_role.this[0].arn, var.existing_role.arn, null)
}

output "role_name" {
  description = "Name of the role."
  value       = local.role_name
}

output "role_policy" {
  description = "Permissions that the role needs, as a policy in JSON. With `role_policy_enabled = false`, attach it to the role yourself."
  value       = jsonencode({ Version = "2012-10-17", Statement = local.role_statements })
}

output "table_arn" {
  description = "ARN of the table."
  value       = local.table_arn
}

output "table_id" {
  description = "ID of the table. `null` if the table is an existing one."
  value       = one(aws_dynamodb_table.this[*].id)
}

output "table_name" {
  description = "Name of the table."
  value       = local.table_name
}

output "table_replica_stream_arns" {
  description = "ARNs of the streams of the replicas, by Region."
  value       = { for region in keys(var.table_replicas) : region => one([for replica in aws_dynamodb_table.this[0].replica : replica.stream_arn if replica.region_name == region]) }
}

output "table_stream_arn" {
  description = "ARN of the stream that the function processes."
  value       = local.stream_arn
}

output "table_stream_label" {
  description = "Stream label (a timestamp that identifies the stream)."
  value       = element(split("/", local.stream_arn), 3)
}

output "table_stream_readers_key_statement" {
  description = "Statement (JSON) for the policy of the table's customer managed key, with which the readers can decrypt. `null` without readers or without a key."
  value       = local.stream_readers_key_statement
}
