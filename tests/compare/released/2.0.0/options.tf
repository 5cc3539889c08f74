# Generated from generator/templates/options.tf by "python -m generator build"; do not edit.

# Arguments that differ from their defaults. They have no effect when a certain other argument is set, whose validation
# rejects them.
locals {
  # No effect when existing_table is set
  table_options = [
    for name, is_set in {
      table_name                           = var.table_name != null
      table_partition_key                  = jsonencode(var.table_partition_key) != jsonencode({ name = "id", type = "S" })
      table_sort_key                       = var.table_sort_key != null
      table_attributes                     = length(var.table_attributes) > 0
      table_global_secondary_indexes       = length(var.table_global_secondary_indexes) > 0
      table_local_secondary_indexes        = length(var.table_local_secondary_indexes) > 0
      table_billing_mode                   = var.table_billing_mode != "PAY_PER_REQUEST"
      table_read_capacity                  = var.table_read_capacity != null
      table_write_capacity                 = var.table_write_capacity != null
      table_on_demand_throughput           = var.table_on_demand_throughput != null
      table_class                          = var.table_class != "STANDARD"
      table_stream_view_type               = var.table_stream_view_type != "NEW_AND_OLD_IMAGES"
      table_point_in_time_recovery_enabled = !var.table_point_in_time_recovery_enabled
      table_point_in_time_recovery_days    = var.table_point_in_time_recovery_days != null
      table_server_side_encryption_enabled = !var.table_server_side_encryption_enabled
      table_kms_key_arn                    = var.table_kms_key_arn != null
      table_deletion_protection_enabled    = !var.table_deletion_protection_enabled
      table_timeouts                       = var.table_timeouts != null
      table_ttl_attribute                  = var.table_ttl_attribute != null
      table_ttl_enabled                    = var.table_ttl_enabled != null
      table_replicas                       = length(var.table_replicas) > 0
      table_resource_policy                = var.table_resource_policy != null
      table_stream_readers                 = length(var.table_stream_readers) > 0
      table_stream_resource_policy         = var.table_stream_resource_policy != null
      table_import                         = var.table_import != null
      table_restore                        = var.table_restore != null
      table_contributor_insights_enabled   = var.table_contributor_insights_enabled
      table_kinesis_destination            = var.table_kinesis_destination != null
    } : name if is_set
  ]

  # No effect when existing_function is set
  function_options = [
    for name, is_set in {
      function_name                              = var.function_name != null
      function_description                       = var.function_description != null
      function_filename                          = var.function_filename != null
      function_source_code_hash                  = var.function_source_code_hash != null
      function_s3                                = var.function_s3 != null
      function_image_uri                         = var.function_image_uri != null
      function_image_config                      = var.function_image_config != null
      function_handler                           = var.function_handler != null
      function_runtime                           = var.function_runtime != null
      function_architecture                      = var.function_architecture != "x86_64"
      function_layers                            = length(var.function_layers) > 0
      function_code_signing_config_arn           = var.function_code_signing_config_arn != null
      function_memory_size                       = var.function_memory_size != 128
      function_timeout                           = var.function_timeout != 30
      function_timeouts                          = var.function_timeouts != null
      function_ephemeral_storage_size            = var.function_ephemeral_storage_size != 512
      function_environment                       = length(var.function_environment) > 0
      function_kms_key_arn                       = var.function_kms_key_arn != null
      function_reserved_concurrent_executions    = var.function_reserved_concurrent_executions != -1
      function_tracing_mode                      = var.function_tracing_mode != "Active"
      function_vpc                               = var.function_vpc != null
      function_file_system                       = var.function_file_system != null
      function_async_dead_letter_target          = var.function_async_dead_letter_target != null
      function_publish                           = var.function_publish
      function_alias                             = var.function_alias != null
      function_alias_version                     = var.function_alias_version != null
      function_alias_routing                     = length(var.function_alias_routing) > 0
      function_snap_start                        = var.function_snap_start
      function_provisioned_concurrent_executions = var.function_provisioned_concurrent_executions != null
      function_log_group                         = var.function_log_group != null
      function_log_format                        = var.function_log_format != "JSON"
      function_application_log_level             = var.function_application_log_level != "INFO"
      function_system_log_level                  = var.function_system_log_level != "WARN"
      function_log_retention_in_days             = var.function_log_retention_in_days != 365
      function_log_kms_key_arn                   = var.function_log_kms_key_arn != null
      function_log_group_class                   = var.function_log_group_class != "STANDARD"
      function_log_skip_destroy                  = var.function_log_skip_destroy
      role_name                                  = var.role_name != null
      role_description                           = var.role_description != null
      role_force_detach_policies                 = var.role_force_detach_policies
      role_path                                  = var.role_path != "/"
      role_permissions_boundary_arn              = var.role_permissions_boundary_arn != null
      existing_role                              = var.existing_role != null
    } : name if is_set
  ]

  # No effect when function_log_group is set
  log_group_options = [
    for name, is_set in {
      function_log_retention_in_days = var.function_log_retention_in_days != 365
      function_log_kms_key_arn       = var.function_log_kms_key_arn != null
      function_log_group_class       = var.function_log_group_class != "STANDARD"
      function_log_skip_destroy      = var.function_log_skip_destroy
    } : name if is_set
  ]

  # No effect when existing_role is set
  role_options = [
    for name, is_set in {
      role_name                     = var.role_name != null
      role_description              = var.role_description != null
      role_force_detach_policies    = var.role_force_detach_policies
      role_path                     = var.role_path != "/"
      role_permissions_boundary_arn = var.role_permissions_boundary_arn != null
    } : name if is_set
  ]

  # No effect when the module creates no queue
  dead_letter_queue_options = [
    for name, is_set in {
      dead_letter_queue_name                              = var.dead_letter_queue_name != null
      dead_letter_queue_message_retention_seconds         = var.dead_letter_queue_message_retention_seconds != 1209600
      dead_letter_queue_visibility_timeout_seconds        = var.dead_letter_queue_visibility_timeout_seconds != 30
      dead_letter_queue_receive_wait_time_seconds         = var.dead_letter_queue_receive_wait_time_seconds != 0
      dead_letter_queue_kms_key_arn                       = var.dead_letter_queue_kms_key_arn != null
      dead_letter_queue_kms_data_key_reuse_period_seconds = var.dead_letter_queue_kms_data_key_reuse_period_seconds != 300
      dead_letter_queue_policy_statements                 = length(var.dead_letter_queue_policy_statements) > 0
    } : name if is_set
  ]

  # No effect when the module creates no alarm
  alarm_options = [
    for name, is_set in {
      alarms                               = length(var.alarms) > 0
      alarm_runbook_url                    = var.alarm_runbook_url != null
      alarm_iterator_age_threshold_seconds = var.alarm_iterator_age_threshold_seconds != 3600
      alarm_errors_threshold               = var.alarm_errors_threshold != 3
      alarm_throttles_threshold            = var.alarm_throttles_threshold != 3
      alarm_dead_letters_threshold         = var.alarm_dead_letters_threshold != 1
      alarm_failed_deliveries_threshold    = var.alarm_failed_deliveries_threshold != 1
      alarm_stalled_minutes                = var.alarm_stalled_minutes != 15
      alarm_cross_account_observability    = var.alarm_cross_account_observability
    } : name if is_set
  ]
}
