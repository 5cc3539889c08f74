# Generated from generator/templates/variables.tf by "python -m generator build"; do not edit.

# Table

variable "table_name" {
  description = "Name of the table. Defaults to `name`."
  type        = string
  default     = null

  validation {
    condition     = var.table_name == null ? true : can(regex("^[a-zA-Z0-9_.-]{3,255}$", var.table_name))
    error_message = "The table_name value must be 3 to 255 letters, digits, underscores, hyphens, and dots. Got ${jsonencode(var.table_name)}."
  }
}

variable "table_partition_key" {
  description = "Partition key: the name of the attribute, and its type (`S` string, `N` number, `B` binary)."
  type = object({
    name = string
    type = optional(string, "S")
  })
  default  = { name = "id", type = "S" }
  nullable = false

  validation {
    condition     = contains(["S", "N", "B"], var.table_partition_key.type)
    error_message = "The table_partition_key.type value must be S, N, or B. Got ${jsonencode(try(var.table_partition_key.type, null))}."
  }

  validation {
    condition     = try(length(var.table_partition_key.name) >= 1 && length(var.table_partition_key.name) <= 255, false)
    error_message = "The table_partition_key.name value must be 1 to 255 characters. Got ${jsonencode(try(var.table_partition_key.name, null))}."
  }
}

variable "table_sort_key" {
  description = "Sort key, as `table_partition_key`. `null` creates a table without one."
  type = object({
    name = string
    type = optional(string, "S")
  })
  default = null

  validation {
    condition     = var.table_sort_key == null ? true : contains(["S", "N", "B"], var.table_sort_key.type)
    error_message = "The table_sort_key.type value must be S, N, or B. Got ${jsonencode(try(var.table_sort_key.type, null))}."
  }

  validation {
    condition = (
      var.table_sort_key == null
      ? true
      : try(length(var.table_sort_key.name) >= 1 && length(var.table_sort_key.name) <= 255, false)
    )
    error_message = "The table_sort_key.name value must be 1 to 255 characters. Got ${jsonencode(try(var.table_sort_key.name, null))}."
  }

  validation {
    condition     = var.table_sort_key == null ? true : var.table_sort_key.name != var.table_partition_key.name
    error_message = "The table_sort_key.name value must be another attribute than that of table_partition_key. Got ${jsonencode(try(var.table_sort_key.name, null))}."
  }
}

variable "table_attributes" {
  description = "Types (`S`, `N`, or `B`) of the key attributes of indexes that are not keys of the table."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition = alltrue([
      for name, type in var.table_attributes :
      try(contains(["S", "N", "B"], type), false)
      && length(name) >= 1
      && length(name) <= 255
    ])
    error_message = "The table_attributes value must be a map from 1 to 255 characters to S, N, or B. Got ${jsonencode({ for name, type in var.table_attributes : name => type if !(try(contains(["S", "N", "B"], type), false) && length(name) >= 1 && length(name) <= 255) })}."
  }

  validation {
    condition = length(setsubtract(
      local.index_keys,
      concat([var.table_partition_key.name], var.table_sort_key[*].name, keys(var.table_attributes)),
    )) == 0
    error_message = "Add ${join(", ", setsubtract(local.index_keys, concat([var.table_partition_key.name], var.table_sort_key[*].name, keys(var.table_attributes))))} to table_attributes of pipeline \"${var.name}\": these are keys of an index."
  }

  validation {
    condition     = length(setsubtract(keys(var.table_attributes), local.index_keys)) == 0
    error_message = "Remove ${join(", ", setsubtract(keys(var.table_attributes), local.index_keys))} from table_attributes: these are not keys of an index."
  }
}

