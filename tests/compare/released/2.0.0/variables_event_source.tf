# Generated from generator/templates/variables.tf by "python -m generator build"; do not edit.

# Event source mapping

variable "event_source_enabled" {
  description = "Set to `false` to pause processing. Records expire 24 hours after they are written, also then."
  type        = bool
  default     = true
  nullable    = false
}

variable "event_source_batch_size" {
  description = "Maximum number of records in a batch. A read returns up to 1,000, an invocation takes 6 MB."
  type        = number
  default     = 100
  nullable    = false

  validation {
    condition = (
      var.event_source_batch_size >= 1
      && var.event_source_batch_size <= 10000
      && floor(var.event_source_batch_size) == var.event_source_batch_size
    )
    error_message = "The event_source_batch_size value must be a whole number from 1 to 10000. Got ${jsonencode(var.event_source_batch_size)}."
  }
}

variable "event_source_maximum_batching_window_in_seconds" {
  description = "Batching window: the time to wait for a full batch, in seconds."
  type        = number
  default     = 0
  nullable    = false

  validation {
    condition = (
      var.event_source_maximum_batching_window_in_seconds >= 0
      && var.event_source_maximum_batching_window_in_seconds <= 300
      && (
        floor(var.event_source_maximum_batching_window_in_seconds)
        == var.event_source_maximum_batching_window_in_seconds
      )
    )
    error_message = "The event_source_maximum_batching_window_in_seconds value must be a whole number from 0 to 300 (seconds). Got ${jsonencode(var.event_source_maximum_batching_window_in_seconds)}."
  }
}

variable "event_source_starting_position" {
  description = "Position at which a new mapping starts reading: `TRIM_HORIZON` is the oldest record; `LATEST` can miss records written while AWS creates the mapping. Changing it replaces the mapping."
  type        = string
  default     = "TRIM_HORIZON"
  nullable    = false

  validation {
    condition     = contains(["TRIM_HORIZON", "LATEST"], var.event_source_starting_position)
    error_message = "The event_source_starting_position value must be TRIM_HORIZON or LATEST. Got ${jsonencode(var.event_source_starting_position)}."
  }
}

variable "event_source_bisect_batch_on_function_error" {
  description = "Splits a failed batch in two and retries each part, to isolate a failing record. An invocation record can nevertheless cover more than one record."
  type        = bool
  default     = true
  nullable    = false
}

variable "event_source_maximum_record_age_in_seconds" {
  description = "Maximum age of a record, in seconds. Lambda discards older records and sends an invocation record to the on-failure destination. At 86,400 (24 hours), the records themselves have then expired in the stream; 43,200 leaves 12 hours to read them again. `-1` or more than 86,400 retries until a record expires: AWS does not document whether Lambda then sends an invocation record."
  type        = number
  default     = 86400
  nullable    = false

  validation {
    condition = (
      var.event_source_maximum_record_age_in_seconds == -1
      || (
        var.event_source_maximum_record_age_in_seconds >= 60
        && var.event_source_maximum_record_age_in_seconds <= 604800
        && floor(var.event_source_maximum_record_age_in_seconds) == var.event_source_maximum_record_age_in_seconds
      )
    )
    error_message = "The event_source_maximum_record_age_in_seconds value must be -1 or a whole number from 60 to 604800 (seconds). Got ${jsonencode(var.event_source_maximum_record_age_in_seconds)}."
  }
}

variable "event_source_maximum_retry_attempts" {
  description = "Maximum number of retries; `-1` retries until the maximum record age. Lambda backs off between retries (exponentially, as far as measured), so 500 probably means the same."
  type        = number
  default     = 500
  nullable    = false

  validation {
    condition = (
      var.event_source_maximum_retry_attempts >= -1
      && var.event_source_maximum_retry_attempts <= 10000
      && floor(var.event_source_maximum_retry_attempts) == var.event_source_maximum_retry_attempts
    )
    error_message = "The event_source_maximum_retry_attempts value must be a whole number from -1 to 10000. Got ${jsonencode(var.event_source_maximum_retry_attempts)}."
  }
}

variable "event_source_parallelization_factor" {
  description = "Concurrent batches per shard. The records of an item are processed in order."
  type        = number
  default     = 1
  nullable    = false

  validation {
    condition = (
      var.event_source_parallelization_factor >= 1
      && var.event_source_parallelization_factor <= 10
      && floor(var.event_source_parallelization_factor) == var.event_source_parallelization_factor
    )
    error_message = "The event_source_parallelization_factor value must be a whole number from 1 to 10. Got ${jsonencode(var.event_source_parallelization_factor)}."
  }
}

