# Generated from generator/templates/variables.tf by "python -m generator build"; do not edit.

# General

variable "name" {
  description = "Name of the pipeline, from which the module derives the names of its resources. A derived name that is longer than AWS allows is cut and ends with a hash."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9_-]{3,255}$", var.name))
    error_message = "The name value must be 3 to 255 letters, digits, hyphens, and underscores. Got ${jsonencode(var.name)}."
  }
}

variable "tags" {
  description = "Tags for all taggable resources that the module creates, except the event source mapping. `event_source_tags` are those of the mapping."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = length(var.tags) <= 50
    error_message = "The tags value must be a map of at most 50. Got ${length(var.tags)}."
  }

  validation {
    condition = alltrue([
      for key, value in var.tags :
      length(key) >= 1
      && length(key) <= 128
      && !startswith(lower(key), "aws:")
      && can(regex("^[\\p{L}\\p{Z}\\p{N}_.:/=+@-]*$", key))
      && try(length(value) <= 256, false)
      && can(regex("^[\\p{L}\\p{Z}\\p{N}_.:/=+@-]*$", value))
    ])
    error_message = "The tags value must be keyed by 1 to 128 letters, digits, spaces, and _.:/=+-@ that do not begin with aws:, with values of at most 256 of these characters. Got ${jsonencode({ for key, value in var.tags : key => value if !(length(key) >= 1 && length(key) <= 128 && !startswith(lower(key), "aws:") && can(regex("^[\\p{L}\\p{Z}\\p{N}_.:/=+@-]*$", key)) && try(length(value) <= 256, false) && can(regex("^[\\p{L}\\p{Z}\\p{N}_.:/=+@-]*$", value))) })}."
  }

  validation {
    condition = (
      var.existing_role != null
      || var.existing_function != null
      || length(distinct([for key in keys(var.tags) : lower(key)])) == length(var.tags)
    )
    error_message = "The tags value must be keyed by names that differ in more than upper and lower case, for the role. Got ${jsonencode([for key in keys(var.tags) : key if length([for other in keys(var.tags) : other if lower(other) == lower(key)]) > 1])}."
  }
}

variable "existing_table" {
  # any, because Terraform removes unknown keys from an object of a declared type
  description = "Existing table whose stream to process; the module then creates no table. Set `kms_key_arn` if a customer managed key encrypts it, and `account_id` if another account owns it: the owner must let the role read the stream. Type: object({ stream_arn = string, kms_key_arn = optional(string), account_id = optional(string) })."
  type        = any
  default     = null

  validation {
    condition = (
      var.existing_table == null
      ? true
      : length(setsubtract(try(keys(var.existing_table), []), ["account_id", "kms_key_arn", "stream_arn"])) == 0
    )
    error_message = "The keys in existing_table must be stream_arn, kms_key_arn, or account_id. Got ${join(", ", [for key in setsubtract(try(keys(var.existing_table), []), ["account_id", "kms_key_arn", "stream_arn"]) : "${key}${join("", [for known in ["account_id", "kms_key_arn", "stream_arn"] : " (did you mean ${known}?)" if startswith(lower(key), substr(known, 0, 3))])}"])}."
  }

  validation {
    condition = (
      var.existing_table == null
      ? true
      : can([
        tostring(var.existing_table.stream_arn), tostring(try(var.existing_table.kms_key_arn, null)),
        tostring(try(var.existing_table.account_id, null)),
      ])
    )
    error_message = "The existing_table value must be of type object({ stream_arn = string, kms_key_arn = optional(string), account_id = optional(string) }). Got ${jsonencode(var.existing_table)}."
  }

  validation {
    condition = (
      var.existing_table == null
      ? true
      : can(regex(
        "^arn:aws[a-z-]*:dynamodb:${local.region}:[0-9]{12}:table/[a-zA-Z0-9_.-]+/stream/[0-9T:.-]+$",
        var.existing_table.stream_arn,
      ))
    )
    error_message = "The existing_table.stream_arn value must be the ARN of a table's stream (...:table/NAME/stream/LABEL) in ${local.region}. Got ${jsonencode(try(var.existing_table.stream_arn, null))}."
  }

  validation {
    condition = (
      try(var.existing_table.kms_key_arn, null) == null
      ? true
      : can(regex("^arn:aws[a-z-]*:kms:${local.region}:[0-9]{12}:key/[a-zA-Z0-9-]+$", var.existing_table.kms_key_arn))
    )
    error_message = "The existing_table.kms_key_arn value must be the ARN of a KMS key (not of an alias) in ${local.region}. Got ${jsonencode(try(var.existing_table.kms_key_arn, null))}."
  }

  validation {
    condition = (
      var.existing_table == null
      ? true
      : (try(var.existing_table.account_id, null) == null || can(regex("^[0-9]{12}$", var.existing_table.account_id)))
    )
    error_message = "The existing_table.account_id value must be the 12 digits of an account. Got ${jsonencode(try(var.existing_table.account_id, null))}."
  }

  validation {
    condition = (
      try(var.existing_table.account_id, null) == null
      ? true
      : try(split(":", var.existing_table.stream_arn)[4], "") == var.existing_table.account_id
    )
    error_message = "The existing_table.account_id value must be that of stream_arn. Got ${jsonencode(try(var.existing_table.account_id, null))}."
  }

  validation {
    condition = (
      var.existing_table == null
      ? true
      : (
        try(var.existing_table.account_id, null) != null
        || try(split(":", var.existing_table.stream_arn)[4] == split(":", var.existing_role.arn)[4], true)
      )
    )
    error_message = "Set existing_table.account_id: existing_role is of another account than stream_arn. Got ${jsonencode(try(var.existing_table.stream_arn, null))}."
  }

  validation {
    condition     = var.existing_table == null || length(local.table_options) == 0
    error_message = "Remove ${join(", ", local.table_options)}: no effect when existing_table is set."
  }
}

