# Generated from generator/templates/variables.tf by "python -m generator build"; do not edit.

# General

variable "name" {
  description = "Name of the pipeline. The table, the function, the queue, the role and the alarms are named after it; where a service allows fewer characters, the derived name is cut and ends in a hash."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9_-]{3,255}$", var.name))
    error_message = "name must be 3 to 255 letters, digits, hyphens and underscores, not ${jsonencode(var.name)}."
  }
}

variable "tags" {
  description = "Tags of every resource that can have them, except the event source mapping. `event_source_tags` are those of the mapping."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "existing_table" {
  description = "Table whose stream is read instead of a new one: the ARN of its stream and, where it is encrypted with a customer-managed key, the key's ARN."
  type = object({
    stream_arn  = string
    kms_key_arn = optional(string)
  })
  default = null

  validation {
    condition     = try(var.existing_table.stream_arn, null) == null ? true : can(regex("^arn:aws[a-z-]*:dynamodb:${local.region}:[0-9]{12}:table/[^/]+/stream/.+$", var.existing_table.stream_arn))
    error_message = "existing_table.stream_arn must be the ARN of a table's stream (arn:aws:dynamodb:REGION:ACCOUNT:table/NAME/stream/LABEL) in ${local.region}, not ${jsonencode(try(var.existing_table.stream_arn, null))}."
  }

  validation {
    condition     = try(var.existing_table.kms_key_arn, null) == null ? true : can(regex("^arn:aws[a-z-]*:kms:${local.region}:[0-9]{12}:key/.+$", var.existing_table.kms_key_arn))
    error_message = "existing_table.kms_key_arn must be the ARN of a KMS key (arn:aws:kms:REGION:ACCOUNT:key/ID, no alias and no key id) in ${local.region}, not ${jsonencode(try(var.existing_table.kms_key_arn, null))}."
  }

  validation {
    condition     = var.existing_table == null || length(local.table_options) == 0
    error_message = "existing_table is given, so these have no effect and are refused: ${join(", ", local.table_options)}."
  }
}

variable "existing_function" {
  description = "Function that the stream invokes instead of a new one: its ARN (or that of an alias) and the name of its role, which gets the permissions to read the stream and to report failures as one inline policy."
  type = object({
    arn       = string
    role_name = string
  })
  default = null

  validation {
    condition     = try(var.existing_function.arn, null) == null ? true : can(regex("^arn:aws[a-z-]*:lambda:${local.region}:[0-9]{12}:function:[a-zA-Z0-9_-]+(:[a-zA-Z0-9_-]+)?$", var.existing_function.arn))
    error_message = "existing_function.arn must be the ARN of a function or of its alias (arn:aws:lambda:REGION:ACCOUNT:function:NAME[:ALIAS]) in ${local.region}, not ${jsonencode(try(var.existing_function.arn, null))}."
  }

  validation {
    condition     = var.existing_function == null ? true : can(regex("^[a-zA-Z0-9+=,.@_-]{1,64}$", var.existing_function.role_name))
    error_message = "existing_function.role_name must be the name of a role (not its ARN), not ${try(var.existing_function.role_name, "null")}."
  }

  validation {
    condition     = var.existing_function != null || length(local.function_packages) == 1
    error_message = "existing_function, function_filename, function_s3, function_image_uri: exactly one is required; of the last 3, ${length(local.function_packages)} are given (${join(", ", local.function_packages)}) to pipeline ${var.name}."
  }

  validation {
    condition     = var.existing_function == null || length(local.function_options) == 0
    error_message = "existing_function is given, so these have no effect and are refused: ${join(", ", local.function_options)}."
  }
}

variable "existing_role" {
  description = "Role for the new function instead of one of its own; it gets the same statements as an inline policy."
  type = object({
    arn  = string
    name = string
  })
  default = null

  validation {
    condition     = try(var.existing_role.arn, null) == null ? true : can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:role/.+$", var.existing_role.arn))
    error_message = "existing_role.arn must be the ARN of a role, not ${jsonencode(try(var.existing_role.arn, null))}."
  }

  validation {
    condition     = var.existing_role == null ? true : can(regex("^[a-zA-Z0-9+=,.@_-]{1,64}$", var.existing_role.name))
    error_message = "existing_role.name must be the name of a role (not its ARN), not ${try(var.existing_role.name, "null")}."
  }

  validation {
    condition     = var.existing_role == null || length(local.role_options) == 0
    error_message = "existing_role is given, so these have no effect and are refused: ${join(", ", local.role_options)}."
  }
}

# Table

variable "table_name" {
  description = "Name of the table; `null` is `name`."
  type        = string
  default     = null

  validation {
    condition     = var.table_name == null ? true : can(regex("^[a-zA-Z0-9_.-]{3,255}$", var.table_name))
    error_message = "table_name must be 3 to 255 letters, digits, underscores, hyphens and dots, not ${jsonencode(var.table_name)}."
  }
}

variable "table_partition_key" {
  description = "Partition key. Types are `S` (string), `N` (number) and `B` (binary)."
  type = object({
    name = string
    type = optional(string, "S")
  })
  default  = { name = "id", type = "S" }
  nullable = false

  validation {
    condition     = contains(["S", "N", "B"], var.table_partition_key.type)
    error_message = "table_partition_key.type must be one of S, N, B, not ${try(var.table_partition_key.type, "null")}."
  }

  validation {
    condition     = length(var.table_partition_key.name) >= 1 && length(var.table_partition_key.name) <= 255
    error_message = "table_partition_key.name must have 1 to 255 characters, not ${try(length(var.table_partition_key.name), 0)}."
  }
}

variable "table_sort_key" {
  description = "Sort key; `null` is a table without one."
  type = object({
    name = string
    type = optional(string, "S")
  })
  default = null

  validation {
    condition     = var.table_sort_key == null ? true : contains(["S", "N", "B"], var.table_sort_key.type)
    error_message = "table_sort_key.type must be one of S, N, B, not ${try(var.table_sort_key.type, "null")}."
  }

  validation {
    condition     = var.table_sort_key == null ? true : length(var.table_sort_key.name) >= 1 && length(var.table_sort_key.name) <= 255
    error_message = "table_sort_key.name must have 1 to 255 characters, not ${try(length(var.table_sort_key.name), 0)}."
  }

  validation {
    condition     = var.table_sort_key == null ? true : var.table_sort_key.name != var.table_partition_key.name
    error_message = "table_sort_key must be another attribute than table_partition_key, ${var.table_partition_key.name}."
  }
}

variable "table_attributes" {
  description = "Types (`S`, `N`, `B`) of the attributes that are keys of an index and not of the table itself."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for type in values(var.table_attributes) : contains(["S", "N", "B"], type)])
    error_message = "table_attributes must map names to one of S, N, B, not ${jsonencode(var.table_attributes)}."
  }

  validation {
    condition     = length(setsubtract(local.index_keys, concat([var.table_partition_key.name], var.table_sort_key[*].name, keys(var.table_attributes)))) == 0
    error_message = "table_attributes must declare every key of an index; ${join(", ", setsubtract(local.index_keys, concat([var.table_partition_key.name], var.table_sort_key[*].name, keys(var.table_attributes))))} is missing in pipeline ${var.name}."
  }

  validation {
    condition     = length(setsubtract(keys(var.table_attributes), local.index_keys)) == 0
    error_message = "table_attributes must hold keys of indexes only, since DynamoDB declares no other attribute; remove: ${join(", ", setsubtract(keys(var.table_attributes), local.index_keys))}."
  }
}

variable "table_billing_mode" {
  description = "How the table is paid for."
  type        = string
  default     = "PAY_PER_REQUEST"
  nullable    = false

  validation {
    condition     = contains(["PAY_PER_REQUEST", "PROVISIONED"], var.table_billing_mode)
    error_message = "table_billing_mode must be one of PAY_PER_REQUEST, PROVISIONED, not ${var.table_billing_mode}."
  }
}

