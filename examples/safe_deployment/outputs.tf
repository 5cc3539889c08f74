output "function_deployment" {
  description = "What `ddb-stream-lambda deploy` starts."
  value       = module.ddb_stream_lambda.function_deployment
}
