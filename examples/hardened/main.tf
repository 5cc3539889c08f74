# The hardened pipeline is attached to what an organization has: keys, a network, a signing configuration, a topic.
module "ddb_stream_lambda" {
  source = "../../module"

  name = "orders"

  table_kms_key_arn             = var.kms_key_arn
  function_kms_key_arn          = var.kms_key_arn
  function_log_kms_key_arn      = var.kms_key_arn
  dead_letter_queue_kms_key_arn = var.kms_key_arn

  function_s3                             = var.function_package
  function_source_code_hash               = var.function_package_hash
  function_code_signing_config_arn        = var.code_signing_config_arn
  function_handler                        = "handler.handler"
  function_runtime                        = "python3.13"
  function_environment                    = { STAGE = "production" }
  function_reserved_concurrent_executions = 10

  function_vpc = {
    subnet_ids         = var.subnet_ids
    security_group_ids = var.security_group_ids
  }

  # For asynchronous invocations by other callers; the event source mapping does not use it
  function_async_dead_letter_target = {
    type = "sqs"
    arn  = var.async_dead_letter_queue_arn
  }

  alarm_actions     = [var.alarm_topic_arn]
  alarm_ok_actions  = [var.alarm_topic_arn]
  dashboard_enabled = true
}
