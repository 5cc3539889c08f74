# Generated from generator/templates/variables.tf by "python -m generator build"; do not edit.

# On-failure destination

variable "dead_letter_queue_enabled" {
  description = "Set to `false` to not create the dead-letter queue. Without an on-failure destination, Lambda discards failed records without notification."
  type        = bool
  default     = true
  nullable    = false

  validation {
    condition     = var.dead_letter_queue_enabled || length(local.dead_letter_queue_options) == 0
    error_message = "Remove ${join(", ", local.dead_letter_queue_options)}: no effect when dead_letter_queue_enabled is false."
  }
}

variable "dead_letter_queue_name" {
  description = "Name of the queue. Defaults to `name` with `-dlq`, cut to 80."
  type        = string
  default     = null

  validation {
    condition = (
      var.dead_letter_queue_name == null
      ? true
      : can(regex("^[a-zA-Z0-9_-]{1,80}$", var.dead_letter_queue_name))
    )
    error_message = "The dead_letter_queue_name value must be 1 to 80 letters, digits, hyphens, and underscores (not a FIFO queue). Got ${jsonencode(var.dead_letter_queue_name)}."
  }
}

variable "dead_letter_queue_message_retention_seconds" {
  description = "Message retention period, in seconds: at least the 24 hours of the stream."
  type        = number
  default     = 1209600
  nullable    = false

  validation {
    condition = (
      var.dead_letter_queue_message_retention_seconds >= 86400
      && var.dead_letter_queue_message_retention_seconds <= 1209600
      && floor(var.dead_letter_queue_message_retention_seconds) == var.dead_letter_queue_message_retention_seconds
    )
    error_message = "The dead_letter_queue_message_retention_seconds value must be a whole number from 86400 to 1209600 (seconds). Got ${jsonencode(var.dead_letter_queue_message_retention_seconds)}."
  }
}

variable "dead_letter_queue_visibility_timeout_seconds" {
  description = "Visibility timeout of a received message, in seconds."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition = (
      var.dead_letter_queue_visibility_timeout_seconds >= 0
      && var.dead_letter_queue_visibility_timeout_seconds <= 43200
      && floor(var.dead_letter_queue_visibility_timeout_seconds) == var.dead_letter_queue_visibility_timeout_seconds
    )
    error_message = "The dead_letter_queue_visibility_timeout_seconds value must be a whole number from 0 to 43200 (seconds). Got ${jsonencode(var.dead_letter_queue_visibility_timeout_seconds)}."
  }
}

variable "dead_letter_queue_receive_wait_time_seconds" {
  description = "Time for which a receive request waits for a message, in seconds. `0` turns long polling off."
  type        = number
  default     = 0
  nullable    = false

  validation {
    condition = (
      var.dead_letter_queue_receive_wait_time_seconds >= 0
      && var.dead_letter_queue_receive_wait_time_seconds <= 20
      && floor(var.dead_letter_queue_receive_wait_time_seconds) == var.dead_letter_queue_receive_wait_time_seconds
    )
    error_message = "The dead_letter_queue_receive_wait_time_seconds value must be a whole number from 0 to 20 (seconds). Got ${jsonencode(var.dead_letter_queue_receive_wait_time_seconds)}."
  }
}

variable "dead_letter_queue_kms_key_arn" {
  description = "Customer managed key of the queue, or `alias/aws/sqs` for the AWS managed key. Defaults to a key that SQS owns (SSE-SQS)."
  type        = string
  default     = null

  validation {
    condition = (
      try(var.dead_letter_queue_kms_key_arn, null) == null
      ? true
      : can(regex(
        "^(arn:aws[a-z-]*:kms:${local.region}:[0-9]{12}:key/[a-zA-Z0-9-]+|alias/aws/sqs)$",
        var.dead_letter_queue_kms_key_arn,
      ))
    )
    error_message = "The dead_letter_queue_kms_key_arn value must be the ARN of a KMS key (not of an alias) in ${local.region}, or alias/aws/sqs. Got ${jsonencode(try(var.dead_letter_queue_kms_key_arn, null))}."
  }
}

