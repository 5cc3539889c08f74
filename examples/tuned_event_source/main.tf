module "ddb_stream_lambda" {
  source = "../../module"

  name              = "orders"
  function_filename = "${path.module}/../../dist/stream_handler.zip"
  function_handler  = "handler.handler"
  function_runtime  = "python3.13"

  # Orders that were placed or paid; everything else never reaches the function
  event_source_filter_patterns = [
    jsonencode({ eventName = ["INSERT"] }),
    jsonencode({ eventName = ["MODIFY"], dynamodb = { NewImage = { status = { S = ["paid"] } } } }),
  ]

  # Up to 4 batches of a shard at once, each of 500 records or what comes within 5 seconds
  event_source_batch_size                         = 500
  event_source_maximum_batching_window_in_seconds = 5
  event_source_parallelization_factor             = 4

  # A record that fails six times in a row is reported after seconds, instead of blocking its shard for a day
  event_source_maximum_retry_attempts = 5
  event_source_metrics_enabled        = true
}
