# Generated from generator/templates/table.tf by "python -m generator build"; do not edit.

locals {
  table_name = (
    var.existing_table == null
    ? coalesce(var.table_name, var.name)
    : try(split("/", var.existing_table.stream_arn)[1], null)
  )
  table_arn = (
    var.existing_table == null
    ? one(aws_dynamodb_table.this[*].arn)
    : split("/stream/", var.existing_table.stream_arn)[0]
  )
  stream_arn = (
    var.existing_table == null
    ? one(aws_dynamodb_table.this[*].stream_arn)
    : var.existing_table.stream_arn
  )
  table_kms_key_arn = var.existing_table == null ? var.table_kms_key_arn : try(var.existing_table.kms_key_arn, null)

  stream_readers_key_statement = length(var.table_stream_readers) == 0 || var.table_kms_key_arn == null ? null : jsonencode({
    Sid       = "DecryptStream"
    Effect    = "Allow"
    Principal = { AWS = values(var.table_stream_readers) }
    Action    = ["kms:Decrypt"]
    Resource  = ["*"]
    Condition = { StringEquals = { "kms:ViaService" = "dynamodb.${local.region}.${local.dns_suffix}" } }
  })

  index_keys = toset(flatten([
    [for index in values(var.table_global_secondary_indexes) : try(compact([index.partition_key, index.sort_key]), [])],
    compact([for index in values(var.table_local_secondary_indexes) : try(index.sort_key, null)]),
  ]))
}

resource "aws_dynamodb_table" "this" {
  count = var.existing_table == null ? 1 : 0

  name      = local.table_name
  hash_key  = var.table_partition_key.name
  range_key = one(var.table_sort_key[*].name)

  billing_mode                = var.table_billing_mode
  read_capacity               = var.table_read_capacity
  write_capacity              = var.table_write_capacity
  table_class                 = var.table_class
  deletion_protection_enabled = var.table_deletion_protection_enabled

  stream_enabled   = true
  stream_view_type = var.table_stream_view_type

  restore_source_name      = one(var.table_restore[*].source_table_name)
  restore_source_table_arn = one(var.table_restore[*].source_table_arn)
  restore_date_time        = one(var.table_restore[*].date_time)
  restore_to_latest_time   = one(var.table_restore[*].to_latest_time)

  tags = var.tags

  dynamic "attribute" {
    for_each = merge(
      { (var.table_partition_key.name) = var.table_partition_key.type },
      var.table_sort_key == null ? {} : { (var.table_sort_key.name) = var.table_sort_key.type },
      var.table_attributes,
    )

    content {
      name = attribute.key
      type = attribute.value
    }
  }

  server_side_encryption {
    enabled     = var.table_server_side_encryption_enabled
    kms_key_arn = var.table_kms_key_arn
  }

  point_in_time_recovery {
    enabled                 = var.table_point_in_time_recovery_enabled
    recovery_period_in_days = var.table_point_in_time_recovery_enabled ? coalesce(var.table_point_in_time_recovery_days, 35) : null
  }

  dynamic "on_demand_throughput" {
    for_each = var.table_on_demand_throughput[*]

    content {
      max_read_request_units  = coalesce(on_demand_throughput.value.max_read_request_units, -1)
      max_write_request_units = coalesce(on_demand_throughput.value.max_write_request_units, -1)
    }
  }

  # DynamoDB needs the name of the attribute to turn TTL off
  dynamic "ttl" {
    for_each = var.table_ttl_attribute[*]

    content {
      enabled        = coalesce(var.table_ttl_enabled, true)
      attribute_name = ttl.value
    }
  }

  dynamic "global_secondary_index" {
    for_each = var.table_global_secondary_indexes

    content {
      name               = global_secondary_index.key
      hash_key           = global_secondary_index.value.partition_key
      range_key          = global_secondary_index.value.sort_key
      projection_type    = global_secondary_index.value.projection_type
      non_key_attributes = global_secondary_index.value.non_key_attributes
      read_capacity      = global_secondary_index.value.read_capacity
      write_capacity     = global_secondary_index.value.write_capacity

      # Not -1 for an attribute that is left out, as for the table: every plan would change the index
      dynamic "on_demand_throughput" {
        for_each = global_secondary_index.value.on_demand_throughput[*]

        content {
          max_read_request_units  = on_demand_throughput.value.max_read_request_units
          max_write_request_units = on_demand_throughput.value.max_write_request_units
        }
      }
    }
  }

  dynamic "local_secondary_index" {
    for_each = var.table_local_secondary_indexes

    content {
      name               = local_secondary_index.key
      range_key          = local_secondary_index.value.sort_key
      projection_type    = local_secondary_index.value.projection_type
      non_key_attributes = local_secondary_index.value.non_key_attributes
    }
  }

  dynamic "replica" {
    for_each = var.table_replicas

    content {
      region_name            = replica.key
      kms_key_arn            = try(replica.value.kms_key_arn, null)
      point_in_time_recovery = coalesce(try(replica.value.point_in_time_recovery, null), true)
      propagate_tags         = coalesce(try(replica.value.propagate_tags, null), true)
    }
  }

  dynamic "timeouts" {
    for_each = var.table_timeouts[*]

    content {
      create = timeouts.value.create
      update = timeouts.value.update
      delete = timeouts.value.delete
    }
  }

  dynamic "import_table" {
    for_each = var.table_import[*]

    content {
      input_format           = import_table.value.format
      input_compression_type = import_table.value.compression

      s3_bucket_source {
        bucket       = import_table.value.bucket
        bucket_owner = import_table.value.bucket_owner
        key_prefix   = import_table.value.key_prefix
      }

      dynamic "input_format_options" {
        for_each = import_table.value.format == "CSV" ? [import_table.value] : []

        content {
          csv {
            delimiter   = input_format_options.value.csv_delimiter
            header_list = input_format_options.value.csv_header_list
          }
        }
      }
    }
  }

  lifecycle {
    ignore_changes = [
      # They count when the table is created; later, they would replace it
      restore_source_name,
      restore_source_table_arn,
      restore_date_time,
      restore_to_latest_time,
      import_table,
    ]
  }
}

resource "aws_dynamodb_resource_policy" "this" {
  count = var.table_resource_policy == null ? 0 : 1

  resource_arn = local.table_arn
  policy       = var.table_resource_policy.policy
}

# A Lambda function of another account reads the stream; the policy of the table does not apply to it
resource "aws_dynamodb_resource_policy" "stream" {
  count = var.table_stream_resource_policy == null && length(var.table_stream_readers) == 0 ? 0 : 1

  resource_arn = local.stream_arn
  policy = try(var.table_stream_resource_policy.policy, jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "ReadStream"
        Effect    = "Allow"
        Principal = { AWS = values(var.table_stream_readers) }
        Action    = ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"]
        Resource  = [local.stream_arn]
      }
    ]
  }))
}

resource "aws_dynamodb_contributor_insights" "this" {
  count = var.table_contributor_insights_enabled ? 1 : 0

  table_name = aws_dynamodb_table.this[0].name
}

resource "aws_dynamodb_kinesis_streaming_destination" "this" {
  count = var.table_kinesis_destination == null ? 0 : 1

  table_name                               = aws_dynamodb_table.this[0].name
  stream_arn                               = var.table_kinesis_destination.stream_arn
  approximate_creation_date_time_precision = var.table_kinesis_destination.timestamp_precision
}