variable "table_global_secondary_indexes" {
  description = "Global secondary indexes by name. Declare their key attributes in `table_attributes`. To remove a maximum of `on_demand_throughput` from an index, apply `-1` before you leave it out."
  type = map(object({
    partition_key      = string
    sort_key           = optional(string)
    projection_type    = optional(string, "ALL")
    non_key_attributes = optional(list(string))
    read_capacity      = optional(number)
    write_capacity     = optional(number)
    on_demand_throughput = optional(object({
      max_read_request_units  = optional(number)
      max_write_request_units = optional(number)
    }))
  }))
  default  = {}
  nullable = false

  validation {
    condition = alltrue([
      for name, index in var.table_global_secondary_indexes :
      try(index.partition_key != null, false)
    ])
    error_message = "The table_global_secondary_indexes value must be indexes with a partition_key. Got ${jsonencode({ for name, index in var.table_global_secondary_indexes : name => index if !try(index.partition_key != null, false) })}."
  }

  validation {
    condition = alltrue([
      for name, index in var.table_global_secondary_indexes :
      try(contains(["ALL", "KEYS_ONLY", "INCLUDE"], index.projection_type), false)
    ])
    error_message = "The table_global_secondary_indexes value must be indexes with projection_type ALL, KEYS_ONLY, or INCLUDE. Got ${jsonencode({ for name, index in var.table_global_secondary_indexes : name => index if !try(contains(["ALL", "KEYS_ONLY", "INCLUDE"], index.projection_type), false) })}."
  }

  validation {
    condition = alltrue([
      for name, index in var.table_global_secondary_indexes :
      try((index.projection_type == "INCLUDE") == (index.non_key_attributes != null), false)
    ])
    error_message = "The table_global_secondary_indexes value must be indexes with non_key_attributes if, and only if, projection_type is INCLUDE. Got ${jsonencode({ for name, index in var.table_global_secondary_indexes : name => index if !try((index.projection_type == "INCLUDE") == (index.non_key_attributes != null), false) })}."
  }

  validation {
    condition = alltrue([
      for name, index in var.table_global_secondary_indexes :
      try(
        (
          index.non_key_attributes == null
          ? true
          : (
            length(index.non_key_attributes) >= 1
            && length(index.non_key_attributes) <= 20
            && alltrue([
              for attribute in index.non_key_attributes :
              length(attribute) <= 255
              && !contains(
                concat(
                  ["", var.table_partition_key.name],
                  var.table_sort_key[*].name,
                  [index.partition_key, index.sort_key],
                ),
                attribute,
              )
            ])
            && length(distinct(index.non_key_attributes)) == length(index.non_key_attributes)
          )
        ),
        false,
      )
    ])
    error_message = "The table_global_secondary_indexes value must be indexes with 1 to 20 different non_key_attributes, none of which is a key of the table or of the index. Got ${jsonencode({ for name, index in var.table_global_secondary_indexes : name => index if !try(index.non_key_attributes == null ? true : length(index.non_key_attributes) >= 1 && length(index.non_key_attributes) <= 20 && alltrue([for attribute in index.non_key_attributes : length(attribute) <= 255 && !contains(concat(["", var.table_partition_key.name], var.table_sort_key[*].name, [index.partition_key, index.sort_key]), attribute)]) && length(distinct(index.non_key_attributes)) == length(index.non_key_attributes), false) })}."
  }

  validation {
    condition = alltrue([
      for name, index in var.table_global_secondary_indexes :
      try(
        (
          index.partition_key != ""
          && index.sort_key != ""
          && (index.sort_key == null || index.partition_key != index.sort_key)
        ),
        false,
      )
    ])
    error_message = "The table_global_secondary_indexes value must be indexes whose partition_key and sort_key are two different attributes. Got ${jsonencode({ for name, index in var.table_global_secondary_indexes : name => index if !try(index.partition_key != "" && index.sort_key != "" && (index.sort_key == null || index.partition_key != index.sort_key), false) })}."
  }

  validation {
    condition = alltrue([
      for name, index in var.table_global_secondary_indexes :
      try(
        (
          alltrue([for units in [index.read_capacity, index.write_capacity] : try(units >= 1 && units % 1 == 0, true)])
          && alltrue([
            for units in try(values(index.on_demand_throughput), []) :
            try(units == -1 || (units >= 1 && units % 1 == 0), true)
          ])
        ),
        false,
      )
    ])
    error_message = "The table_global_secondary_indexes value must be indexes with whole numbers from 1 as capacities, or -1 to remove a maximum of on_demand_throughput. Got ${jsonencode({ for name, index in var.table_global_secondary_indexes : name => index if !try(alltrue([for units in [index.read_capacity, index.write_capacity] : try(units >= 1 && units % 1 == 0, true)]) && alltrue([for units in try(values(index.on_demand_throughput), []) : try(units == -1 || (units >= 1 && units % 1 == 0), true)]), false) })}."
  }

  validation {
    condition = alltrue([
      for name, index in var.table_global_secondary_indexes :
      try(
        index.on_demand_throughput == null || try(length(compact(values(index.on_demand_throughput))) > 0, false),
        false,
      )
    ])
    error_message = "The table_global_secondary_indexes value must be indexes whose on_demand_throughput has at least one maximum, or -1 to remove one. Got ${jsonencode({ for name, index in var.table_global_secondary_indexes : name => index if !try(index.on_demand_throughput == null || try(length(compact(values(index.on_demand_throughput))) > 0, false), false) })}."
  }

  validation {
    condition = alltrue([
      for name, index in var.table_global_secondary_indexes :
      try(
        (
          (var.table_billing_mode == "PROVISIONED") == (index.read_capacity != null)
          && (var.table_billing_mode == "PROVISIONED") == (index.write_capacity != null)
          && (var.table_billing_mode == "PAY_PER_REQUEST" || index.on_demand_throughput == null)
        ),
        false,
      )
    ])
    error_message = "Set capacities in table_global_secondary_indexes in provisioned mode, or on_demand_throughput on demand. The table_billing_mode value is ${var.table_billing_mode}. Got ${jsonencode({ for name, index in var.table_global_secondary_indexes : name => index if !try((var.table_billing_mode == "PROVISIONED") == (index.read_capacity != null) && (var.table_billing_mode == "PROVISIONED") == (index.write_capacity != null) && (var.table_billing_mode == "PAY_PER_REQUEST" || index.on_demand_throughput == null), false) })}."
  }

  validation {
    condition = alltrue([
      for name in keys(var.table_global_secondary_indexes) :
      can(regex("^[a-zA-Z0-9_.-]{3,255}$", name))
    ])
    error_message = "The table_global_secondary_indexes value must be keyed by 3 to 255 letters, digits, underscores, hyphens, and dots. Got ${jsonencode([for name in keys(var.table_global_secondary_indexes) : name if !can(regex("^[a-zA-Z0-9_.-]{3,255}$", name))])}."
  }
}