variable "dead_letter_queue_kms_data_key_reuse_period_seconds" {
  description = "Time for which SQS reuses a data key of the customer managed key, in seconds."
  type        = number
  default     = 300
  nullable    = false

  validation {
    condition = (
      var.dead_letter_queue_kms_data_key_reuse_period_seconds >= 60
      && var.dead_letter_queue_kms_data_key_reuse_period_seconds <= 86400
      && (
        floor(var.dead_letter_queue_kms_data_key_reuse_period_seconds)
        == var.dead_letter_queue_kms_data_key_reuse_period_seconds
      )
    )
    error_message = "The dead_letter_queue_kms_data_key_reuse_period_seconds value must be a whole number from 60 to 86400 (seconds). Got ${jsonencode(var.dead_letter_queue_kms_data_key_reuse_period_seconds)}."
  }

  validation {
    condition = (
      var.dead_letter_queue_kms_data_key_reuse_period_seconds == 300
      || var.dead_letter_queue_kms_key_arn != null
    )
    error_message = "Remove dead_letter_queue_kms_data_key_reuse_period_seconds: it has no effect without dead_letter_queue_kms_key_arn."
  }
}

variable "dead_letter_queue_policy_statements" {
  # any, because Terraform removes unknown keys from an object of a declared type
  description = "Additional statements of the queue policy, keyed by statement ID, with principals by type (`AWS`, `Service`). The policy always denies requests without TLS. Type: map(object({ effect = optional(string, \"Allow\"), actions = list(string), principals = map(list(string)), conditions = optional(list(object({ test = string, variable = string, values = list(string) })), []) }))."
  type        = any
  default     = {}
  nullable    = false

  validation {
    condition = alltrue([
      for entry in values(var.dead_letter_queue_policy_statements) :
      length(setsubtract(try(keys(entry), []), ["actions", "conditions", "effect", "principals"])) == 0
    ])
    error_message = "The keys in dead_letter_queue_policy_statements must be effect, actions, principals, or conditions. Got ${join(", ", flatten([for id, entry in var.dead_letter_queue_policy_statements : [for key in setsubtract(try(keys(entry), []), ["actions", "conditions", "effect", "principals"]) : "${id}.${key}${join("", [for known in ["actions", "conditions", "effect", "principals"] : " (did you mean ${known}?)" if startswith(lower(key), substr(known, 0, 3))])}"]]))}."
  }

  validation {
    condition = alltrue([
      for entry in values(var.dead_letter_queue_policy_statements) :
      can([
        tostring(try(entry.effect, null)), [for item in tolist(entry.actions) : tostring(item)],
        { for key, inner in entry.principals : key => [for item in tolist(inner) : tostring(item)] },
        (
          try(entry.conditions, null) == null
          ? []
          : [
            for item in tolist(entry.conditions) :
            [tostring(item.test), tostring(item.variable), [for item in tolist(item.values) : tostring(item)]]
          ]
        ),
      ])
    ])
    error_message = "The dead_letter_queue_policy_statements value must be of type map(object({ effect = optional(string, \"Allow\"), actions = list(string), principals = map(list(string)), conditions = optional(list(object({ test = string, variable = string, values = list(string) })), []) })). Got ${jsonencode({ for id, entry in var.dead_letter_queue_policy_statements : id => entry if !can([tostring(try(entry.effect, null)), [for item in tolist(entry.actions) : tostring(item)], { for key, inner in entry.principals : key => [for item in tolist(inner) : tostring(item)] }, try(entry.conditions, null) == null ? [] : [for item in tolist(entry.conditions) : [tostring(item.test), tostring(item.variable), [for item in tolist(item.values) : tostring(item)]]]]) })}."
  }

  validation {
    condition = alltrue([
      for id, statement in var.dead_letter_queue_policy_statements :
      contains(["Allow", "Deny"], coalesce(try(statement.effect, null), "Allow"))
      && try(length(statement.actions) > 0, false)
    ])
    error_message = "The dead_letter_queue_policy_statements value must be a map of statements with effect Allow or Deny and at least one of actions. Got ${jsonencode({ for id, statement in var.dead_letter_queue_policy_statements : id => statement if !(contains(["Allow", "Deny"], coalesce(try(statement.effect, null), "Allow")) && try(length(statement.actions) > 0, false)) })}."
  }

  validation {
    condition = alltrue([
      for id, statement in var.dead_letter_queue_policy_statements :
      alltrue([
        for condition in try(statement.conditions[*], []) :
        join(" ", try(keys(condition), [])) == "test values variable"
      ])
    ])
    error_message = "The dead_letter_queue_policy_statements value must be a map of statements whose conditions have exactly the keys test, variable, and values. Got ${jsonencode({ for id, statement in var.dead_letter_queue_policy_statements : id => statement if !alltrue([for condition in try(statement.conditions[*], []) : join(" ", try(keys(condition), [])) == "test values variable"]) })}."
  }

  validation {
    condition = alltrue([
      for id, statement in var.dead_letter_queue_policy_statements :
      alltrue([
        for condition in try(statement.conditions[*], []) :
        can(regex(
          "^(ForAllValues:|ForAnyValue:)?(String(Not)?Equals(IgnoreCase)?|String(Not)?Like|Numeric(Not)?Equals|(Numeric|Date)(Less|Greater)Than(Equals)?|Date(Not)?Equals|Bool|BinaryEquals|(Not)?IpAddress|Arn(Not)?(Equals|Like)|Null)(IfExists)?$",
          condition.test,
        ))
        && try(
          (
            condition.variable != ""
            && alltrue([for value in condition.values : value != null])
            && length(condition.values) > 0
          ),
          false,
        )
      ])
    ])
    error_message = "The dead_letter_queue_policy_statements value must be a map of statements whose conditions have an operator of IAM as test, a variable, and values. Got ${jsonencode({ for id, statement in var.dead_letter_queue_policy_statements : id => statement if !alltrue([for condition in try(statement.conditions[*], []) : can(regex("^(ForAllValues:|ForAnyValue:)?(String(Not)?Equals(IgnoreCase)?|String(Not)?Like|Numeric(Not)?Equals|(Numeric|Date)(Less|Greater)Than(Equals)?|Date(Not)?Equals|Bool|BinaryEquals|(Not)?IpAddress|Arn(Not)?(Equals|Like)|Null)(IfExists)?$", condition.test)) && try(condition.variable != "" && alltrue([for value in condition.values : value != null]) && length(condition.values) > 0, false)]) })}."
  }

  validation {
    condition = alltrue([
      for id, statement in var.dead_letter_queue_policy_statements :
      can(regex("^[a-zA-Z0-9]+$", id))
      && id != "DenyInsecureTransport"
      && try(length(statement.principals) > 0, false)
    ])
    error_message = "The dead_letter_queue_policy_statements value must be keyed by letters and digits (not DenyInsecureTransport), with principals in each statement. Got ${jsonencode({ for id, statement in var.dead_letter_queue_policy_statements : id => statement if !(can(regex("^[a-zA-Z0-9]+$", id)) && id != "DenyInsecureTransport" && try(length(statement.principals) > 0, false)) })}."
  }

  validation {
    condition = alltrue([
      for id, statement in var.dead_letter_queue_policy_statements :
      try(
        (
          alltrue([for action in statement.actions : can(regex("^([*]|(sqs|SQS):[a-zA-Z0-9*?]+)$", action))])
          && length(statement.actions) <= 7
          && alltrue([
            for kind, names in statement.principals :
            contains(["AWS", "Service", "Federated", "CanonicalUser"], kind)
            && length(names) > 0
            && alltrue([for name in names : name != null])
          ])
        ),
        false,
      )
    ])
    error_message = "The dead_letter_queue_policy_statements value must be a map of statements with at most 7 actions of SQS, and with principals of type AWS, Service, Federated, or CanonicalUser. Got ${jsonencode({ for id, statement in var.dead_letter_queue_policy_statements : id => statement if !try(alltrue([for action in statement.actions : can(regex("^([*]|(sqs|SQS):[a-zA-Z0-9*?]+)$", action))]) && length(statement.actions) <= 7 && alltrue([for kind, names in statement.principals : contains(["AWS", "Service", "Federated", "CanonicalUser"], kind) && length(names) > 0 && alltrue([for name in names : name != null])]), false) })}."
  }
}

