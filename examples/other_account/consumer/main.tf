# The account of the function, which reads the stream of a table of another account.
module "ddb_stream_lambda" {
  source = "../../../module"

  name              = "search"
  function_filename = "${path.module}/../../../dist/stream_handler.zip"
  function_handler  = "handler.handler"
  function_runtime  = "python3.13"

  existing_table = var.existing_table
}
