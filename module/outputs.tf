# Generated from generator/templates/outputs.tf by "python -m generator build"; do not edit.

output "alarm_arns" {
  description = "ARNs of the alarms by what they watch, without `stalled`."
  value       = { for name, alarm in aws_cloudwatch_metric_alarm.this : name => alarm.arn }
}

output "alarm_stalled_arn" {
  description = "ARN of the alarm `stalled`; `null` without it."
  value       = one(aws_cloudwatch_metric_alarm.stalled[*].arn)
}

output "dashboard_arn" {
  description = "ARN of the dashboard; `null` without one."
  value       = one(aws_cloudwatch_dashboard.this[*].dashboard_arn)
}

output "dead_letter_queue_arn" {
  description = "ARN of the dead-letter queue; `null` without one."
  value       = one(aws_sqs_queue.dead_letter[*].arn)
}

output "dead_letter_queue_name" {
  description = "Name of the dead-letter queue; `null` without one."
  value       = one(aws_sqs_queue.dead_letter[*].name)
}

output "dead_letter_queue_url" {
  description = "URL of the dead-letter queue; `null` without one."
  value       = one(aws_sqs_queue.dead_letter[*].url)
}

output "event_source_mapping_arn" {
  description = "ARN of the event source mapping."
  value       = aws_lambda_event_source_mapping.this.arn
}

output "event_source_mapping_uuid" {
  description = "Id of the event source mapping."
  value       = aws_lambda_event_source_mapping.this.uuid
}

output "function_alias_arn" {
  description = "ARN of the alias; `null` without one."
  value       = one(aws_lambda_alias.this[*].arn)
}

output "function_arn" {
  description = "ARN of the function, without version or alias."
  value       = local.function_arn
}

output "function_invoke_arn" {
  description = "ARN by which API Gateway would invoke the function; `null` with an existing function."
  value       = one(aws_lambda_function.this[*].invoke_arn)
}

output "function_log_group_arn" {
  description = "ARN of the log group; `null` with an existing function."
  value       = one(aws_cloudwatch_log_group.this[*].arn)
}

output "function_log_group_name" {
  description = "Name of the log group; `null` with an existing function."
  value       = one(aws_cloudwatch_log_group.this[*].name)
}

output "function_name" {
  description = "Name of the function."
  value       = local.function_name
}

output "function_target_arn" {
  description = "ARN that the stream invokes: the alias where there is one, otherwise the function."
  value       = local.target_arn
}

output "function_version" {
  description = "Published version, or `$LATEST`; `null` with an existing function."
  value       = one(aws_lambda_function.this[*].version)
}

output "on_failure_destination_arn" {
  description = "ARN to which failed records are reported; `null` where they are dropped."
  value       = local.on_failure_arn
}

output "role_arn" {
  description = "ARN of the function's role; `null` with an existing function."
  value       = try(aws_iam_role.this[0].arn, var.existing_role.arn, null)
}

output "role_name" {
  description = "Name of the function's role."
  value       = local.role_name
}

output "table_arn" {
  description = "ARN of the table."
  value       = local.table_arn
}

output "table_id" {
  description = "Id of the table; `null` with an existing table."
  value       = one(aws_dynamodb_table.this[*].id)
}

output "table_name" {
  description = "Name of the table."
  value       = local.table_name
}

output "table_stream_arn" {
  description = "ARN of the stream that is read."
  value       = local.stream_arn
}

output "table_stream_label" {
  description = "Time stamp that tells this stream of the table from its other ones."
  value       = element(split("/", local.stream_arn), 3)
}