variable "event_source_tumbling_window_in_seconds" {
  description = "Length of a tumbling window, in seconds. `0` turns windows off."
  type        = number
  default     = 0
  nullable    = false

  validation {
    condition = (
      var.event_source_tumbling_window_in_seconds >= 0
      && var.event_source_tumbling_window_in_seconds <= 900
      && floor(var.event_source_tumbling_window_in_seconds) == var.event_source_tumbling_window_in_seconds
    )
    error_message = "The event_source_tumbling_window_in_seconds value must be a whole number from 0 to 900 (seconds). Got ${jsonencode(var.event_source_tumbling_window_in_seconds)}."
  }

  validation {
    condition     = var.event_source_tumbling_window_in_seconds == 0 || length(var.event_source_filter_patterns) == 0
    error_message = "Set only one of event_source_tumbling_window_in_seconds and event_source_filter_patterns."
  }

  validation {
    condition     = var.event_source_tumbling_window_in_seconds == 0 || var.event_source_parallelization_factor == 1
    error_message = "The event_source_parallelization_factor value must be 1 when event_source_tumbling_window_in_seconds is set. Got ${var.event_source_parallelization_factor}."
  }
}

variable "event_source_report_batch_item_failures" {
  description = "Partial batch responses (`ReportBatchItemFailures`). If `false`, Lambda ignores the failures that the function reports."
  type        = bool
  default     = true
  nullable    = false
}

variable "event_source_filter_patterns" {
  description = "Filter patterns (JSON). Lambda processes a record that matches at least one. AWS allows 5 by default. A plan rejects patterns with names, types, or operators that match no record, in the first 8 levels of a pattern."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = length(var.event_source_filter_patterns) <= 10
    error_message = "The event_source_filter_patterns value must be a list of at most 10. Got ${length(var.event_source_filter_patterns)}."
  }

  validation {
    condition = alltrue([
      for pattern in var.event_source_filter_patterns :
      can(keys(jsondecode(pattern)))
      && try(length(pattern) <= 4096, false)
    ])
    error_message = "The event_source_filter_patterns value must be a list of JSON objects such as jsonencode({ eventName = [\"INSERT\"] }), at most 4096 characters each. Got ${jsonencode([for pattern in var.event_source_filter_patterns : pattern if !(can(keys(jsondecode(pattern))) && try(length(pattern) <= 4096, false))])}."
  }

  validation {
    condition = alltrue([
      for pattern in var.event_source_filter_patterns :
      length([for other in var.event_source_filter_patterns : other if other == pattern]) == 1
    ])
    error_message = "The event_source_filter_patterns value must be a list without duplicates. Got ${jsonencode([for pattern in var.event_source_filter_patterns : pattern if !(length([for other in var.event_source_filter_patterns : other if other == pattern]) == 1)])}."
  }
}

variable "event_source_filter_kms_key_arn" {
  description = "Customer managed key of the filter patterns. Its key policy must allow Lambda to decrypt."
  type        = string
  default     = null

  validation {
    condition = (
      try(var.event_source_filter_kms_key_arn, null) == null
      ? true
      : can(regex(
        "^arn:aws[a-z-]*:kms:${local.region}:[0-9]{12}:key/[a-zA-Z0-9-]+$",
        var.event_source_filter_kms_key_arn,
      ))
    )
    error_message = "The event_source_filter_kms_key_arn value must be the ARN of a KMS key (not of an alias) in ${local.region}. Got ${jsonencode(try(var.event_source_filter_kms_key_arn, null))}."
  }

  validation {
    condition     = var.event_source_filter_kms_key_arn == null || length(var.event_source_filter_patterns) > 0
    error_message = "Remove event_source_filter_kms_key_arn: it has no effect without event_source_filter_patterns."
  }
}

variable "event_source_metrics_enabled" {
  description = "Set to `true` for metrics of the mapping (`EventCount`), charged as custom metrics."
  type        = bool
  default     = false
  nullable    = false
}

variable "event_source_tags" {
  description = "Tags for the event source mapping only. They require `lambda:TagResource`, and some partitions do not support them. The `default_tags` of the provider are added to them, also if this is empty."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = length(var.event_source_tags) <= 50
    error_message = "The event_source_tags value must be a map of at most 50. Got ${length(var.event_source_tags)}."
  }

  validation {
    condition = alltrue([
      for key, value in var.event_source_tags :
      length(key) >= 1
      && length(key) <= 128
      && !startswith(lower(key), "aws:")
      && can(regex("^[\\p{L}\\p{Z}\\p{N}_.:/=+@-]*$", key))
      && try(length(value) <= 256, false)
      && can(regex("^[\\p{L}\\p{Z}\\p{N}_.:/=+@-]*$", value))
    ])
    error_message = "The event_source_tags value must be keyed by 1 to 128 letters, digits, spaces, and _.:/=+-@ that do not begin with aws:, with values of at most 256 of these characters. Got ${jsonencode({ for key, value in var.event_source_tags : key => value if !(length(key) >= 1 && length(key) <= 128 && !startswith(lower(key), "aws:") && can(regex("^[\\p{L}\\p{Z}\\p{N}_.:/=+@-]*$", key)) && try(length(value) <= 256, false) && can(regex("^[\\p{L}\\p{Z}\\p{N}_.:/=+@-]*$", value))) })}."
  }
}