variable "table_local_secondary_indexes" {
  description = "Local secondary indexes by name, which can only be created with the table. They require `table_sort_key`."
  type = map(object({
    sort_key           = string
    projection_type    = optional(string, "ALL")
    non_key_attributes = optional(list(string))
  }))
  default  = {}
  nullable = false

  validation {
    condition     = length(var.table_local_secondary_indexes) == 0 || var.table_sort_key != null
    error_message = "Set table_sort_key: table_local_secondary_indexes require it."
  }

  validation {
    condition = length(setintersection(
      keys(var.table_local_secondary_indexes),
      keys(var.table_global_secondary_indexes),
    )) == 0
    error_message = "The table_local_secondary_indexes value must be keyed by other names than table_global_secondary_indexes. Got ${jsonencode(setintersection(keys(var.table_local_secondary_indexes), keys(var.table_global_secondary_indexes)))}."
  }

  validation {
    condition = length(flatten([
      for indexes in [var.table_global_secondary_indexes, var.table_local_secondary_indexes] :
      [for index in values(indexes) : try(coalesce(index.non_key_attributes, []), [])]
    ])) <= 100
    error_message = "Project at most 100 non_key_attributes into the indexes of a table together. Got ${length(flatten([for indexes in [var.table_global_secondary_indexes, var.table_local_secondary_indexes] : [for index in values(indexes) : try(coalesce(index.non_key_attributes, []), [])]]))} in table_global_secondary_indexes and table_local_secondary_indexes."
  }

  validation {
    condition     = length(var.table_local_secondary_indexes) <= 5
    error_message = "The table_local_secondary_indexes value must be a map of at most 5. Got ${length(var.table_local_secondary_indexes)}."
  }

  validation {
    condition = alltrue([
      for name, index in var.table_local_secondary_indexes :
      try(contains(["ALL", "KEYS_ONLY", "INCLUDE"], index.projection_type), false)
    ])
    error_message = "The table_local_secondary_indexes value must be indexes with projection_type ALL, KEYS_ONLY, or INCLUDE. Got ${jsonencode({ for name, index in var.table_local_secondary_indexes : name => index if !try(contains(["ALL", "KEYS_ONLY", "INCLUDE"], index.projection_type), false) })}."
  }

  validation {
    condition = alltrue([
      for name, index in var.table_local_secondary_indexes :
      try((index.projection_type == "INCLUDE") == (index.non_key_attributes != null), false)
    ])
    error_message = "The table_local_secondary_indexes value must be indexes with non_key_attributes if, and only if, projection_type is INCLUDE. Got ${jsonencode({ for name, index in var.table_local_secondary_indexes : name => index if !try((index.projection_type == "INCLUDE") == (index.non_key_attributes != null), false) })}."
  }

  validation {
    condition = alltrue([
      for name, index in var.table_local_secondary_indexes :
      try(
        (
          index.non_key_attributes == null
          ? true
          : (
            length(index.non_key_attributes) >= 1
            && length(index.non_key_attributes) <= 20
            && alltrue([
              for attribute in index.non_key_attributes :
              length(attribute) <= 255
              && !contains(
                concat(["", var.table_partition_key.name], var.table_sort_key[*].name, [index.sort_key]),
                attribute,
              )
            ])
            && length(distinct(index.non_key_attributes)) == length(index.non_key_attributes)
          )
        ),
        false,
      )
    ])
    error_message = "The table_local_secondary_indexes value must be indexes with 1 to 20 different non_key_attributes, none of which is a key of the table or of the index. Got ${jsonencode({ for name, index in var.table_local_secondary_indexes : name => index if !try(index.non_key_attributes == null ? true : length(index.non_key_attributes) >= 1 && length(index.non_key_attributes) <= 20 && alltrue([for attribute in index.non_key_attributes : length(attribute) <= 255 && !contains(concat(["", var.table_partition_key.name], var.table_sort_key[*].name, [index.sort_key]), attribute)]) && length(distinct(index.non_key_attributes)) == length(index.non_key_attributes), false) })}."
  }

  validation {
    condition = alltrue([
      for name, index in var.table_local_secondary_indexes :
      try(index.sort_key != null && index.sort_key != "" && index.sort_key != var.table_partition_key.name, false)
    ])
    error_message = "The table_local_secondary_indexes value must be indexes whose sort_key is another attribute than the partition key of the table. Got ${jsonencode({ for name, index in var.table_local_secondary_indexes : name => index if !try(index.sort_key != null && index.sort_key != "" && index.sort_key != var.table_partition_key.name, false) })}."
  }

  validation {
    condition = alltrue([
      for name in keys(var.table_local_secondary_indexes) :
      can(regex("^[a-zA-Z0-9_.-]{3,255}$", name))
    ])
    error_message = "The table_local_secondary_indexes value must be keyed by 3 to 255 letters, digits, underscores, hyphens, and dots. Got ${jsonencode([for name in keys(var.table_local_secondary_indexes) : name if !can(regex("^[a-zA-Z0-9_.-]{3,255}$", name))])}."
  }
}