variable "table_read_capacity" {
  description = "Provisioned read capacity units; required with, and only with, `PROVISIONED` billing."
  type        = number
  default     = null

  validation {
    condition     = (var.table_billing_mode == "PROVISIONED") == (var.table_read_capacity != null)
    error_message = "table_read_capacity is required with table_billing_mode PROVISIONED and refused with PAY_PER_REQUEST; here it is ${var.table_read_capacity == null ? "not given" : "given"} with ${var.table_billing_mode} in pipeline ${var.name}."
  }

  validation {
    condition     = var.table_read_capacity == null ? true : var.table_read_capacity >= 1 && var.table_read_capacity <= 2147483647 && floor(var.table_read_capacity) == var.table_read_capacity
    error_message = "table_read_capacity must be a whole number from 1 to 2147483647, not ${jsonencode(var.table_read_capacity)}."
  }
}

variable "table_write_capacity" {
  description = "Provisioned write capacity units; required with, and only with, `PROVISIONED` billing."
  type        = number
  default     = null

  validation {
    condition     = (var.table_billing_mode == "PROVISIONED") == (var.table_write_capacity != null)
    error_message = "table_write_capacity is required with table_billing_mode PROVISIONED and refused with PAY_PER_REQUEST; here it is ${var.table_write_capacity == null ? "not given" : "given"} with ${var.table_billing_mode} in pipeline ${var.name}."
  }

  validation {
    condition     = var.table_write_capacity == null ? true : var.table_write_capacity >= 1 && var.table_write_capacity <= 2147483647 && floor(var.table_write_capacity) == var.table_write_capacity
    error_message = "table_write_capacity must be a whole number from 1 to 2147483647, not ${jsonencode(var.table_write_capacity)}."
  }
}

variable "table_on_demand_throughput" {
  description = "Upper bounds of an on-demand table, so that a runaway writer has a price limit."
  type = object({
    max_read_request_units  = optional(number)
    max_write_request_units = optional(number)
  })
  default = null

  validation {
    condition     = var.table_on_demand_throughput == null || var.table_billing_mode == "PAY_PER_REQUEST"
    error_message = "table_on_demand_throughput bounds an on-demand table and is refused with table_billing_mode ${var.table_billing_mode}; accepted with PAY_PER_REQUEST."
  }

  validation {
    condition     = var.table_on_demand_throughput == null ? true : alltrue([for units in values(var.table_on_demand_throughput) : try(units == -1 || units >= 1, true)])
    error_message = "table_on_demand_throughput must hold numbers from 1, or -1 for no bound, not ${jsonencode(var.table_on_demand_throughput)}."
  }
}

variable "table_class" {
  description = "Storage class of the table."
  type        = string
  default     = "STANDARD"
  nullable    = false

  validation {
    condition     = contains(["STANDARD", "STANDARD_INFREQUENT_ACCESS"], var.table_class)
    error_message = "table_class must be one of STANDARD, STANDARD_INFREQUENT_ACCESS, not ${var.table_class}."
  }
}

variable "table_stream_view_type" {
  description = "What a stream record holds of the item. Changing it replaces the stream and the event source mapping: records that the old stream still held are not processed."
  type        = string
  default     = "NEW_AND_OLD_IMAGES"
  nullable    = false

  validation {
    condition     = contains(["NEW_AND_OLD_IMAGES", "NEW_IMAGE", "OLD_IMAGE", "KEYS_ONLY"], var.table_stream_view_type)
    error_message = "table_stream_view_type must be one of NEW_AND_OLD_IMAGES, NEW_IMAGE, OLD_IMAGE, KEYS_ONLY, not ${var.table_stream_view_type}."
  }
}

variable "table_point_in_time_recovery_enabled" {
  description = "Whether the table can be restored to any second of the recovery period."
  type        = bool
  default     = true
  nullable    = false
}

variable "table_point_in_time_recovery_days" {
  description = "Recovery period; `null` is AWS's 35 days."
  type        = number
  default     = null

  validation {
    condition     = var.table_point_in_time_recovery_days == null ? true : var.table_point_in_time_recovery_days >= 1 && var.table_point_in_time_recovery_days <= 35 && floor(var.table_point_in_time_recovery_days) == var.table_point_in_time_recovery_days
    error_message = "table_point_in_time_recovery_days must be a whole number of days from 1 to 35, not ${jsonencode(var.table_point_in_time_recovery_days)}."
  }

  validation {
    condition     = var.table_point_in_time_recovery_days == null || var.table_point_in_time_recovery_enabled
    error_message = "table_point_in_time_recovery_days has no effect while table_point_in_time_recovery_enabled is false; enable recovery or remove the period."
  }
}

variable "table_server_side_encryption_enabled" {
  description = "`true` encrypts with a KMS key: the AWS-managed `aws/dynamodb`, unless a key is given. `false` encrypts with a key that AWS owns, without charge and without a trace in CloudTrail."
  type        = bool
  default     = true
  nullable    = false
}

variable "table_kms_key_arn" {
  description = "Customer-managed key of the table and its stream; the role may then decrypt with it."
  type        = string
  default     = null

  validation {
    condition     = try(var.table_kms_key_arn, null) == null ? true : can(regex("^arn:aws[a-z-]*:kms:${local.region}:[0-9]{12}:key/.+$", var.table_kms_key_arn))
    error_message = "table_kms_key_arn must be the ARN of a KMS key (arn:aws:kms:REGION:ACCOUNT:key/ID, no alias and no key id) in ${local.region}, not ${jsonencode(try(var.table_kms_key_arn, null))}."
  }

  validation {
    condition     = var.table_kms_key_arn == null || var.table_server_side_encryption_enabled
    error_message = "table_kms_key_arn has no effect while table_server_side_encryption_enabled is false; enable encryption or remove the key."
  }
}

variable "table_deletion_protection_enabled" {
  description = "Whether AWS refuses to delete the table. It stands for the construct's retained table: to remove the table, apply with `false` first, then destroy."
  type        = bool
  default     = true
  nullable    = false
}

variable "table_ttl_attribute" {
  description = "Attribute that holds the time (epoch seconds) at which an item expires; `null` is no expiry."
  type        = string
  default     = null

  validation {
    condition     = var.table_ttl_attribute == null ? true : length(var.table_ttl_attribute) >= 1 && length(var.table_ttl_attribute) <= 255
    error_message = "table_ttl_attribute must have 1 to 255 characters, not ${try(length(var.table_ttl_attribute), 0)}."
  }
}

variable "table_global_secondary_indexes" {
  description = "Global secondary indexes by name. Their keys are declared in `table_attributes`."
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
    condition     = alltrue([for index in values(var.table_global_secondary_indexes) : contains(["ALL", "KEYS_ONLY", "INCLUDE"], index.projection_type)])
    error_message = "table_global_secondary_indexes: projection_type must be one of ALL, KEYS_ONLY, INCLUDE; one of ${jsonencode({ for name, index in var.table_global_secondary_indexes : name => index.projection_type })} is not."
  }

  validation {
    condition     = alltrue([for index in values(var.table_global_secondary_indexes) : (index.projection_type == "INCLUDE") == (index.non_key_attributes != null)])
    error_message = "table_global_secondary_indexes: non_key_attributes is required with projection_type INCLUDE and refused with ALL and KEYS_ONLY."
  }

  validation {
    condition     = alltrue([for index in values(var.table_global_secondary_indexes) : (var.table_billing_mode == "PROVISIONED") == (index.read_capacity != null) && (var.table_billing_mode == "PROVISIONED") == (index.write_capacity != null) && (var.table_billing_mode == "PAY_PER_REQUEST" || index.on_demand_throughput == null)])
    error_message = "table_global_secondary_indexes: with PROVISIONED billing every index needs read_capacity and write_capacity and no on_demand_throughput, with PAY_PER_REQUEST it takes neither capacity. Here it is ${var.table_billing_mode}."
  }

  validation {
    condition     = alltrue([for name in keys(var.table_global_secondary_indexes) : can(regex("^[a-zA-Z0-9_.-]{3,255}$", name))])
    error_message = "table_global_secondary_indexes must be keyed by names of 3 to 255 letters, digits, underscores, hyphens and dots, not ${join(", ", keys(var.table_global_secondary_indexes))}."
  }
}

