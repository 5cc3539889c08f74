# Generated from generator/templates/variables.tf by "python -m generator build"; do not edit.

# Versions and alias of the function

variable "function_publish" {
  description = "Set to `true` to publish a version for each change. `function_alias` implies it."
  type        = bool
  default     = false
  nullable    = false
}

variable "function_alias" {
  description = "Alias of the latest version. The event source mapping then invokes the alias."
  type        = string
  default     = null

  validation {
    condition = (
      var.function_alias == null
      ? true
      : can(regex("^[0-9]*[a-zA-Z_-][a-zA-Z0-9_-]*$", var.function_alias))
    )
    error_message = "The function_alias value must be letters, digits, hyphens, and underscores, not only digits. Got ${jsonencode(var.function_alias)}."
  }

  validation {
    condition     = var.function_alias == null ? true : length(var.function_alias) <= 128
    error_message = "The function_alias value must be at most 128 characters. Got ${try(length(var.function_alias), 0)}."
  }
}

variable "function_alias_version" {
  description = "Version that the alias points to. Defaults to the latest version. Requires `function_alias`."
  type        = string
  default     = null

  validation {
    condition     = var.function_alias_version == null ? true : can(regex("^[1-9][0-9]*$", var.function_alias_version))
    error_message = "The function_alias_version value must be the number of a published version. Got ${jsonencode(var.function_alias_version)}."
  }

  validation {
    condition     = var.function_alias_version == null || var.function_alias != null
    error_message = "Set function_alias: function_alias_version requires it."
  }
}

variable "function_alias_routing" {
  description = "Share of the invocations (0 to 1) that go to a second version, keyed by its number. The rest goes to the version that the alias points to. Set that one with `function_alias_version`. Requires `function_alias`."
  type        = map(number)
  default     = {}
  nullable    = false

  validation {
    condition = (
      length(var.function_alias_routing) <= 1
      && alltrue([
        for version, weight in var.function_alias_routing :
        can(regex("^[1-9][0-9]*$", version))
        && try(weight >= 0 && weight <= 1, false)
      ])
    )
    error_message = "The function_alias_routing value must be a map of at most 1 version number to a number from 0 to 1. Got ${jsonencode(var.function_alias_routing)}."
  }

  validation {
    condition     = length(var.function_alias_routing) == 0 || var.function_alias != null
    error_message = "Set function_alias: function_alias_routing requires it."
  }

  validation {
    condition = (
      length(var.function_alias_routing) == 0
      ? true
      : try(!contains(keys(var.function_alias_routing), var.function_alias_version), true)
    )
    error_message = "The function_alias_routing value must not contain function_alias_version. Got ${jsonencode(var.function_alias_version)}."
  }
}

variable "function_snap_start" {
  description = "Set to `true` to start execution environments from a snapshot (SnapStart). Requires `function_alias`."
  type        = bool
  default     = false
  nullable    = false

  validation {
    condition     = !var.function_snap_start || var.function_alias != null
    error_message = "Set function_alias: function_snap_start requires it."
  }

  validation {
    condition = (
      !var.function_snap_start
      || can(regex(
        "^(java(11|17|2[1-9])|python3\\.1[2-9]|dotnet([89]|1[0-9]))$",
        coalesce(var.function_runtime, "none"),
      ))
    )
    error_message = "The function_runtime value must be Java 11, Python 3.12, .NET 8, or later when function_snap_start is true. Got ${jsonencode(var.function_runtime)}."
  }

  validation {
    condition = (
      !var.function_snap_start
      || (var.function_file_system == null && var.function_ephemeral_storage_size == 512)
    )
    error_message = "The function_ephemeral_storage_size value must be 512 when function_snap_start is true. It does not support function_file_system."
  }
}

variable "function_provisioned_concurrent_executions" {
  description = "Provisioned concurrency of the alias: execution environments that are ready to run. Requires `function_alias`."
  type        = number
  default     = null

  validation {
    condition = (
      var.function_provisioned_concurrent_executions == null
      ? true
      : (
        var.function_provisioned_concurrent_executions >= 1
        && var.function_provisioned_concurrent_executions <= 100000
        && floor(var.function_provisioned_concurrent_executions) == var.function_provisioned_concurrent_executions
      )
    )
    error_message = "The function_provisioned_concurrent_executions value must be a whole number from 1 to 100000. Got ${jsonencode(var.function_provisioned_concurrent_executions)}."
  }

  validation {
    condition = (
      var.function_provisioned_concurrent_executions == null
      || (var.function_alias != null && !var.function_snap_start)
    )
    error_message = "Set function_alias: function_provisioned_concurrent_executions requires it. It does not support function_snap_start."
  }

  validation {
    condition = (
      var.function_provisioned_concurrent_executions == null
      ? true
      : (
        var.function_reserved_concurrent_executions == -1
        || var.function_provisioned_concurrent_executions <= var.function_reserved_concurrent_executions
      )
    )
    error_message = "The function_provisioned_concurrent_executions value must be at most function_reserved_concurrent_executions (${var.function_reserved_concurrent_executions}). Got ${jsonencode(var.function_provisioned_concurrent_executions)}."
  }
}