variable "table_billing_mode" {
  description = "Capacity mode of the table: `PAY_PER_REQUEST` (on-demand) or `PROVISIONED`."
  type        = string
  default     = "PAY_PER_REQUEST"
  nullable    = false

  validation {
    condition     = contains(["PAY_PER_REQUEST", "PROVISIONED"], var.table_billing_mode)
    error_message = "The table_billing_mode value must be PAY_PER_REQUEST or PROVISIONED. Got ${jsonencode(var.table_billing_mode)}."
  }
}

variable "table_read_capacity" {
  description = "Read capacity units of the table. Set it if, and only if, `table_billing_mode` is `PROVISIONED`."
  type        = number
  default     = null

  validation {
    condition = (
      var.table_read_capacity == null
      ? true
      : (
        var.table_read_capacity >= 1
        && var.table_read_capacity <= 2147483647
        && floor(var.table_read_capacity) == var.table_read_capacity
      )
    )
    error_message = "The table_read_capacity value must be a whole number from 1 to 2147483647. Got ${jsonencode(var.table_read_capacity)}."
  }

  validation {
    condition     = (var.table_billing_mode == "PROVISIONED") == (var.table_read_capacity != null)
    error_message = "${var.table_read_capacity == null ? "Set table_read_capacity: pipeline ${var.name} has" : "Remove table_read_capacity: it has no effect with"} table_billing_mode ${var.table_billing_mode}."
  }
}

