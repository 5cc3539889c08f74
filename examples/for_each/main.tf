locals {
  pipelines = {
    orders    = { memory_size = 256 }
    customers = { memory_size = 128 }
  }
}

module "ddb_stream_lambda" {
  source   = "../../module"
  for_each = local.pipelines

  name                 = each.key
  function_filename    = "${path.module}/../../dist/stream_handler.zip"
  function_handler     = "handler.handler"
  function_runtime     = "python3.13"
  function_memory_size = each.value.memory_size
}

output "stream_arns" {
  description = "ARN of each table's stream."
  value       = { for name, pipeline in module.ddb_stream_lambda : name => pipeline.table_stream_arn }
}