variable "table_local_secondary_indexes" {
  description = "Local secondary indexes by name; they need `table_sort_key`, and can only be made with the table."
  type = map(object({
    sort_key           = string
    projection_type    = optional(string, "ALL")
    non_key_attributes = optional(list(string))
  }))
  default  = {}
  nullable = false

  validation {
    condition     = length(var.table_local_secondary_indexes) == 0 || var.table_sort_key != null
    error_message = "table_local_secondary_indexes need a table_sort_key, which is not given."
  }

  validation {
    condition     = length(var.table_local_secondary_indexes) <= 5
    error_message = "table_local_secondary_indexes must be at most 5, not ${length(var.table_local_secondary_indexes)}."
  }

  validation {
    condition     = alltrue([for index in values(var.table_local_secondary_indexes) : contains(["ALL", "KEYS_ONLY", "INCLUDE"], index.projection_type) && (index.projection_type == "INCLUDE") == (index.non_key_attributes != null)])
    error_message = "table_local_secondary_indexes: projection_type must be one of ALL, KEYS_ONLY, INCLUDE, and non_key_attributes is required with INCLUDE and refused with the others."
  }

  validation {
    condition     = alltrue([for name in keys(var.table_local_secondary_indexes) : can(regex("^[a-zA-Z0-9_.-]{3,255}$", name))])
    error_message = "table_local_secondary_indexes must be keyed by names of 3 to 255 letters, digits, underscores, hyphens and dots, not ${join(", ", keys(var.table_local_secondary_indexes))}."
  }
}

variable "table_replicas" {
  description = "Replicas of the table by region (a global table). They need on-demand billing and `NEW_AND_OLD_IMAGES`; the function reads the stream of this region only."
  type = map(object({
    kms_key_arn            = optional(string)
    point_in_time_recovery = optional(bool, true)
    propagate_tags         = optional(bool, true)
  }))
  default  = {}
  nullable = false

  validation {
    condition     = length(var.table_replicas) == 0 || var.table_stream_view_type == "NEW_AND_OLD_IMAGES"
    error_message = "table_replicas need table_stream_view_type NEW_AND_OLD_IMAGES, not ${var.table_stream_view_type}."
  }

  validation {
    condition     = length(var.table_replicas) == 0 || var.table_billing_mode == "PAY_PER_REQUEST"
    error_message = "table_replicas need table_billing_mode PAY_PER_REQUEST, not ${var.table_billing_mode}: provisioned replicas need autoscaling, which this module does not manage."
  }

  validation {
    condition     = !contains(keys(var.table_replicas), local.region)
    error_message = "table_replicas must name other regions than the table's own, ${local.region}."
  }

  validation {
    condition     = alltrue([for region, replica in var.table_replicas : replica.kms_key_arn == null ? var.table_kms_key_arn == null : can(regex("^arn:aws[a-z-]*:kms:${region}:[0-9]+:key/.+$", replica.kms_key_arn)) && var.table_kms_key_arn != null])
    error_message = "table_replicas: where the table has a customer-managed key, kms_key_arn must be the ARN of a key in the replica's own region; without one it is refused."
  }
}

variable "table_resource_policy" {
  description = "Resource-based policy of the table: `{ policy = jsonencode({...}) }`."
  type = object({
    policy = string
  })
  default = null

  validation {
    condition     = var.table_resource_policy == null ? true : can(jsondecode(var.table_resource_policy.policy).Statement)
    error_message = "table_resource_policy.policy must be a policy document as JSON with a Statement; use jsonencode()."
  }
}

variable "table_import" {
  description = "Items in S3 with which the table is created. Imported items do not appear in the stream."
  type = object({
    bucket          = string
    key_prefix      = optional(string)
    bucket_owner    = optional(string)
    format          = string
    compression     = optional(string, "NONE")
    csv_delimiter   = optional(string)
    csv_header_list = optional(list(string))
  })
  default = null

  validation {
    condition     = var.table_import == null ? true : contains(["CSV", "DYNAMODB_JSON", "ION"], var.table_import.format)
    error_message = "table_import.format must be one of CSV, DYNAMODB_JSON, ION, not ${try(var.table_import.format, "null")}."
  }

  validation {
    condition     = var.table_import == null ? true : contains(["NONE", "GZIP", "ZSTD"], var.table_import.compression)
    error_message = "table_import.compression must be one of NONE, GZIP, ZSTD, not ${try(var.table_import.compression, "null")}."
  }

  validation {
    condition     = var.table_import == null ? true : (var.table_import.format == "CSV" || (var.table_import.csv_delimiter == null && var.table_import.csv_header_list == null))
    error_message = "table_import: csv_delimiter and csv_header_list are accepted with format CSV, not ${try(var.table_import.format, "null")}."
  }
}

variable "table_restore" {
  description = "Table and time from which the table is created. Its stream is a new one: it does not repeat what the source's stream held."
  type = object({
    source_table_name = optional(string)
    source_table_arn  = optional(string)
    date_time         = optional(string)
    to_latest_time    = optional(bool)
  })
  default = null

  validation {
    condition     = var.table_restore == null ? true : (var.table_restore.source_table_name == null) != (var.table_restore.source_table_arn == null)
    error_message = "table_restore needs exactly one of source_table_name and source_table_arn."
  }

  validation {
    condition     = var.table_restore == null ? true : (var.table_restore.date_time == null) != (var.table_restore.to_latest_time != true)
    error_message = "table_restore needs exactly one of date_time and to_latest_time = true."
  }

  validation {
    condition     = var.table_restore == null ? true : (var.table_restore.date_time == null || can(timeadd(var.table_restore.date_time, "0s")))
    error_message = "table_restore.date_time must be a time such as 2026-01-31T12:00:00Z, not ${jsonencode(try(var.table_restore.date_time, null))}."
  }

  validation {
    condition     = var.table_restore == null || var.table_import == null
    error_message = "table_restore and table_import exclude each other: a table is created from one of them."
  }
}

variable "table_contributor_insights_enabled" {
  description = "Whether CloudWatch shows the most accessed and most throttled keys, at a price per event."
  type        = bool
  default     = false
  nullable    = false
}

variable "table_kinesis_destination" {
  description = "Kinesis data stream that receives the changes as well, beside the table's own stream."
  type = object({
    stream_arn          = string
    timestamp_precision = optional(string, "MILLISECOND")
  })
  default = null

  validation {
    condition     = try(var.table_kinesis_destination.stream_arn, null) == null ? true : can(regex("^arn:aws[a-z-]*:kinesis:${local.region}:[0-9]{12}:stream/.+$", var.table_kinesis_destination.stream_arn))
    error_message = "table_kinesis_destination.stream_arn must be the ARN of a Kinesis data stream in ${local.region}, not ${jsonencode(try(var.table_kinesis_destination.stream_arn, null))}."
  }

  validation {
    condition     = var.table_kinesis_destination == null ? true : contains(["MILLISECOND", "MICROSECOND"], var.table_kinesis_destination.timestamp_precision)
    error_message = "table_kinesis_destination.timestamp_precision must be one of MILLISECOND, MICROSECOND, not ${try(var.table_kinesis_destination.timestamp_precision, "null")}."
  }
}

# Function

variable "function_name" {
  description = "Name of the function; `null` is `name`, cut to 64 characters."
  type        = string
  default     = null

  validation {
    condition     = var.function_name == null ? true : can(regex("^[a-zA-Z0-9_-]{1,64}$", var.function_name))
    error_message = "function_name must be 1 to 64 letters, digits, hyphens and underscores, not ${jsonencode(var.function_name)}."
  }
}

variable "function_description" {
  description = "Description of the function."
  type        = string
  default     = null

  validation {
    condition     = var.function_description == null ? true : length(var.function_description) <= 256
    error_message = "function_description must have at most 256 characters, not ${try(length(var.function_description), 0)}."
  }
}

variable "function_filename" {
  description = "Zip file with the function's code, made for instance by `python -m generator package`. Exactly one of `function_filename`, `function_s3`, `function_image_uri` and `existing_function` is required."
  type        = string
  default     = null

  validation {
    condition     = var.function_filename == null ? true : (var.function_source_code_hash != null || try(fileexists(var.function_filename), false))
    error_message = "function_filename must be an existing zip file; for one that is made later, give function_source_code_hash. ${jsonencode(var.function_filename)} does not exist."
  }
}

