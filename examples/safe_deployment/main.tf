module "ddb_stream_lambda" {
  source = "../../build/safe_deployment"

  name              = "orders"
  function_filename = "${path.module}/../../dist/stream_handler.zip"
  function_handler  = "handler.handler"
  function_runtime  = "python3.13"

  # Another release is another version of the function
  function_environment = {
    RELEASE = var.release
  }

  function_deployment = {
    type             = "linear"
    percentage       = 20
    interval_minutes = 10
  }

  event_source_metrics_enabled = true
  alarms_enabled               = true
}