variable "existing_function" {
  description = "Existing function, or alias of one, to invoke; the module then creates no function. Its role, `role_name`, gets the permissions of the pipeline as two inline policies."
  type = object({
    arn       = string
    role_name = string
  })
  default = null

  validation {
    condition = (
      var.existing_function == null
      ? true
      : can(regex(
        "^arn:aws[a-z-]*:lambda:${local.region}:[0-9]{12}:function:[a-zA-Z0-9_-]{1,64}(:[a-zA-Z0-9_-]{1,128})?$",
        var.existing_function.arn,
      ))
    )
    error_message = "The existing_function.arn value must be the ARN of a function or alias (...:function:NAME[:ALIAS]) in ${local.region}. Got ${jsonencode(try(var.existing_function.arn, null))}."
  }

  validation {
    condition = (
      var.existing_function == null
      ? true
      : can(regex("^[a-zA-Z0-9+=,.@_-]{1,64}$", var.existing_function.role_name))
    )
    error_message = "The existing_function.role_name value must be the name of a role (not its ARN). Got ${jsonencode(try(var.existing_function.role_name, null))}."
  }

  validation {
    condition     = var.existing_function != null || length(local.function_packages) == 1
    error_message = "Set exactly one of function_filename, function_s3, function_image_uri, and existing_function. Pipeline \"${var.name}\" sets ${jsonencode(local.function_packages)}."
  }

  validation {
    condition     = var.existing_function == null || length(local.function_options) == 0
    error_message = "Remove ${join(", ", local.function_options)}: no effect when existing_function is set."
  }
}

variable "existing_role" {
  description = "Existing role for the function; the module then creates no role. It gets the permissions of the pipeline as two inline policies."
  type = object({
    arn  = string
    name = string
  })
  default = null

  validation {
    condition = (
      var.existing_role == null
      ? true
      : can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:role/([!-~]+/)?[a-zA-Z0-9+=,.@_-]{1,64}$", var.existing_role.arn))
    )
    error_message = "The existing_role.arn value must be the ARN of a role. Got ${jsonencode(try(var.existing_role.arn, null))}."
  }

  validation {
    condition     = var.existing_role == null ? true : can(regex("^[a-zA-Z0-9+=,.@_-]{1,64}$", var.existing_role.name))
    error_message = "The existing_role.name value must be the name of a role (not its ARN). Got ${jsonencode(try(var.existing_role.name, null))}."
  }

  validation {
    condition = (
      var.existing_role == null
      ? true
      : try(endswith(var.existing_role.arn, "/${var.existing_role.name}"), false)
    )
    error_message = "The existing_role.name value must be the name of the role in arn. Got ${jsonencode(try(var.existing_role.name, null))}."
  }

  validation {
    condition     = var.existing_role == null || length(local.role_options) == 0
    error_message = "Remove ${join(", ", local.role_options)}: no effect when existing_role is set."
  }
}