variable "function_source_code_hash" {
  description = "Base64 SHA-256 of the package, by which Terraform sees new code. `null` computes it for `function_filename`; give it with `function_s3` unless the object's version or key changes with the code."
  type        = string
  default     = null

  validation {
    condition     = var.function_source_code_hash == null ? true : can(regex("^[A-Za-z0-9+/]{43}=$", var.function_source_code_hash))
    error_message = "function_source_code_hash must be the base64 of a SHA-256 digest, as filebase64sha256() gives it, not ${jsonencode(var.function_source_code_hash)}."
  }
}

variable "function_s3" {
  description = "S3 object with the function's code, in the pipeline's region."
  type = object({
    bucket  = string
    key     = string
    version = optional(string)
  })
  default = null

  validation {
    condition     = var.function_s3 == null ? true : length(var.function_s3.bucket) >= 3 && !startswith(var.function_s3.bucket, "arn:") && length(var.function_s3.key) >= 1
    error_message = "function_s3 must hold the name (not the ARN) of a bucket and a key, not ${jsonencode(var.function_s3)}."
  }
}

variable "function_image_uri" {
  description = "Container image with the function's code, in an ECR repository of the pipeline's region."
  type        = string
  default     = null

  validation {
    condition     = var.function_image_uri == null ? true : can(regex("^[0-9]{12}\\.dkr\\.ecr\\.[a-z0-9-]+\\.amazonaws\\.com[.a-z]*/[^:@]+(:[^:@]+|@sha256:[0-9a-f]{64})$", var.function_image_uri))
    error_message = "function_image_uri must be an image in ECR with its tag or digest (ACCOUNT.dkr.ecr.REGION.amazonaws.com/REPOSITORY:TAG), not ${jsonencode(var.function_image_uri)}."
  }

  validation {
    condition     = var.function_image_uri == null ? true : var.function_handler == null && var.function_runtime == null && length(var.function_layers) == 0 && var.function_source_code_hash == null && var.function_code_signing_config_arn == null && !var.function_snap_start
    error_message = "function_image_uri holds the handler, the runtime and the layers itself; function_handler, function_runtime, function_layers, function_source_code_hash, function_code_signing_config_arn and function_snap_start are refused with it."
  }
}

variable "function_image_config" {
  description = "Overrides of the image's command, entry point and working directory."
  type = object({
    command           = optional(list(string))
    entry_point       = optional(list(string))
    working_directory = optional(string)
  })
  default = null

  validation {
    condition     = var.function_image_config == null || var.function_image_uri != null
    error_message = "function_image_config has no effect without function_image_uri; give an image or remove it."
  }
}

variable "function_handler" {
  description = "Function that Lambda calls, as `FILE.FUNCTION`; required with a zip package."
  type        = string
  default     = null

  validation {
    condition     = var.function_handler == null ? true : can(regex("^[^\\s]{1,128}$", var.function_handler))
    error_message = "function_handler must be 1 to 128 characters without spaces, such as index.handler, not ${jsonencode(var.function_handler)}."
  }

  validation {
    condition     = var.function_handler != null || (var.function_filename == null && var.function_s3 == null)
    error_message = "function_handler is required with function_filename and function_s3, for instance index.handler; it is missing from pipeline ${var.name}."
  }
}

variable "function_runtime" {
  description = "Runtime of a zip package. Every `nodejs*` runtime keeps its connections alive."
  type        = string
  default     = null

  validation {
    condition     = var.function_runtime == null ? true : can(regex("^(nodejs[0-9]+\\.x|python3\\.[0-9]+|java[0-9]+(\\.al2)?|dotnet[0-9]+|ruby[0-9]\\.[0-9]+|provided\\.al2(023)?)$", var.function_runtime))
    error_message = "function_runtime must be a Lambda runtime such as python3.13, nodejs22.x, java21, dotnet8, ruby3.4 or provided.al2023, not ${jsonencode(var.function_runtime)}."
  }

  validation {
    condition     = var.function_runtime != null || (var.function_filename == null && var.function_s3 == null)
    error_message = "function_runtime is required with function_filename and function_s3, for instance python3.13; it is missing from pipeline ${var.name}."
  }
}

variable "function_architecture" {
  description = "Processor for which the package is made."
  type        = string
  default     = "x86_64"
  nullable    = false

  validation {
    condition     = contains(["x86_64", "arm64"], var.function_architecture)
    error_message = "function_architecture must be one of x86_64, arm64, not ${var.function_architecture}."
  }
}

variable "function_memory_size" {
  description = "Memory in MB; processor time grows with it."
  type        = number
  default     = 128
  nullable    = false

  validation {
    condition     = var.function_memory_size >= 128 && var.function_memory_size <= 10240 && floor(var.function_memory_size) == var.function_memory_size
    error_message = "function_memory_size must be a whole number of MB from 128 to 10240, not ${var.function_memory_size}."
  }
}

variable "function_timeout" {
  description = "Seconds after which an invocation, and with it its batch, has failed."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = var.function_timeout >= 1 && var.function_timeout <= 900 && floor(var.function_timeout) == var.function_timeout
    error_message = "function_timeout must be a whole number of seconds from 1 to 900, not ${var.function_timeout}."
  }
}

variable "function_ephemeral_storage_size" {
  description = "Size of `/tmp` in MB."
  type        = number
  default     = 512
  nullable    = false

  validation {
    condition     = var.function_ephemeral_storage_size >= 512 && var.function_ephemeral_storage_size <= 10240 && floor(var.function_ephemeral_storage_size) == var.function_ephemeral_storage_size
    error_message = "function_ephemeral_storage_size must be a whole number of MB from 512 to 10240, not ${var.function_ephemeral_storage_size}."
  }
}