variable "on_failure_destination" {
  # any, because Terraform removes unknown keys from an object of a declared type
  description = "Existing on-failure destination: a standard queue (`sqs`), a standard topic (`sns`), or a bucket (`s3`, which also receives the records themselves). Set `kms_key_arn` if a customer managed key encrypts it. The module then creates no dead-letter queue. Type: object({ type = string, arn = string, kms_key_arn = optional(string) })."
  type        = any
  default     = null

  validation {
    condition = (
      var.on_failure_destination == null
      ? true
      : length(setsubtract(try(keys(var.on_failure_destination), []), ["arn", "kms_key_arn", "type"])) == 0
    )
    error_message = "The keys in on_failure_destination must be type, arn, or kms_key_arn. Got ${join(", ", [for key in setsubtract(try(keys(var.on_failure_destination), []), ["arn", "kms_key_arn", "type"]) : "${key}${join("", [for known in ["arn", "kms_key_arn", "type"] : " (did you mean ${known}?)" if startswith(lower(key), substr(known, 0, 3))])}"])}."
  }

  validation {
    condition = (
      var.on_failure_destination == null
      ? true
      : can([
        tostring(var.on_failure_destination.type), tostring(var.on_failure_destination.arn),
        tostring(try(var.on_failure_destination.kms_key_arn, null)),
      ])
    )
    error_message = "The on_failure_destination value must be of type object({ type = string, arn = string, kms_key_arn = optional(string) }). Got ${jsonencode(var.on_failure_destination)}."
  }

  validation {
    condition = (
      var.on_failure_destination == null
      ? true
      : try(contains(["sqs", "sns", "s3"], var.on_failure_destination.type), false)
    )
    error_message = "The on_failure_destination.type value must be sqs, sns, or s3. Got ${jsonencode(try(var.on_failure_destination.type, null))}."
  }

  validation {
    condition = (
      var.on_failure_destination == null
      ? true
      : can(regex(
        (
          var.on_failure_destination.type == "s3"
          ? "^arn:aws[a-z-]*:s3:::[a-zA-Z0-9][a-zA-Z0-9._-]{1,253}[a-zA-Z0-9]$"
          : "^arn:aws[a-z-]*:${var.on_failure_destination.type}:${local.region}:[0-9]{12}:[a-zA-Z0-9_.-]+$"
        ),
        var.on_failure_destination.arn,
      ))
    )
    error_message = "The on_failure_destination.arn value must be the ARN of a queue or a topic in ${local.region} or a bucket (no path), as type says. Got ${jsonencode(try(var.on_failure_destination.arn, null))}."
  }

  validation {
    condition     = !can(regex("[.]fifo$", var.on_failure_destination.arn))
    error_message = "The on_failure_destination.arn value must be of a standard queue or topic, not FIFO. Got ${jsonencode(try(var.on_failure_destination.arn, null))}."
  }

  validation {
    condition = (
      try(var.on_failure_destination.kms_key_arn, null) == null
      ? true
      : can(regex(
        "^arn:aws[a-z-]*:kms:${local.region}:[0-9]{12}:key/[a-zA-Z0-9-]+$",
        var.on_failure_destination.kms_key_arn,
      ))
    )
    error_message = "The on_failure_destination.kms_key_arn value must be the ARN of a KMS key (not of an alias) in ${local.region}. Got ${jsonencode(try(var.on_failure_destination.kms_key_arn, null))}."
  }

  validation {
    condition = (
      var.on_failure_destination == null
      || var.dead_letter_queue_kept
      || length(local.dead_letter_queue_options) == 0
    )
    error_message = "Remove ${join(", ", local.dead_letter_queue_options)}: no effect when on_failure_destination is set. Or set dead_letter_queue_kept to true."
  }
}

variable "dead_letter_queue_kept" {
  description = "Set to `true` to keep the dead-letter queue, with its messages, while `on_failure_destination` is set. Otherwise the queue is deleted with the messages in it."
  type        = bool
  default     = false
  nullable    = false

  validation {
    condition     = !var.dead_letter_queue_kept || var.dead_letter_queue_enabled
    error_message = "Remove dead_letter_queue_kept: it has no effect when dead_letter_queue_enabled is false."
  }
}
