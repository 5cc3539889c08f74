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

variable "alarm_insufficient_data_actions" {
  description = "ARNs to notify when an alarm enters INSUFFICIENT_DATA."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = length(var.alarm_insufficient_data_actions) <= 5
    error_message = "The alarm_insufficient_data_actions value must be a list of at most 5. Got ${length(var.alarm_insufficient_data_actions)}."
  }

  validation {
    condition = alltrue([
      for arn in var.alarm_insufficient_data_actions :
      can(regex(
        "^arn:aws[a-z-]*:([a-z0-9-]+:${local.region}:[0-9]{12}:.+|ssm-incidents::[0-9]{12}:response-plan/.+)$",
        arn,
      ))
    ])
    error_message = "The alarm_insufficient_data_actions value must be a list of ARNs in ${local.region}, for example of SNS topics. Got ${jsonencode([for arn in var.alarm_insufficient_data_actions : arn if !can(regex("^arn:aws[a-z-]*:([a-z0-9-]+:${local.region}:[0-9]{12}:.+|ssm-incidents::[0-9]{12}:response-plan/.+)$", arn))])}."
  }
}

variable "alarms_enabled" {
  description = "Set to `true` or `false` to create alarms or none. By default, the module creates them if an action is set. Required if Terraform does not know the number of actions at plan: it then reports an invalid `for_each` or `count` argument."
  type        = bool
  default     = null
}