variable "function_environment" {
  description = "Environment variables."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for name in keys(var.function_environment) : can(regex("^[a-zA-Z][a-zA-Z0-9_]+$", name))])
    error_message = "function_environment must have names of a letter followed by letters, digits and underscores, not ${join(", ", keys(var.function_environment))}."
  }

  validation {
    condition     = length(setintersection(keys(var.function_environment), ["_HANDLER", "_X_AMZN_TRACE_ID", "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_EXECUTION_ENV", "AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_VERSION", "AWS_LAMBDA_INITIALIZATION_TYPE", "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME", "AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_LAMBDA_RUNTIME_API", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR"])) == 0
    error_message = "function_environment must not set names that Lambda sets itself, such as AWS_REGION; here: ${join(", ", keys(var.function_environment))}."
  }

  validation {
    condition     = length(jsonencode(var.function_environment)) <= 4096
    error_message = "function_environment must have at most 4096 characters as JSON, not ${length(jsonencode(var.function_environment))}."
  }
}

variable "function_kms_key_arn" {
  description = "Customer-managed key of the environment variables; used when there are any."
  type        = string
  default     = null

  validation {
    condition     = try(var.function_kms_key_arn, null) == null ? true : can(regex("^arn:aws[a-z-]*:kms:${local.region}:[0-9]{12}:key/.+$", var.function_kms_key_arn))
    error_message = "function_kms_key_arn must be the ARN of a KMS key (arn:aws:kms:REGION:ACCOUNT:key/ID, no alias and no key id) in ${local.region}, not ${jsonencode(try(var.function_kms_key_arn, null))}."
  }
}

variable "function_layers" {
  description = "ARNs of layer versions, in the order in which they are laid over each other."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = length(var.function_layers) <= 5
    error_message = "function_layers must be at most 5, not ${length(var.function_layers)}."
  }

  validation {
    condition     = alltrue([for layer in var.function_layers : can(regex("^arn:aws[a-z-]*:lambda:${local.region}:[0-9]{12}:layer:[^:]+:[0-9]+$", layer))])
    error_message = "function_layers must be ARNs of layer versions (…:layer:NAME:VERSION) in the region ${local.region}, not ${join(", ", var.function_layers)}."
  }
}

variable "function_reserved_concurrent_executions" {
  description = "Concurrent executions set aside for the function, which are its limit as well; `-1` shares the account's. The mapping needs up to shards × `event_source_parallelization_factor`."
  type        = number
  default     = -1
  nullable    = false

  validation {
    condition     = var.function_reserved_concurrent_executions >= -1 && var.function_reserved_concurrent_executions <= 100000 && floor(var.function_reserved_concurrent_executions) == var.function_reserved_concurrent_executions
    error_message = "function_reserved_concurrent_executions must be a whole number from -1 to 100000, not ${var.function_reserved_concurrent_executions}."
  }
}

variable "function_tracing_mode" {
  description = "X-Ray tracing: `Active` samples by itself, `PassThrough` follows the caller, `Disabled` does the same without permission to write traces."
  type        = string
  default     = "Active"
  nullable    = false

  validation {
    condition     = contains(["Active", "PassThrough", "Disabled"], var.function_tracing_mode)
    error_message = "function_tracing_mode must be one of Active, PassThrough, Disabled, not ${var.function_tracing_mode}."
  }
}

variable "function_vpc" {
  description = "Subnets and security groups of a function that reaches into a VPC."
  type = object({
    subnet_ids                  = list(string)
    security_group_ids          = list(string)
    ipv6_allowed_for_dual_stack = optional(bool, false)
  })
  default = null

  validation {
    condition     = var.function_vpc == null ? true : length(var.function_vpc.subnet_ids) > 0 && length(var.function_vpc.security_group_ids) > 0
    error_message = "function_vpc needs at least one of subnet_ids and one of security_group_ids."
  }
}

variable "function_file_system" {
  description = "EFS access point that the function mounts; it needs `function_vpc`."
  type = object({
    access_point_arn = string
    local_mount_path = string
  })
  default = null

  validation {
    condition     = var.function_file_system == null || var.function_vpc != null
    error_message = "function_file_system needs function_vpc, which is not given."
  }

  validation {
    condition     = var.function_file_system == null ? true : can(regex("^/mnt/[a-zA-Z0-9_.-]+$", var.function_file_system.local_mount_path))
    error_message = "function_file_system.local_mount_path must be /mnt/NAME, not ${try(var.function_file_system.local_mount_path, "null")}."
  }

  validation {
    condition     = try(var.function_file_system.access_point_arn, null) == null ? true : can(regex("^arn:aws[a-z-]*:elasticfilesystem:${local.region}:[0-9]{12}:access-point/fsap-[0-9a-f]+$", var.function_file_system.access_point_arn))
    error_message = "function_file_system.access_point_arn must be the ARN of an EFS access point in ${local.region}, not ${jsonencode(try(var.function_file_system.access_point_arn, null))}."
  }
}

variable "function_code_signing_config_arn" {
  description = "Code signing configuration: who must have signed the package."
  type        = string
  default     = null

  validation {
    condition     = try(var.function_code_signing_config_arn, null) == null ? true : can(regex("^arn:aws[a-z-]*:lambda:${local.region}:[0-9]{12}:code-signing-config:csc-[0-9a-z]+$", var.function_code_signing_config_arn))
    error_message = "function_code_signing_config_arn must be the ARN of a code signing configuration in ${local.region}, not ${jsonencode(try(var.function_code_signing_config_arn, null))}."
  }
}

variable "function_async_dead_letter_target" {
  description = "Queue (`sqs`) or topic (`sns`) for failed asynchronous invocations. The stream invokes synchronously and never uses it: failed records go to the dead-letter queue of the mapping."
  type = object({
    type = string
    arn  = string
  })
  default = null

  validation {
    condition     = var.function_async_dead_letter_target == null ? true : contains(["sqs", "sns"], var.function_async_dead_letter_target.type) && can(regex("^arn:aws[a-z-]*:${var.function_async_dead_letter_target.type}:${local.region}:[0-9]+:[^:]+$", var.function_async_dead_letter_target.arn)) && !endswith(var.function_async_dead_letter_target.arn, ".fifo")
    error_message = "function_async_dead_letter_target must hold type sqs or sns and the ARN of a standard queue or topic in ${local.region}, not ${jsonencode(var.function_async_dead_letter_target)}."
  }
}

variable "function_publish" {
  description = "Whether each change publishes a version; `function_alias` implies it."
  type        = bool
  default     = false
  nullable    = false
}

variable "function_alias" {
  description = "Alias of the newest version; the stream then invokes the alias."
  type        = string
  default     = null

  validation {
    condition     = var.function_alias == null ? true : can(regex("^[0-9]*[a-zA-Z_-][a-zA-Z0-9_-]*$", var.function_alias))
    error_message = "function_alias must be letters, digits, hyphens and underscores, not digits alone, not ${jsonencode(var.function_alias)}."
  }

  validation {
    condition     = var.function_alias == null ? true : length(var.function_alias) <= 128
    error_message = "function_alias must have at most 128 characters, not ${try(length(var.function_alias), 0)}."
  }
}

variable "function_snap_start" {
  description = "Whether new environments start from a snapshot of the published version."
  type        = bool
  default     = false
  nullable    = false

  validation {
    condition     = !var.function_snap_start || var.function_alias != null
    error_message = "function_snap_start needs function_alias: snapshots are of published versions, and the stream must invoke one."
  }

  validation {
    condition     = !var.function_snap_start || can(regex("^(java(11|17|2[1-9])|python3\\.1[2-9]|dotnet([89]|1[0-9]))$", coalesce(var.function_runtime, "none")))
    error_message = "function_snap_start needs a runtime with snapshots (Java 11 and later, Python 3.12 and later, .NET 8 and later), not ${coalesce(var.function_runtime, "none")}."
  }

  validation {
    condition     = !var.function_snap_start || (var.function_file_system == null && var.function_ephemeral_storage_size == 512)
    error_message = "function_snap_start is refused with a function_ephemeral_storage_size other than 512; so it is with function_file_system."
  }
}

variable "function_provisioned_concurrent_executions" {
  description = "Execution environments kept ready for the alias."
  type        = number
  default     = null

  validation {
    condition     = var.function_provisioned_concurrent_executions == null ? true : var.function_provisioned_concurrent_executions >= 1 && var.function_provisioned_concurrent_executions <= 100000 && floor(var.function_provisioned_concurrent_executions) == var.function_provisioned_concurrent_executions
    error_message = "function_provisioned_concurrent_executions must be a whole number from 1 to 100000, not ${jsonencode(var.function_provisioned_concurrent_executions)}."
  }

  validation {
    condition     = var.function_provisioned_concurrent_executions == null || (var.function_alias != null && !var.function_snap_start)
    error_message = "function_provisioned_concurrent_executions needs function_alias; it is refused with function_snap_start."
  }

  validation {
    condition     = var.function_provisioned_concurrent_executions == null ? true : (var.function_reserved_concurrent_executions == -1 || var.function_provisioned_concurrent_executions <= var.function_reserved_concurrent_executions)
    error_message = "function_provisioned_concurrent_executions must be at most function_reserved_concurrent_executions, ${var.function_reserved_concurrent_executions}, not ${jsonencode(var.function_provisioned_concurrent_executions)}."
  }
}

variable "function_log_format" {
  description = "Format of the function's log."
  type        = string
  default     = "JSON"
  nullable    = false

  validation {
    condition     = contains(["JSON", "Text"], var.function_log_format)
    error_message = "function_log_format must be one of JSON, Text, not ${var.function_log_format}."
  }
}

variable "function_application_log_level" {
  description = "Least level of the function's own log lines, with format `JSON`."
  type        = string
  default     = "INFO"
  nullable    = false

  validation {
    condition     = contains(["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"], var.function_application_log_level)
    error_message = "function_application_log_level must be one of TRACE, DEBUG, INFO, WARN, ERROR, FATAL, not ${var.function_application_log_level}."
  }

  validation {
    condition     = var.function_log_format == "JSON" || var.function_application_log_level == "INFO"
    error_message = "function_application_log_level has no effect with function_log_format Text; use JSON or remove the level, ${var.function_application_log_level}."
  }
}

variable "function_system_log_level" {
  description = "Least level of Lambda's log lines about the function, with format `JSON`."
  type        = string
  default     = "WARN"
  nullable    = false

  validation {
    condition     = contains(["DEBUG", "INFO", "WARN"], var.function_system_log_level)
    error_message = "function_system_log_level must be one of DEBUG, INFO, WARN, not ${var.function_system_log_level}."
  }

  validation {
    condition     = var.function_log_format == "JSON" || var.function_system_log_level == "WARN"
    error_message = "function_system_log_level has no effect with function_log_format Text; use JSON or remove the level, ${var.function_system_log_level}."
  }
}

variable "function_log_retention_in_days" {
  description = "Days for which the log is kept; `0` keeps it for ever."
  type        = number
  default     = 365
  nullable    = false

  validation {
    condition     = contains([0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.function_log_retention_in_days)
    error_message = "function_log_retention_in_days must be one of 0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653, not ${var.function_log_retention_in_days}."
  }
}

variable "function_log_kms_key_arn" {
  description = "Customer-managed key of the log group; its policy must allow CloudWatch Logs."
  type        = string
  default     = null

  validation {
    condition     = try(var.function_log_kms_key_arn, null) == null ? true : can(regex("^arn:aws[a-z-]*:kms:${local.region}:[0-9]{12}:key/.+$", var.function_log_kms_key_arn))
    error_message = "function_log_kms_key_arn must be the ARN of a KMS key (arn:aws:kms:REGION:ACCOUNT:key/ID, no alias and no key id) in ${local.region}, not ${jsonencode(try(var.function_log_kms_key_arn, null))}."
  }
}

variable "function_log_group_class" {
  description = "Class of the log group; it can only be chosen when the group is made."
  type        = string
  default     = "STANDARD"
  nullable    = false

  validation {
    condition     = contains(["STANDARD", "INFREQUENT_ACCESS"], var.function_log_group_class)
    error_message = "function_log_group_class must be one of STANDARD, INFREQUENT_ACCESS, not ${var.function_log_group_class}."
  }
}

# Role

variable "role_name" {
  description = "Name of the function's role; `null` is `name` and the region (roles are global), cut to 64 characters."
  type        = string
  default     = null

  validation {
    condition     = var.role_name == null ? true : can(regex("^[a-zA-Z0-9+=,.@_-]{1,64}$", var.role_name))
    error_message = "role_name must be 1 to 64 letters, digits and +=,.@_-, not ${jsonencode(var.role_name)}."
  }
}

variable "role_path" {
  description = "Path of the role."
  type        = string
  default     = "/"
  nullable    = false

  validation {
    condition     = can(regex("^/([!-.0-~]+/)*$", var.role_path))
    error_message = "role_path must be / or a path that begins and ends with /, not ${jsonencode(var.role_path)}."
  }
}

variable "role_permissions_boundary_arn" {
  description = "Policy that bounds what the role may ever do."
  type        = string
  default     = null

  validation {
    condition     = try(var.role_permissions_boundary_arn, null) == null ? true : can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:policy/.+$", var.role_permissions_boundary_arn))
    error_message = "role_permissions_boundary_arn must be the ARN of a managed policy, not ${jsonencode(try(var.role_permissions_boundary_arn, null))}."
  }
}

variable "role_policy_statements" {
  description = "What the function itself may do, by statement id; what the pipeline needs is there already."
  type = map(object({
    effect    = optional(string, "Allow")
    actions   = list(string)
    resources = list(string)
    conditions = optional(list(object({
      test     = string
      variable = string
      values   = list(string)
    })), [])
  }))
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for statement in values(var.role_policy_statements) : contains(["Allow", "Deny"], statement.effect) && length(statement.actions) > 0])
    error_message = "role_policy_statements: effect must be one of Allow, Deny, and actions must not be empty, not ${jsonencode(var.role_policy_statements)}."
  }

  validation {
    condition     = alltrue([for id, statement in var.role_policy_statements : can(regex("^[a-zA-Z0-9]+$", id)) && length(statement.resources) > 0])
    error_message = "role_policy_statements must be keyed by ids of letters and digits, each with at least one of resources; the ids are ${join(", ", keys(var.role_policy_statements))}."
  }
}

