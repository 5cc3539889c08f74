resource "aws_sns_topic" "failures" {
  name              = "orders-failures"
  kms_master_key_id = "alias/aws/sns"
}

module "ddb_stream_lambda" {
  source = "../../module"

  name              = "orders"
  function_filename = "${path.module}/../../dist/stream_handler.zip"
  function_handler  = "handler.handler"
  function_runtime  = "python3.13"

  # The metrics of the mapping show discarded records: the destination has no queue to watch
  event_source_metrics_enabled = true

  on_failure_destination = {
    type = "sns"
    arn  = aws_sns_topic.failures.arn
  }
}
