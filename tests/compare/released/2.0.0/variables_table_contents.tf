# Generated from generator/templates/variables.tf by "python -m generator build"; do not edit.

# Contents of the table

variable "table_ttl_attribute" {
  description = "Attribute with the time (epoch seconds) at which an item expires. `null` creates a table whose items do not expire. To turn TTL off later, keep the name and set `table_ttl_enabled = false`. Without the name, TTL stays on and DynamoDB continues to delete items. Another name takes two applies: `false` with the old name first."
  type        = string
  default     = null

  validation {
    condition = (
      var.table_ttl_attribute == null
      ? true
      : length(var.table_ttl_attribute) >= 1 && length(var.table_ttl_attribute) <= 255
    )
    error_message = "The table_ttl_attribute value must be 1 to 255 characters. Got ${jsonencode(var.table_ttl_attribute)}."
  }
}

variable "table_ttl_enabled" {
  description = "Set to `false` to turn TTL off: DynamoDB then deletes no more items. Defaults to `true` if `table_ttl_attribute` is set."
  type        = bool
  default     = null

  validation {
    condition     = var.table_ttl_enabled == null || var.table_ttl_attribute != null
    error_message = "Set table_ttl_attribute: table_ttl_enabled requires it."
  }
}

variable "table_replicas" {
  # any, because Terraform removes unknown keys from an object of a declared type
  description = "Replicas of the table by Region (a global table). They require on-demand mode and `NEW_AND_OLD_IMAGES`. The function processes the stream of this Region only. Replicas that are not in the map are deleted, also if another resource created them; the profile option `ignore_replica_changes` leaves them alone. Type: map(object({ kms_key_arn = optional(string), point_in_time_recovery = optional(bool, true), propagate_tags = optional(bool, true) }))."
  type        = any
  default     = {}
  nullable    = false

  validation {
    condition = alltrue([
      for entry in values(var.table_replicas) :
      length(setsubtract(try(keys(entry), []), ["kms_key_arn", "point_in_time_recovery", "propagate_tags"])) == 0
    ])
    error_message = "The keys in table_replicas must be kms_key_arn, point_in_time_recovery, or propagate_tags. Got ${join(", ", flatten([for id, entry in var.table_replicas : [for key in setsubtract(try(keys(entry), []), ["kms_key_arn", "point_in_time_recovery", "propagate_tags"]) : "${id}.${key}${join("", [for known in ["kms_key_arn", "point_in_time_recovery", "propagate_tags"] : " (did you mean ${known}?)" if startswith(lower(key), substr(known, 0, 3))])}"]]))}."
  }

  validation {
    condition = alltrue([
      for entry in values(var.table_replicas) :
      can([
        keys(entry), tostring(try(entry.kms_key_arn, null)), tobool(try(entry.point_in_time_recovery, null)),
        tobool(try(entry.propagate_tags, null)),
      ])
    ])
    error_message = "The table_replicas value must be of type map(object({ kms_key_arn = optional(string), point_in_time_recovery = optional(bool, true), propagate_tags = optional(bool, true) })). Got ${jsonencode({ for id, entry in var.table_replicas : id => entry if !can([keys(entry), tostring(try(entry.kms_key_arn, null)), tobool(try(entry.point_in_time_recovery, null)), tobool(try(entry.propagate_tags, null))]) })}."
  }

  validation {
    condition     = length(var.table_replicas) == 0 || var.table_stream_view_type == "NEW_AND_OLD_IMAGES"
    error_message = "The table_stream_view_type value must be NEW_AND_OLD_IMAGES with table_replicas. Got ${jsonencode(var.table_stream_view_type)}."
  }

  validation {
    condition     = length(var.table_replicas) == 0 || var.table_billing_mode == "PAY_PER_REQUEST"
    error_message = "The table_billing_mode value must be PAY_PER_REQUEST with table_replicas, because provisioned replicas require autoscaling. Got ${jsonencode(var.table_billing_mode)}."
  }

  validation {
    condition = alltrue([
      for region in keys(var.table_replicas) :
      can(regex("^[a-z]{2,}(-[a-z]+)+-[0-9]+$", region))
    ])
    error_message = "The table_replicas value must be keyed by Regions such as us-east-1. Got ${jsonencode([for region in keys(var.table_replicas) : region if !can(regex("^[a-z]{2,}(-[a-z]+)+-[0-9]+$", region))])}."
  }

  validation {
    condition     = alltrue([for region in keys(var.table_replicas) : region != local.region])
    error_message = "The table_replicas value must be keyed by other Regions than ${local.region}. Got ${jsonencode([for region in keys(var.table_replicas) : region if !(region != local.region)])}."
  }

  validation {
    condition = alltrue([
      for region, replica in var.table_replicas :
      try(replica.kms_key_arn, null) == null
      ? var.table_kms_key_arn == null
      : (
        var.table_kms_key_arn != null
        && can(regex("^arn:aws[a-z-]*:kms:${region}:[0-9]{12}:key/[a-zA-Z0-9-]+$", replica.kms_key_arn))
      )
    ])
    error_message = "Set kms_key_arn in table_replicas to a key of the replica's Region if, and only if, the table has a customer managed key. Got ${jsonencode({ for region, replica in var.table_replicas : region => replica if !(try(replica.kms_key_arn, null) == null ? var.table_kms_key_arn == null : var.table_kms_key_arn != null && can(regex("^arn:aws[a-z-]*:kms:${region}:[0-9]{12}:key/[a-zA-Z0-9-]+$", replica.kms_key_arn))) })}."
  }
}

