# What the module does when nothing is chosen. Run: terraform init && terraform test

#% include "tests/mocks.hcl.part"

#% include "tests/arguments.hcl.part"
#% if usage.table

run "table" {
  command = {{ usage.command }}

  assert {
    condition     = aws_dynamodb_table.this[0].billing_mode == {{ usage.setting("table_billing_mode") | literal }}
    error_message = "The billing mode is {{ usage.setting("table_billing_mode") }}."
  }
  assert {
    condition     = aws_dynamodb_table.this[0].hash_key == {{ usage.setting("table_partition_key").name | literal }}
    error_message = "The partition key is {{ usage.setting("table_partition_key").name }}."
  }
#%   if usage.setting("table_server_side_encryption_enabled")
  assert {
    condition     = aws_dynamodb_table.this[0].server_side_encryption[0].enabled
    error_message = "The table is encrypted with a KMS key."
  }
#%   endif
#%   if usage.setting("table_point_in_time_recovery_enabled")
  assert {
    condition     = aws_dynamodb_table.this[0].point_in_time_recovery[0].enabled
    error_message = "The table can be restored to a point in time."
  }
#%   endif
#%   if usage.setting("table_deletion_protection_enabled")
  assert {
    condition     = aws_dynamodb_table.this[0].deletion_protection_enabled
    error_message = "AWS refuses to delete the table."
  }
#%   endif
  assert {
    condition     = aws_dynamodb_table.this[0].stream_view_type == {{ usage.setting("table_stream_view_type") | literal }}
    error_message = "The stream holds {{ usage.setting("table_stream_view_type") }}."
  }
}
#% endif

run "event_source_mapping" {
  command = {{ usage.command }}

#% if usage.setting("event_source_bisect_batch_on_function_error")
  assert {
    condition     = aws_lambda_event_source_mapping.this.bisect_batch_on_function_error
    error_message = "A failing batch is halved."
  }
#% endif
  assert {
    condition     = aws_lambda_event_source_mapping.this.maximum_record_age_in_seconds == {{ usage.setting("event_source_maximum_record_age_in_seconds") }}
    error_message = "A record is given up at an age of {{ usage.setting("event_source_maximum_record_age_in_seconds") }} seconds."
  }
  assert {
    condition     = aws_lambda_event_source_mapping.this.maximum_retry_attempts == {{ usage.setting("event_source_maximum_retry_attempts") }}
    error_message = "A record is tried {{ usage.setting("event_source_maximum_retry_attempts") }} times again."
  }
#% if usage.setting("event_source_report_batch_item_failures")
  assert {
    condition     = tolist(aws_lambda_event_source_mapping.this.function_response_types) == tolist(["ReportBatchItemFailures"])
    error_message = "The function may report which records failed."
  }
#% endif
#% if usage.queue
  assert {
    condition     = aws_lambda_event_source_mapping.this.destination_config[0].on_failure[0].destination_arn == aws_sqs_queue.dead_letter[0].arn
    error_message = "What failed is reported to the queue."
  }
#% endif
  assert {
    condition     = aws_lambda_event_source_mapping.this.starting_position == {{ usage.setting("event_source_starting_position") | literal }}
    error_message = "The mapping begins at {{ usage.setting("event_source_starting_position") }}."
  }
}
#% if usage.queue

run "dead_letter_queue" {
  command = {{ usage.command }}

  assert {
    condition     = aws_sqs_queue.dead_letter[0].message_retention_seconds == {{ usage.setting("dead_letter_queue_message_retention_seconds") }}
    error_message = "The queue keeps messages for {{ usage.setting("dead_letter_queue_message_retention_seconds") }} seconds."
  }
  assert {
    condition     = jsondecode(aws_sqs_queue_policy.dead_letter[0].policy).Statement[0].Effect == "Deny"
    error_message = "The queue refuses what does not come over TLS."
  }
}
#% endif