variable "role_managed_policy_arns" {
  description = "Managed policies to attach, by a key of your own."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for arn in values(var.role_managed_policy_arns) : can(regex("^arn:aws[a-z-]*:iam::(aws|[0-9]{12}):policy/.+$", arn))])
    error_message = "role_managed_policy_arns must hold ARNs of managed policies, not ${join(", ", values(var.role_managed_policy_arns))}."
  }
}

# Event source mapping

variable "event_source_enabled" {
  description = "Whether the stream invokes the function. A stream keeps records for 24 hours meanwhile."
  type        = bool
  default     = true
  nullable    = false
}

variable "event_source_batch_size" {
  description = "Most records in one invocation; a read returns at most 1,000, an invocation carries at most 6 MB."
  type        = number
  default     = 100
  nullable    = false

  validation {
    condition     = var.event_source_batch_size >= 1 && var.event_source_batch_size <= 10000 && floor(var.event_source_batch_size) == var.event_source_batch_size
    error_message = "event_source_batch_size must be a whole number from 1 to 10000, not ${var.event_source_batch_size}."
  }
}

variable "event_source_maximum_batching_window_in_seconds" {
  description = "Seconds to wait for a batch to fill."
  type        = number
  default     = 0
  nullable    = false

  validation {
    condition     = var.event_source_maximum_batching_window_in_seconds >= 0 && var.event_source_maximum_batching_window_in_seconds <= 300 && floor(var.event_source_maximum_batching_window_in_seconds) == var.event_source_maximum_batching_window_in_seconds
    error_message = "event_source_maximum_batching_window_in_seconds must be a whole number of seconds from 0 to 300, not ${var.event_source_maximum_batching_window_in_seconds}."
  }
}

variable "event_source_starting_position" {
  description = "Where a new mapping begins: with the oldest record of the stream, or with `LATEST`, which can skip what is written around its creation. It cannot be changed later."
  type        = string
  default     = "TRIM_HORIZON"
  nullable    = false

  validation {
    condition     = contains(["TRIM_HORIZON", "LATEST"], var.event_source_starting_position)
    error_message = "event_source_starting_position must be one of TRIM_HORIZON, LATEST, not ${var.event_source_starting_position}."
  }
}

variable "event_source_bisect_batch_on_function_error" {
  description = "Whether a failing batch is halved until the failing record is alone."
  type        = bool
  default     = true
  nullable    = false
}

variable "event_source_maximum_record_age_in_seconds" {
  description = "Age at which a record goes to the failure destination unprocessed; `-1` is the stream's end of 24 hours, and more than 86400 has no effect."
  type        = number
  default     = 86400
  nullable    = false

  validation {
    condition     = var.event_source_maximum_record_age_in_seconds == -1 || (var.event_source_maximum_record_age_in_seconds >= 60 && var.event_source_maximum_record_age_in_seconds <= 604800 && floor(var.event_source_maximum_record_age_in_seconds) == var.event_source_maximum_record_age_in_seconds)
    error_message = "event_source_maximum_record_age_in_seconds must be -1 or a whole number of seconds from 60 to 604800, not ${var.event_source_maximum_record_age_in_seconds}."
  }
}

variable "event_source_maximum_retry_attempts" {
  description = "Retries before a record goes to the failure destination; `-1` retries until it is too old. The pauses double, so 500 are in practice the record's age: see the README."
  type        = number
  default     = 500
  nullable    = false

  validation {
    condition     = var.event_source_maximum_retry_attempts >= -1 && var.event_source_maximum_retry_attempts <= 10000 && floor(var.event_source_maximum_retry_attempts) == var.event_source_maximum_retry_attempts
    error_message = "event_source_maximum_retry_attempts must be a whole number from -1 to 10000, not ${var.event_source_maximum_retry_attempts}."
  }
}