variable "table_resource_policy" {
  description = "Resource-based policy of the table: `{ policy = jsonencode({...}) }`."
  type = object({
    policy = string
  })
  default = null

  validation {
    condition = (
      var.table_resource_policy == null
      ? true
      : (
        can(jsondecode(var.table_resource_policy.policy).Statement)
        && try(length(var.table_resource_policy.policy) <= 20480, false)
      )
    )
    error_message = "The table_resource_policy.policy value must be a policy document as JSON, with Statement, of at most 20480 characters. Got ${jsonencode(try(var.table_resource_policy.policy, null))}."
  }
}

variable "table_stream_readers" {
  description = "ARNs of roles of other accounts whose functions may read the stream, by a name of your choice. More than two readers of a shard throttle each other, and the mapping is one of them. The output `table_stream_readers_key_statement` is for the policy of the key."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition = alltrue([
      for name, arn in var.table_stream_readers :
      can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:role/([!-~]+/)?[a-zA-Z0-9+=,.@_-]{1,64}$", arn))
    ])
    error_message = "The table_stream_readers value must be a map to ARNs of roles. Got ${jsonencode({ for name, arn in var.table_stream_readers : name => arn if !can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:role/([!-~]+/)?[a-zA-Z0-9+=,.@_-]{1,64}$", arn)) })}."
  }

  validation {
    condition = (
      length(var.table_stream_readers) == 0
      || var.table_kms_key_arn != null
      || !var.table_server_side_encryption_enabled
    )
    error_message = "Other accounts cannot use the AWS managed key with which the table is encrypted, so table_stream_readers could not read the stream: set table_server_side_encryption_enabled to false. Or set table_kms_key_arn."
  }
}

variable "table_stream_resource_policy" {
  description = "Resource-based policy of the stream, which is not that of the table: `{ policy = jsonencode({...}) }`. `table_stream_readers` writes one."
  type = object({
    policy = string
  })
  default = null

  validation {
    condition = (
      var.table_stream_resource_policy == null
      ? true
      : (
        can(jsondecode(var.table_stream_resource_policy.policy).Statement)
        && try(length(var.table_stream_resource_policy.policy) <= 20480, false)
      )
    )
    error_message = "The table_stream_resource_policy.policy value must be a policy document as JSON, with Statement, of at most 20480 characters. Got ${jsonencode(try(var.table_stream_resource_policy.policy, null))}."
  }

  validation {
    condition     = var.table_stream_resource_policy == null || length(var.table_stream_readers) == 0
    error_message = "Set only one of table_stream_resource_policy and table_stream_readers."
  }
}

variable "table_import" {
  description = "Items in S3 to create the table from. Imported items do not appear in the stream. The argument counts when the table is created; adding, changing, or removing it later has no effect."
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
    condition = (
      var.table_import == null
      ? true
      : try(contains(["CSV", "DYNAMODB_JSON", "ION"], var.table_import.format), false)
    )
    error_message = "The table_import.format value must be CSV, DYNAMODB_JSON, or ION. Got ${jsonencode(try(var.table_import.format, null))}."
  }

  validation {
    condition     = var.table_import == null ? true : contains(["NONE", "GZIP", "ZSTD"], var.table_import.compression)
    error_message = "The table_import.compression value must be NONE, GZIP, or ZSTD. Got ${jsonencode(try(var.table_import.compression, null))}."
  }

  validation {
    condition = (
      var.table_import == null
      ? true
      : can(regex("^[a-zA-Z0-9][a-zA-Z0-9._-]{1,253}[a-zA-Z0-9]$", var.table_import.bucket))
    )
    error_message = "The table_import.bucket value must be the name of a bucket. Got ${jsonencode(try(var.table_import.bucket, null))}."
  }

  validation {
    condition = (
      var.table_import == null
      ? true
      : (var.table_import.key_prefix == null || try(length(var.table_import.key_prefix) <= 1024, false))
    )
    error_message = "The table_import.key_prefix value must be at most 1024 characters. Got ${jsonencode(try(var.table_import.key_prefix, null))}."
  }

  validation {
    condition = (
      var.table_import == null
      ? true
      : (var.table_import.bucket_owner == null || can(regex("^[0-9]{12}$", var.table_import.bucket_owner)))
    )
    error_message = "The table_import.bucket_owner value must be an account ID of 12 digits. Got ${jsonencode(try(var.table_import.bucket_owner, null))}."
  }

  validation {
    condition = (
      var.table_import == null
      ? true
      : (var.table_import.csv_delimiter == null || can(regex("^[,;:|\t ]$", var.table_import.csv_delimiter)))
    )
    error_message = "The table_import.csv_delimiter value must be a comma, semicolon, colon, pipe, tab, or space. Got ${jsonencode(try(var.table_import.csv_delimiter, null))}."
  }

  validation {
    condition = (
      var.table_import == null
      ? true
      : (var.table_import.csv_header_list == null || try(length(compact(var.table_import.csv_header_list)) >= 1, false))
    )
    error_message = "The table_import.csv_header_list value must be a list of at least one name. Got ${jsonencode(try(var.table_import.csv_header_list, null))}."
  }

  validation {
    condition = (
      var.table_import == null
      ? true
      : (
        var.table_import.format == "CSV"
        || (var.table_import.csv_delimiter == null && var.table_import.csv_header_list == null)
      )
    )
    error_message = "Remove csv_delimiter and csv_header_list from table_import: they have no effect when format is ${jsonencode(try(var.table_import.format, null))}."
  }
}