variable "table_write_capacity" {
  description = "Write capacity units of the table. Set it if, and only if, `table_billing_mode` is `PROVISIONED`."
  type        = number
  default     = null

  validation {
    condition = (
      var.table_write_capacity == null
      ? true
      : (
        var.table_write_capacity >= 1
        && var.table_write_capacity <= 2147483647
        && floor(var.table_write_capacity) == var.table_write_capacity
      )
    )
    error_message = "The table_write_capacity value must be a whole number from 1 to 2147483647. Got ${jsonencode(var.table_write_capacity)}."
  }

  validation {
    condition     = (var.table_billing_mode == "PROVISIONED") == (var.table_write_capacity != null)
    error_message = "${var.table_write_capacity == null ? "Set table_write_capacity: pipeline ${var.name} has" : "Remove table_write_capacity: it has no effect with"} table_billing_mode ${var.table_billing_mode}."
  }
}

variable "table_on_demand_throughput" {
  description = "Maximum on-demand read and write request units, which limit cost. An attribute that you leave out has no maximum. To remove both maximums from a table, apply `{}` before you remove the argument."
  type = object({
    max_read_request_units  = optional(number)
    max_write_request_units = optional(number)
  })
  default = null

  validation {
    condition     = var.table_on_demand_throughput == null || var.table_billing_mode == "PAY_PER_REQUEST"
    error_message = "Remove table_on_demand_throughput: it has no effect when table_billing_mode is ${var.table_billing_mode}."
  }

  validation {
    condition = (
      var.table_on_demand_throughput == null
      ? true
      : alltrue([
        for units in values(var.table_on_demand_throughput) :
        try(units == -1 || (units >= 1 && units % 1 == 0), true)
      ])
    )
    error_message = "The table_on_demand_throughput value must be whole numbers from 1, or -1 for no maximum. Got ${jsonencode(var.table_on_demand_throughput)}."
  }
}

variable "table_class" {
  description = "Storage class of the table."
  type        = string
  default     = "STANDARD"
  nullable    = false

  validation {
    condition     = contains(["STANDARD", "STANDARD_INFREQUENT_ACCESS"], var.table_class)
    error_message = "The table_class value must be STANDARD or STANDARD_INFREQUENT_ACCESS. Got ${jsonencode(var.table_class)}."
  }
}