variable "event_source_parallelization_factor" {
  description = "Batches of one shard that are processed at once; the order of each item is kept."
  type        = number
  default     = 1
  nullable    = false

  validation {
    condition     = var.event_source_parallelization_factor >= 1 && var.event_source_parallelization_factor <= 10 && floor(var.event_source_parallelization_factor) == var.event_source_parallelization_factor
    error_message = "event_source_parallelization_factor must be a whole number from 1 to 10, not ${var.event_source_parallelization_factor}."
  }
}

variable "event_source_tumbling_window_in_seconds" {
  description = "Length of the windows over which the function aggregates; `0` is none."
  type        = number
  default     = 0
  nullable    = false

  validation {
    condition     = var.event_source_tumbling_window_in_seconds >= 0 && var.event_source_tumbling_window_in_seconds <= 900 && floor(var.event_source_tumbling_window_in_seconds) == var.event_source_tumbling_window_in_seconds
    error_message = "event_source_tumbling_window_in_seconds must be a whole number of seconds from 0 to 900, not ${var.event_source_tumbling_window_in_seconds}."
  }

  validation {
    condition     = var.event_source_tumbling_window_in_seconds == 0 || length(var.event_source_filter_patterns) == 0
    error_message = "event_source_tumbling_window_in_seconds is refused with event_source_filter_patterns; set it to 0, not ${var.event_source_tumbling_window_in_seconds}, or remove the patterns."
  }

  validation {
    condition     = var.event_source_tumbling_window_in_seconds == 0 || var.event_source_parallelization_factor == 1
    error_message = "event_source_tumbling_window_in_seconds needs event_source_parallelization_factor 1, not ${var.event_source_parallelization_factor}."
  }
}

variable "event_source_report_batch_item_failures" {
  description = "Whether the function may report which records failed. A function that reports nothing is not affected; one that does loses those records silently while this is off."
  type        = bool
  default     = true
  nullable    = false
}

variable "event_source_filter_patterns" {
  description = "Patterns (JSON) of which a record must match one to be processed. AWS allows 5, and 10 on request."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = length(var.event_source_filter_patterns) <= 10
    error_message = "event_source_filter_patterns must be at most 10, not ${length(var.event_source_filter_patterns)}."
  }

  validation {
    condition     = alltrue([for pattern in var.event_source_filter_patterns : can(keys(jsondecode(pattern))) && length(pattern) <= 4096])
    error_message = "event_source_filter_patterns must be JSON objects of at most 4096 characters, such as jsonencode({ eventName = [\"INSERT\"] }), not ${join(", ", var.event_source_filter_patterns)}."
  }

  validation {
    condition     = length(distinct(var.event_source_filter_patterns)) == length(var.event_source_filter_patterns)
    error_message = "event_source_filter_patterns must differ from each other; ${join(", ", var.event_source_filter_patterns)} repeats one."
  }
}

variable "event_source_filter_kms_key_arn" {
  description = "Customer-managed key of the filter patterns; its policy must allow Lambda to decrypt."
  type        = string
  default     = null

  validation {
    condition     = try(var.event_source_filter_kms_key_arn, null) == null ? true : can(regex("^arn:aws[a-z-]*:kms:${local.region}:[0-9]{12}:key/.+$", var.event_source_filter_kms_key_arn))
    error_message = "event_source_filter_kms_key_arn must be the ARN of a KMS key (arn:aws:kms:REGION:ACCOUNT:key/ID, no alias and no key id) in ${local.region}, not ${jsonencode(try(var.event_source_filter_kms_key_arn, null))}."
  }

  validation {
    condition     = var.event_source_filter_kms_key_arn == null || length(var.event_source_filter_patterns) > 0
    error_message = "event_source_filter_kms_key_arn has no effect without event_source_filter_patterns; give patterns or remove the key."
  }
}

variable "event_source_metrics_enabled" {
  description = "Whether the mapping has metrics of its own (`EventCount`), at the price of custom metrics."
  type        = bool
  default     = false
  nullable    = false
}

variable "event_source_tags" {
  description = "Tags of the mapping. They need `lambda:TagResource` to deploy and are not offered in every partition; `tags` therefore leaves the mapping out."
  type        = map(string)
  default     = {}
  nullable    = false
}

# Dead-letter queue

variable "dead_letter_queue_enabled" {
  description = "Whether the module creates a queue for what failed. Without it and without another destination, failed records are dropped without a trace."
  type        = bool
  default     = true
  nullable    = false

  validation {
    condition     = var.dead_letter_queue_enabled || length(local.dead_letter_queue_options) == 0
    error_message = "dead_letter_queue_enabled is false, so these have no effect and are refused: ${join(", ", local.dead_letter_queue_options)}."
  }
}

variable "dead_letter_queue_name" {
  description = "Name of the queue; `null` is `name` and `-dlq`, cut to 80 characters."
  type        = string
  default     = null

  validation {
    condition     = var.dead_letter_queue_name == null ? true : can(regex("^[a-zA-Z0-9_-]{1,80}$", var.dead_letter_queue_name))
    error_message = "dead_letter_queue_name must be 1 to 80 letters, digits, hyphens and underscores (a mapping takes no FIFO queue), not ${jsonencode(var.dead_letter_queue_name)}."
  }
}

variable "dead_letter_queue_message_retention_seconds" {
  description = "Seconds for which a message is kept: never less than the 24 hours of the stream."
  type        = number
  default     = 1209600
  nullable    = false

  validation {
    condition     = var.dead_letter_queue_message_retention_seconds >= 86400 && var.dead_letter_queue_message_retention_seconds <= 1209600 && floor(var.dead_letter_queue_message_retention_seconds) == var.dead_letter_queue_message_retention_seconds
    error_message = "dead_letter_queue_message_retention_seconds must be a whole number of seconds from 86400 to 1209600, not ${var.dead_letter_queue_message_retention_seconds}."
  }
}

variable "dead_letter_queue_visibility_timeout_seconds" {
  description = "Seconds for which a message that somebody received is hidden from others."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = var.dead_letter_queue_visibility_timeout_seconds >= 0 && var.dead_letter_queue_visibility_timeout_seconds <= 43200 && floor(var.dead_letter_queue_visibility_timeout_seconds) == var.dead_letter_queue_visibility_timeout_seconds
    error_message = "dead_letter_queue_visibility_timeout_seconds must be a whole number of seconds from 0 to 43200, not ${var.dead_letter_queue_visibility_timeout_seconds}."
  }
}

variable "dead_letter_queue_kms_key_arn" {
  description = "Customer-managed key of the queue; `null` encrypts with a key that SQS owns."
  type        = string
  default     = null

  validation {
    condition     = try(var.dead_letter_queue_kms_key_arn, null) == null ? true : can(regex("^arn:aws[a-z-]*:kms:${local.region}:[0-9]{12}:key/.+$", var.dead_letter_queue_kms_key_arn))
    error_message = "dead_letter_queue_kms_key_arn must be the ARN of a KMS key (arn:aws:kms:REGION:ACCOUNT:key/ID, no alias and no key id) in ${local.region}, not ${jsonencode(try(var.dead_letter_queue_kms_key_arn, null))}."
  }
}

variable "dead_letter_queue_kms_data_key_reuse_period_seconds" {
  description = "Seconds for which SQS reuses a data key of `dead_letter_queue_kms_key_arn`."
  type        = number
  default     = 300
  nullable    = false

  validation {
    condition     = var.dead_letter_queue_kms_data_key_reuse_period_seconds >= 60 && var.dead_letter_queue_kms_data_key_reuse_period_seconds <= 86400 && floor(var.dead_letter_queue_kms_data_key_reuse_period_seconds) == var.dead_letter_queue_kms_data_key_reuse_period_seconds
    error_message = "dead_letter_queue_kms_data_key_reuse_period_seconds must be a whole number of seconds from 60 to 86400, not ${var.dead_letter_queue_kms_data_key_reuse_period_seconds}."
  }

  validation {
    condition     = var.dead_letter_queue_kms_data_key_reuse_period_seconds == 300 || var.dead_letter_queue_kms_key_arn != null
    error_message = "dead_letter_queue_kms_data_key_reuse_period_seconds has no effect without dead_letter_queue_kms_key_arn; give a key or remove the period, ${var.dead_letter_queue_kms_data_key_reuse_period_seconds}."
  }
}

