# Generated from generator/templates/checks.tf by "python -m generator build"; do not edit.

# Warnings about arguments that AWS accepts and that do not do what they seem to do
check "record_age" {
  assert {
    condition     = var.event_source_maximum_record_age_in_seconds <= 86400
    error_message = "Records expire after 86400 seconds, before event_source_maximum_record_age_in_seconds. AWS does not document whether Lambda then sends an invocation record. Set 86400 or less."
  }
}

check "discarded_records" {
  assert {
    condition     = !contains(["sns", "s3"], local.on_failure_type) || var.event_source_metrics_enabled
    error_message = "Nothing shows discarded records, because the on-failure destination is not a queue. Set event_source_metrics_enabled to true."
  }
}

check "stalled_alarm" {
  assert {
    condition = (
      !local.stalled_wanted
      || length(var.event_source_filter_patterns) == 0
      || var.event_source_metrics_enabled
    )
    error_message = "The module does not create the alarm stalled, because filter patterns can filter out every record. Set event_source_metrics_enabled to true, or alarm_stalled_minutes to 0."
  }
}

check "stalled_alarm_account" {
  assert {
    condition = (
      !local.stalled_wanted
      || try(var.existing_table.account_id, null) == null
      || var.alarm_cross_account_observability
    )
    error_message = "The module does not create the alarm stalled, because the metrics of the table are in another account. Set up cross-account observability and alarm_cross_account_observability = true, or alarm_stalled_minutes = 0."
  }
}

check "alarm_arguments" {
  assert {
    condition     = local.alarms_enabled || length(local.alarm_options) == 0
    error_message = "These arguments have no effect, because the module creates no alarm: ${join(", ", local.alarm_options)}. Set alarm_actions, or remove them."
  }
}

check "alarm_names" {
  assert {
    condition     = !local.alarms_enabled || length(setsubtract(keys(var.alarms), concat(keys(local.alarms), ["stalled"]))) == 0
    error_message = "These entries of alarms have no effect, because the pipeline does not have the alarms: ${join(", ", setsubtract(keys(var.alarms), concat(keys(local.alarms), ["stalled"])))}. Remove them."
  }
}

check "reserved_concurrency" {
  assert {
    condition = (
      var.function_reserved_concurrent_executions <= 0
      || var.function_reserved_concurrent_executions >= var.event_source_parallelization_factor
    )
    error_message = "Lambda throttles the function, because function_reserved_concurrent_executions is less than event_source_parallelization_factor, the concurrent batches of each shard. Reserve more."
  }
}