variable "table_restore" {
  description = "Table and point in time to restore the table from. Its stream is new, without the records of the source's stream. The argument counts when the table is created; adding, changing, or removing it later has no effect."
  type = object({
    source_table_name = optional(string)
    source_table_arn  = optional(string)
    date_time         = optional(string)
    to_latest_time    = optional(bool)
  })
  default = null

  validation {
    condition = (
      var.table_restore == null
      ? true
      : (var.table_restore.source_table_name == null) != (var.table_restore.source_table_arn == null)
    )
    error_message = "Set exactly one of source_table_name and source_table_arn in table_restore."
  }

  validation {
    condition = (
      var.table_restore == null
      ? true
      : (var.table_restore.date_time == null) != (var.table_restore.to_latest_time != true)
    )
    error_message = "Set exactly one of date_time and to_latest_time = true in table_restore."
  }

  validation {
    condition = (
      var.table_restore == null
      ? true
      : (
        var.table_restore.source_table_name == null
        || can(regex("^[a-zA-Z0-9_.-]{3,255}$", var.table_restore.source_table_name))
      )
    )
    error_message = "The table_restore.source_table_name value must be the name of a table (not its ARN). Got ${jsonencode(try(var.table_restore.source_table_name, null))}."
  }

  validation {
    condition = (
      var.table_restore == null
      ? true
      : (
        var.table_restore.source_table_arn == null
        || can(regex(
          "^arn:aws[a-z-]*:dynamodb:[a-z0-9-]+:[0-9]{12}:table/[a-zA-Z0-9_.-]+$",
          var.table_restore.source_table_arn,
        ))
      )
    )
    error_message = "The table_restore.source_table_arn value must be the ARN of a table. Got ${jsonencode(try(var.table_restore.source_table_arn, null))}."
  }

  validation {
    condition = (
      var.table_restore == null
      ? true
      : (var.table_restore.date_time == null || can(timeadd(var.table_restore.date_time, "0s")))
    )
    error_message = "The table_restore.date_time value must be a time such as 2026-01-31T12:00:00Z. Got ${jsonencode(try(var.table_restore.date_time, null))}."
  }

  validation {
    condition     = var.table_restore == null || var.table_import == null
    error_message = "Set only one of table_restore and table_import."
  }
}

variable "table_contributor_insights_enabled" {
  description = "Set to `true` for CloudWatch Contributor Insights (most accessed and throttled keys), charged by event."
  type        = bool
  default     = false
  nullable    = false
}

variable "table_kinesis_destination" {
  description = "Kinesis data stream that also receives the changes of the table."
  type = object({
    stream_arn          = string
    timestamp_precision = optional(string, "MILLISECOND")
  })
  default = null

  validation {
    condition = (
      var.table_kinesis_destination == null
      ? true
      : can(regex(
        "^arn:aws[a-z-]*:kinesis:${local.region}:[0-9]{12}:stream/[a-zA-Z0-9_.-]{1,128}$",
        var.table_kinesis_destination.stream_arn,
      ))
    )
    error_message = "The table_kinesis_destination.stream_arn value must be the ARN of a Kinesis data stream in ${local.region}. Got ${jsonencode(try(var.table_kinesis_destination.stream_arn, null))}."
  }

  validation {
    condition = (
      var.table_kinesis_destination == null
      ? true
      : contains(["MILLISECOND", "MICROSECOND"], var.table_kinesis_destination.timestamp_precision)
    )
    error_message = "The table_kinesis_destination.timestamp_precision value must be MILLISECOND or MICROSECOND. Got ${jsonencode(try(var.table_kinesis_destination.timestamp_precision, null))}."
  }
}