variable "table_stream_view_type" {
  description = "Item data in each stream record. Changing it replaces the stream and the event source mapping; records that remain in the old stream are not processed."
  type        = string
  default     = "NEW_AND_OLD_IMAGES"
  nullable    = false

  validation {
    condition     = contains(["NEW_AND_OLD_IMAGES", "NEW_IMAGE", "OLD_IMAGE", "KEYS_ONLY"], var.table_stream_view_type)
    error_message = "The table_stream_view_type value must be NEW_AND_OLD_IMAGES, NEW_IMAGE, OLD_IMAGE, or KEYS_ONLY. Got ${jsonencode(var.table_stream_view_type)}."
  }
}

variable "table_point_in_time_recovery_enabled" {
  description = "Set to `false` to turn off point-in-time recovery."
  type        = bool
  default     = true
  nullable    = false
}

variable "table_point_in_time_recovery_days" {
  description = "Recovery period, in days. Defaults to the 35 days of AWS."
  type        = number
  default     = null

  validation {
    condition = (
      var.table_point_in_time_recovery_days == null
      ? true
      : (
        var.table_point_in_time_recovery_days >= 1
        && var.table_point_in_time_recovery_days <= 35
        && floor(var.table_point_in_time_recovery_days) == var.table_point_in_time_recovery_days
      )
    )
    error_message = "The table_point_in_time_recovery_days value must be a whole number from 1 to 35 (days). Got ${jsonencode(var.table_point_in_time_recovery_days)}."
  }

  validation {
    condition     = var.table_point_in_time_recovery_days == null || var.table_point_in_time_recovery_enabled
    error_message = "Remove table_point_in_time_recovery_days: it has no effect when table_point_in_time_recovery_enabled is false."
  }
}

variable "table_server_side_encryption_enabled" {
  description = "Encryption with the AWS managed key `aws/dynamodb`. `table_kms_key_arn` replaces that key. `false` uses an AWS owned key, without KMS charges and without its use in CloudTrail."
  type        = bool
  default     = true
  nullable    = false
}

variable "table_kms_key_arn" {
  description = "Customer managed key of the table and its stream. The role may decrypt with it. To return to the AWS managed key, first apply `table_server_side_encryption_enabled = false` without a key: with the key removed alone, the table keeps it, and the role can no longer decrypt."
  type        = string
  default     = null

  validation {
    condition = (
      try(var.table_kms_key_arn, null) == null
      ? true
      : can(regex("^arn:aws[a-z-]*:kms:${local.region}:[0-9]{12}:key/[a-zA-Z0-9-]+$", var.table_kms_key_arn))
    )
    error_message = "The table_kms_key_arn value must be the ARN of a KMS key (not of an alias) in ${local.region}. Got ${jsonencode(try(var.table_kms_key_arn, null))}."
  }

  validation {
    condition     = var.table_kms_key_arn == null || var.table_server_side_encryption_enabled
    error_message = "Remove table_kms_key_arn: it has no effect when table_server_side_encryption_enabled is false."
  }
}

variable "table_deletion_protection_enabled" {
  description = "Deletion protection of the table. To delete the table, apply with `false` first."
  type        = bool
  default     = true
  nullable    = false
}

variable "table_timeouts" {
  description = "Times that Terraform waits for the `create`, `update`, and `delete` of the resource. The provider waits 30 minutes for the creation, 60 for an update, and 10 for the deletion, by default."
  type = object({
    create = optional(string)
    update = optional(string)
    delete = optional(string)
  })
  default = null

  validation {
    condition = (
      var.table_timeouts == null
      ? true
      : alltrue([
        for time in [var.table_timeouts.create, var.table_timeouts.update, var.table_timeouts.delete] :
        time == null
        || can(regex("^([0-9]+(s|m|h))+$", time))
      ])
    )
    error_message = "The table_timeouts value must be times such as 90s, 30m, or 2h. Got ${jsonencode(var.table_timeouts)}."
  }
}
