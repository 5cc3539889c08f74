module "ddb_stream_lambda" {
  source = "../../module"

  name              = "orders"
  function_filename = "${path.module}/../../dist/stream_handler.zip"
  function_handler  = "handler.handler"
  function_runtime  = "python3.13"
}