variable "alarms" {
  # any, because Terraform removes unknown keys from an object of a declared type
  description = "Settings by the name of an alarm: `iterator_age`, `errors`, `throttles`, `dead_letters`, `dead_letters_of_destination`, `failed_deliveries`, `discarded`, or `stalled`. `threshold` (of `iterator_age` in seconds) takes precedence over the variable of the alarm, `actions` over `alarm_actions`; `period` is in seconds, 300 by default. Type: map(object({ enabled = optional(bool, true), threshold = optional(number), evaluation_periods = optional(number), datapoints_to_alarm = optional(number), period = optional(number), actions = optional(list(string)), treat_missing_data = optional(string) }))."
  type        = any
  default     = {}
  nullable    = false

  validation {
    condition = alltrue([
      for entry in values(var.alarms) :
      length(setsubtract(
        try(keys(entry), []),
        ["actions", "datapoints_to_alarm", "enabled", "evaluation_periods", "period", "threshold", "treat_missing_data"],
      )) == 0
    ])
    error_message = "The keys in alarms must be enabled, threshold, evaluation_periods, datapoints_to_alarm, period, actions, or treat_missing_data. Got ${join(", ", flatten([for id, entry in var.alarms : [for key in setsubtract(try(keys(entry), []), ["actions", "datapoints_to_alarm", "enabled", "evaluation_periods", "period", "threshold", "treat_missing_data"]) : "${id}.${key}${join("", [for known in ["actions", "datapoints_to_alarm", "enabled", "evaluation_periods", "period", "threshold", "treat_missing_data"] : " (did you mean ${known}?)" if startswith(lower(key), substr(known, 0, 3))])}"]]))}."
  }

  validation {
    condition = alltrue([
      for entry in values(var.alarms) :
      can([
        keys(entry), tobool(try(entry.enabled, null)), tonumber(try(entry.threshold, null)),
        tonumber(try(entry.evaluation_periods, null)), tonumber(try(entry.datapoints_to_alarm, null)),
        tonumber(try(entry.period, null)),
        try(entry.actions, null) == null ? [] : [for item in tolist(entry.actions) : tostring(item)],
        tostring(try(entry.treat_missing_data, null)),
      ])
    ])
    error_message = "The alarms value must be of type map(object({ enabled = optional(bool, true), threshold = optional(number), evaluation_periods = optional(number), datapoints_to_alarm = optional(number), period = optional(number), actions = optional(list(string)), treat_missing_data = optional(string) })). Got ${jsonencode({ for id, entry in var.alarms : id => entry if !can([keys(entry), tobool(try(entry.enabled, null)), tonumber(try(entry.threshold, null)), tonumber(try(entry.evaluation_periods, null)), tonumber(try(entry.datapoints_to_alarm, null)), tonumber(try(entry.period, null)), try(entry.actions, null) == null ? [] : [for item in tolist(entry.actions) : tostring(item)], tostring(try(entry.treat_missing_data, null))]) })}."
  }

  validation {
    condition = alltrue([
      for name in keys(var.alarms) :
      contains(
        [
          "iterator_age", "errors", "throttles", "dead_letters", "dead_letters_of_destination", "failed_deliveries",
          "discarded", "stalled",
        ],
        name,
      )
    ])
    error_message = "The alarms value must be keyed by iterator_age, errors, throttles, dead_letters, dead_letters_of_destination, failed_deliveries, discarded, or stalled. Got ${jsonencode([for name in keys(var.alarms) : name if !contains(["iterator_age", "errors", "throttles", "dead_letters", "dead_letters_of_destination", "failed_deliveries", "discarded", "stalled"], name)])}."
  }

  validation {
    condition = alltrue([
      for name, alarm in var.alarms :
      alltrue([
        for number in [try(alarm.threshold, null), try(alarm.evaluation_periods, null), try(alarm.datapoints_to_alarm, null), try(alarm.period, null)] :
        try(number >= 1, true)
      ])
      && alltrue([
        for number in [try(alarm.evaluation_periods, null), try(alarm.datapoints_to_alarm, null), try(alarm.period, null)] :
        try(number % 1 == 0, true)
      ])
      && coalesce(
        try(alarm.datapoints_to_alarm, null),
        1,
      ) <= coalesce(try(alarm.evaluation_periods, null), name == "stalled" ? ceil(max(var.alarm_stalled_minutes, 5) / 5) : 1)
    ])
    error_message = "The alarms value must be alarms with numbers from 1, whole numbers except for threshold, and at most evaluation_periods as datapoints_to_alarm. Got ${jsonencode({ for name, alarm in var.alarms : name => alarm if !(alltrue([for number in [try(alarm.threshold, null), try(alarm.evaluation_periods, null), try(alarm.datapoints_to_alarm, null), try(alarm.period, null)] : try(number >= 1, true)]) && alltrue([for number in [try(alarm.evaluation_periods, null), try(alarm.datapoints_to_alarm, null), try(alarm.period, null)] : try(number % 1 == 0, true)]) && coalesce(try(alarm.datapoints_to_alarm, null), 1) <= coalesce(try(alarm.evaluation_periods, null), name == "stalled" ? ceil(max(var.alarm_stalled_minutes, 5) / 5) : 1)) })}."
  }

  validation {
    condition = alltrue([
      for name, alarm in var.alarms :
      coalesce(try(alarm.period, null), 300) % 60 == 0
      && coalesce(
        try(alarm.period, null),
        300,
      ) * coalesce(try(alarm.evaluation_periods, null), 1) <= (coalesce(try(alarm.period, null), 300) < 3600 ? 86400 : 604800)
    ])
    error_message = "The alarms value must be alarms with a period that is a multiple of 60, and with periods of at most 1 day together, or 7 days if a period is 1 hour or longer. Got ${jsonencode({ for name, alarm in var.alarms : name => alarm if !(coalesce(try(alarm.period, null), 300) % 60 == 0 && coalesce(try(alarm.period, null), 300) * coalesce(try(alarm.evaluation_periods, null), 1) <= (coalesce(try(alarm.period, null), 300) < 3600 ? 86400 : 604800)) })}."
  }

  validation {
    condition = alltrue([
      for name, alarm in var.alarms :
      try(alarm.treat_missing_data, null) == null
      ? true
      : contains(["missing", "ignore", "breaching", "notBreaching"], alarm.treat_missing_data)
    ])
    error_message = "The alarms value must be alarms with treat_missing_data missing, ignore, breaching, or notBreaching. Got ${jsonencode({ for name, alarm in var.alarms : name => alarm if !(try(alarm.treat_missing_data, null) == null ? true : contains(["missing", "ignore", "breaching", "notBreaching"], alarm.treat_missing_data)) })}."
  }

  validation {
    condition = alltrue([
      for name, alarm in var.alarms :
      length(try(alarm.actions[*], [])) <= 5
      && alltrue([
        for arn in try(alarm.actions[*], []) :
        can(regex(
          "^arn:aws[a-z-]*:([a-z0-9-]+:${local.region}:[0-9]{12}:.+|ssm-incidents::[0-9]{12}:response-plan/.+)$",
          arn,
        ))
      ])
    ])
    error_message = "The alarms value must be alarms with at most 5 actions, which are ARNs in ${local.region}. Got ${jsonencode({ for name, alarm in var.alarms : name => alarm if !(length(try(alarm.actions[*], [])) <= 5 && alltrue([for arn in try(alarm.actions[*], []) : can(regex("^arn:aws[a-z-]*:([a-z0-9-]+:${local.region}:[0-9]{12}:.+|ssm-incidents::[0-9]{12}:response-plan/.+)$", arn))])) })}."
  }

  validation {
    condition     = try(var.alarms.stalled.threshold, null) == null && try(var.alarms.stalled.period, null) == null
    error_message = "The alarms value must be without threshold and period of stalled, which have no effect. Got ${jsonencode(try(var.alarms.stalled, null))}."
  }
}

variable "alarm_actions_enabled" {
  description = "Set to `false` to notify nobody, for example during maintenance. The alarms keep their states."
  type        = bool
  default     = true
  nullable    = false
}

variable "alarm_runbook_url" {
  description = "URL of a runbook for the descriptions of the alarms."
  type        = string
  default     = null

  validation {
    condition     = var.alarm_runbook_url == null ? true : can(regex("^https?://[^\\s]{1,400}$", var.alarm_runbook_url))
    error_message = "The alarm_runbook_url value must be a URL of at most 400 characters that begins with https:// or http://. Got ${jsonencode(var.alarm_runbook_url)}."
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
  default     = 3
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
  default     = 3
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
