# Generated from generator/templates/variables.tf by "python -m generator build"; do not edit.

# Function logs

variable "function_log_format" {
  description = "Format of the function's logs."
  type        = string
  default     = "JSON"
  nullable    = false

  validation {
    condition     = contains(["JSON", "Text"], var.function_log_format)
    error_message = "The function_log_format value must be JSON or Text. Got ${jsonencode(var.function_log_format)}."
  }
}

variable "function_application_log_level" {
  description = "Lowest level of the function's own log entries to keep. Applies to the log format `JSON` only."
  type        = string
  default     = "INFO"
  nullable    = false

  validation {
    condition     = contains(["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"], var.function_application_log_level)
    error_message = "The function_application_log_level value must be TRACE, DEBUG, INFO, WARN, ERROR, or FATAL. Got ${jsonencode(var.function_application_log_level)}."
  }

  validation {
    condition     = var.function_log_format == "JSON" || var.function_application_log_level == "INFO"
    error_message = "Remove function_application_log_level: it has no effect when function_log_format is Text."
  }
}

variable "function_system_log_level" {
  description = "Lowest level of Lambda's log entries about the function to keep. Applies to the log format `JSON` only."
  type        = string
  default     = "WARN"
  nullable    = false

  validation {
    condition     = contains(["DEBUG", "INFO", "WARN"], var.function_system_log_level)
    error_message = "The function_system_log_level value must be DEBUG, INFO, or WARN. Got ${jsonencode(var.function_system_log_level)}."
  }

  validation {
    condition     = var.function_log_format == "JSON" || var.function_system_log_level == "WARN"
    error_message = "Remove function_system_log_level: it has no effect when function_log_format is Text."
  }
}

variable "function_log_retention_in_days" {
  description = "Days to keep the logs. `0` keeps them forever."
  type        = number
  default     = 365
  nullable    = false

  validation {
    condition = contains(
      [0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653],
      var.function_log_retention_in_days,
    )
    error_message = "The function_log_retention_in_days value must be 0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, or 3653. Got ${jsonencode(var.function_log_retention_in_days)}."
  }
}

variable "function_log_kms_key_arn" {
  description = "Customer managed key of the log group. Its key policy must allow CloudWatch Logs."
  type        = string
  default     = null

  validation {
    condition = (
      try(var.function_log_kms_key_arn, null) == null
      ? true
      : can(regex("^arn:aws[a-z-]*:kms:${local.region}:[0-9]{12}:key/[a-zA-Z0-9-]+$", var.function_log_kms_key_arn))
    )
    error_message = "The function_log_kms_key_arn value must be the ARN of a KMS key (not of an alias) in ${local.region}. Got ${jsonencode(try(var.function_log_kms_key_arn, null))}."
  }
}

variable "function_log_group_class" {
  description = "Class of the log group. It can only be chosen when the log group is created."
  type        = string
  default     = "STANDARD"
  nullable    = false

  validation {
    condition     = contains(["STANDARD", "INFREQUENT_ACCESS"], var.function_log_group_class)
    error_message = "The function_log_group_class value must be STANDARD or INFREQUENT_ACCESS. Got ${jsonencode(var.function_log_group_class)}."
  }
}

variable "function_log_skip_destroy" {
  description = "Set to `true` to keep the log group when Terraform destroys it: it is only removed from the state. Apply the argument before the change that destroys the log group."
  type        = bool
  default     = false
  nullable    = false
}

variable "function_log_group" {
  description = "Existing log group for the function; the module then creates no log group. The role may write to it, and the module changes nothing else of it."
  type = object({
    arn = string
  })
  default = null

  validation {
    condition = (
      var.function_log_group == null
      ? true
      : can(regex(
        "^arn:aws[a-z-]*:logs:${local.region}:[0-9]{12}:log-group:[a-zA-Z0-9_/.#-]{1,512}(:\\*)?$",
        var.function_log_group.arn,
      ))
    )
    error_message = "The function_log_group.arn value must be the ARN of a log group (...:log-group:NAME) in ${local.region}. Got ${jsonencode(try(var.function_log_group.arn, null))}."
  }

  validation {
    condition = (
      var.function_log_group == null
      ? true
      : try(split(":", var.function_log_group.arn)[4] == split(":", var.existing_role.arn)[4], true)
    )
    error_message = "The function_log_group.arn value must be of the account of existing_role. Got ${jsonencode(try(var.function_log_group.arn, null))}."
  }

  validation {
    condition     = var.function_log_group == null || length(local.log_group_options) == 0
    error_message = "Remove ${join(", ", local.log_group_options)}: no effect when function_log_group is set."
  }
}
