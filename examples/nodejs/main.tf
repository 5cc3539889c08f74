module "ddb_stream_lambda" {
  source = "../../module"

  name                  = "orders"
  function_filename     = "${path.module}/../../dist/stream_handler_node.zip"
  function_handler      = "index.handler"
  function_runtime      = "nodejs22.x"
  function_architecture = "arm64"
  function_alias        = "live"
}
