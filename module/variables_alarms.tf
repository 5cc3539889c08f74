# Generated from generator/templates/variables.tf by "python -m generator build"; do not edit.

# Monitoring

variable "alarm_actions" {
  description = "ARNs to notify when an alarm enters ALARM, for example of SNS topics. The module creates the alarms if an action is set."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = length(var.alarm_actions) <= 5
    error_message = "The alarm_actions value must be a list of at most 5. Got ${length(var.alarm_actions)}."
  }

  validation {
    condition = alltrue([
      for arn in var.alarm_actions :
      can(regex(
        "^arn:aws[a-z-]*:([a-z0-9-]+:${local.region}:[0-9]{12}:.+|ssm-incidents::[0-9]{12}:response-plan/.+)$",
        arn,
      ))
    ])
    error_message = "The alarm_actions value must be a list of ARNs in ${local.region}, for example of SNS topics. Got ${jsonencode([for arn in var.alarm_actions : arn if !can(regex("^arn:aws[a-z-]*:([a-z0-9-]+:${local.region}:[0-9]{12}:.+|ssm-incidents::[0-9]{12}:response-plan/.+)$", arn))])}."
  }
}

variable "alarm_ok_actions" {
  description = "ARNs to notify when an alarm returns to OK."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = length(var.alarm_ok_actions) <= 5
    error_message = "The alarm_ok_actions value must be a list of at most 5. Got ${length(var.alarm_ok_actions)}."
  }

  validation {
    condition = alltrue([
      for arn in var.alarm_ok_actions :
      can(regex(
        "^arn:aws[a-z-]*:([a-z0-9-]+:${local.region}:[0-9]{12}:.+|ssm-incidents::[0-9]{12}:response-plan/.+)$",
        arn,
      ))
    ])
    error_message = "The alarm_ok_actions value must be a list of ARNs in ${local.region}, for example of SNS topics. Got ${jsonencode([for arn in var.alarm_ok_actions : arn if !can(regex("^arn:aws[a-z-]*:([a-z0-9-]+:${local.region}:[0-9]{12}:.+|ssm-incidents::[0-9]{12}:response-plan/.+)$", arn))])}."
  }
}

variable "alarm_iterator_age_threshold_seconds" {
  description = "Iterator age, in seconds, at which the `iterator_age` alarm enters ALARM. Records expire at 86,400."
  type        = number
  default     = 3600
  nullable    = false

  validation {
    condition = (
      var.alarm_iterator_age_threshold_seconds >= 1
      && var.alarm_iterator_age_threshold_seconds <= 86400
      && floor(var.alarm_iterator_age_threshold_seconds) == var.alarm_iterator_age_threshold_seconds
    )
    error_message = "The alarm_iterator_age_threshold_seconds value must be a whole number from 1 to 86400 (seconds). Got ${jsonencode(var.alarm_iterator_age_threshold_seconds)}."
  }
}

variable "alarm_errors_threshold" {
  description = "Failed invocations in 5 minutes at which the `errors` alarm enters ALARM."
  type        = number
  default     = 1
  nullable    = false

  validation {
    condition = (
      var.alarm_errors_threshold >= 1
      && var.alarm_errors_threshold <= 1000000
      && floor(var.alarm_errors_threshold) == var.alarm_errors_threshold
    )
    error_message = "The alarm_errors_threshold value must be a whole number from 1 to 1000000 (invocations). Got ${jsonencode(var.alarm_errors_threshold)}."
  }
}

variable "alarm_throttles_threshold" {
  description = "Throttled invocations in 5 minutes at which the `throttles` alarm enters ALARM."
  type        = number
  default     = 1
  nullable    = false

  validation {
    condition = (
      var.alarm_throttles_threshold >= 1
      && var.alarm_throttles_threshold <= 1000000
      && floor(var.alarm_throttles_threshold) == var.alarm_throttles_threshold
    )
    error_message = "The alarm_throttles_threshold value must be a whole number from 1 to 1000000 (invocations). Got ${jsonencode(var.alarm_throttles_threshold)}."
  }
}

variable "alarm_dead_letters_threshold" {
  description = "Messages in the on-failure queue at which the `dead_letters` alarm enters ALARM."
  type        = number
  default     = 1
  nullable    = false

  validation {
    condition = (
      var.alarm_dead_letters_threshold >= 1
      && var.alarm_dead_letters_threshold <= 1000000
      && floor(var.alarm_dead_letters_threshold) == var.alarm_dead_letters_threshold
    )
    error_message = "The alarm_dead_letters_threshold value must be a whole number from 1 to 1000000 (messages). Got ${jsonencode(var.alarm_dead_letters_threshold)}."
  }
}

variable "alarm_failed_deliveries_threshold" {
  description = "Failed deliveries to the on-failure destination in 5 minutes at which the `failed_deliveries` alarm enters ALARM."
  type        = number
  default     = 1
  nullable    = false

  validation {
    condition = (
      var.alarm_failed_deliveries_threshold >= 1
      && var.alarm_failed_deliveries_threshold <= 1000000
      && floor(var.alarm_failed_deliveries_threshold) == var.alarm_failed_deliveries_threshold
    )
    error_message = "The alarm_failed_deliveries_threshold value must be a whole number from 1 to 1000000 (deliveries). Got ${jsonencode(var.alarm_failed_deliveries_threshold)}."
  }
}

variable "alarm_stalled_minutes" {
  description = "Minutes of table writes without invocations at which the `stalled` alarm enters ALARM (rounded up to a multiple of 5). `0` turns the alarm off. With filter patterns, the alarm requires `event_source_metrics_enabled`."
  type        = number
  default     = 15
  nullable    = false

  validation {
    condition = (
      var.alarm_stalled_minutes == 0
      || (
        var.alarm_stalled_minutes >= 5
        && var.alarm_stalled_minutes <= 1440
        && floor(var.alarm_stalled_minutes) == var.alarm_stalled_minutes
      )
    )
    error_message = "The alarm_stalled_minutes value must be 0 or a whole number from 5 to 1440 (minutes). Got ${jsonencode(var.alarm_stalled_minutes)}."
  }
}

variable "alarm_cross_account_observability" {
  description = "Set to `true` if this account sees the metrics of the account in `existing_table.account_id` (CloudWatch cross-account observability). Without them, the module does not create the alarm `stalled`."
  type        = bool
  default     = false
  nullable    = false

  validation {
    condition     = !var.alarm_cross_account_observability || try(var.existing_table.account_id, null) != null
    error_message = "Set existing_table.account_id, or remove alarm_cross_account_observability: it has no effect without."
  }
}

variable "dashboard_enabled" {
  description = "Set to `true` to create a CloudWatch dashboard."
  type        = bool
  default     = false
  nullable    = false
}