variable "dead_letter_queue_policy_statements" {
  description = "Further statements of the queue's policy, by statement id, with principals by kind (`AWS`, `Service`). The policy always refuses what does not come over TLS."
  type = map(object({
    effect     = optional(string, "Allow")
    actions    = list(string)
    principals = map(list(string))
    conditions = optional(list(object({
      test     = string
      variable = string
      values   = list(string)
    })), [])
  }))
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for statement in values(var.dead_letter_queue_policy_statements) : contains(["Allow", "Deny"], statement.effect) && length(statement.actions) > 0])
    error_message = "dead_letter_queue_policy_statements: effect must be one of Allow, Deny, and actions must not be empty, not ${jsonencode(var.dead_letter_queue_policy_statements)}."
  }

  validation {
    condition     = alltrue([for id, statement in var.dead_letter_queue_policy_statements : can(regex("^[a-zA-Z0-9]+$", id)) && id != "DenyInsecureTransport" && length(statement.principals) > 0])
    error_message = "dead_letter_queue_policy_statements must be keyed by ids of letters and digits other than DenyInsecureTransport, each with principals; the ids are ${join(", ", keys(var.dead_letter_queue_policy_statements))}."
  }
}

variable "on_failure_destination" {
  description = "Existing destination for what failed, instead of a queue of the module's own: a standard queue (`sqs`), a standard topic (`sns`) or a bucket (`s3`, which also keeps the records themselves), and its customer-managed key."
  type = object({
    type        = string
    arn         = string
    kms_key_arn = optional(string)
  })
  default = null

  validation {
    condition     = var.on_failure_destination == null ? true : contains(["sqs", "sns", "s3"], var.on_failure_destination.type)
    error_message = "on_failure_destination.type must be one of sqs, sns, s3, not ${try(var.on_failure_destination.type, "null")}."
  }

  validation {
    condition     = var.on_failure_destination == null ? true : can(regex("^arn:aws[a-z-]*:${var.on_failure_destination.type}:(${local.region})?:[0-9]*:[^:/]+$", var.on_failure_destination.arn))
    error_message = "on_failure_destination.arn must be the ARN of what type says, ${try(var.on_failure_destination.type, "null")}: a queue or a topic in ${local.region}, or a bucket without a path; not ${jsonencode(try(var.on_failure_destination.arn, null))}."
  }

  validation {
    condition     = !endswith(try(var.on_failure_destination.arn, ""), ".fifo")
    error_message = "on_failure_destination.arn must be a standard queue or topic: a mapping takes no FIFO destination such as ${jsonencode(try(var.on_failure_destination.arn, null))}."
  }

  validation {
    condition     = try(var.on_failure_destination.kms_key_arn, null) == null ? true : can(regex("^arn:aws[a-z-]*:kms:${local.region}:[0-9]{12}:key/.+$", var.on_failure_destination.kms_key_arn))
    error_message = "on_failure_destination.kms_key_arn must be the ARN of a KMS key (arn:aws:kms:REGION:ACCOUNT:key/ID, no alias and no key id) in ${local.region}, not ${jsonencode(try(var.on_failure_destination.kms_key_arn, null))}."
  }

  validation {
    condition     = var.on_failure_destination == null || length(local.dead_letter_queue_options) == 0
    error_message = "on_failure_destination is given, so these have no effect and are refused: ${join(", ", local.dead_letter_queue_options)}."
  }
}

# Alarms and dashboard

variable "alarm_actions" {
  description = "What an alarm sets off, for instance SNS topics. Alarms are created when an action is given."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = length(var.alarm_actions) <= 5 && alltrue([for arn in var.alarm_actions : can(regex("^arn:aws[a-z-]*:[a-z0-9-]+:${local.region}:[0-9]{12}:.+$", arn))])
    error_message = "alarm_actions must be at most 5 ARNs in ${local.region}, for instance of SNS topics, not ${jsonencode(var.alarm_actions)}."
  }
}

variable "alarm_ok_actions" {
  description = "What the end of an alarm sets off."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = length(var.alarm_ok_actions) <= 5 && alltrue([for arn in var.alarm_ok_actions : can(regex("^arn:aws[a-z-]*:[a-z0-9-]+:${local.region}:[0-9]{12}:.+$", arn))])
    error_message = "alarm_ok_actions must be at most 5 ARNs in ${local.region}, for instance of SNS topics, not ${jsonencode(var.alarm_ok_actions)}."
  }
}

variable "alarm_iterator_age_threshold_seconds" {
  description = "Age of the newest processed record from which the function has fallen behind; records are lost at 86400."
  type        = number
  default     = 3600
  nullable    = false

  validation {
    condition     = var.alarm_iterator_age_threshold_seconds >= 1 && var.alarm_iterator_age_threshold_seconds <= 86400 && floor(var.alarm_iterator_age_threshold_seconds) == var.alarm_iterator_age_threshold_seconds
    error_message = "alarm_iterator_age_threshold_seconds must be a whole number of seconds from 1 to 86400, not ${var.alarm_iterator_age_threshold_seconds}."
  }
}

variable "alarm_errors_threshold" {
  description = "Failed invocations in 5 minutes."
  type        = number
  default     = 1
  nullable    = false

  validation {
    condition     = var.alarm_errors_threshold >= 1 && var.alarm_errors_threshold <= 1000000 && floor(var.alarm_errors_threshold) == var.alarm_errors_threshold
    error_message = "alarm_errors_threshold must be a whole number of invocations from 1 to 1000000, not ${var.alarm_errors_threshold}."
  }
}

variable "alarm_throttles_threshold" {
  description = "Throttled invocations in 5 minutes."
  type        = number
  default     = 1
  nullable    = false

  validation {
    condition     = var.alarm_throttles_threshold >= 1 && var.alarm_throttles_threshold <= 1000000 && floor(var.alarm_throttles_threshold) == var.alarm_throttles_threshold
    error_message = "alarm_throttles_threshold must be a whole number of invocations from 1 to 1000000, not ${var.alarm_throttles_threshold}."
  }
}

variable "alarm_dead_letters_threshold" {
  description = "Messages in the queue to which failures are reported."
  type        = number
  default     = 1
  nullable    = false

  validation {
    condition     = var.alarm_dead_letters_threshold >= 1 && var.alarm_dead_letters_threshold <= 1000000 && floor(var.alarm_dead_letters_threshold) == var.alarm_dead_letters_threshold
    error_message = "alarm_dead_letters_threshold must be a whole number of messages from 1 to 1000000, not ${var.alarm_dead_letters_threshold}."
  }
}

variable "alarm_failed_deliveries_threshold" {
  description = "Failure reports in 5 minutes that the destination refused. They are not sent again."
  type        = number
  default     = 1
  nullable    = false

  validation {
    condition     = var.alarm_failed_deliveries_threshold >= 1 && var.alarm_failed_deliveries_threshold <= 1000000 && floor(var.alarm_failed_deliveries_threshold) == var.alarm_failed_deliveries_threshold
    error_message = "alarm_failed_deliveries_threshold must be a whole number of reports from 1 to 1000000, not ${var.alarm_failed_deliveries_threshold}."
  }
}

variable "alarm_stalled_minutes" {
  description = "Minutes for which the table is written and the function is not invoked, from which on the pipeline stands still, in steps of 5; 0 is no alarm. With filter patterns, the alarm needs `event_source_metrics_enabled`."
  type        = number
  default     = 15
  nullable    = false

  validation {
    condition     = var.alarm_stalled_minutes == 0 || (var.alarm_stalled_minutes >= 5 && var.alarm_stalled_minutes <= 1440 && floor(var.alarm_stalled_minutes) == var.alarm_stalled_minutes)
    error_message = "alarm_stalled_minutes must be 0 or a whole number of minutes from 5 to 1440, not ${var.alarm_stalled_minutes}."
  }
}

variable "dashboard_enabled" {
  description = "Whether the pipeline has a CloudWatch dashboard."
  type        = bool
  default     = false
  nullable    = false
}
