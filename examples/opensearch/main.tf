# A table whose items can be searched: the function of lambda_src/opensearch_indexer keeps an index as the table is.
module "ddb_stream_lambda" {
  source = "../../module"

  name              = "orders"
  function_filename = "${path.module}/../../dist/opensearch_indexer.zip"
  function_handler  = "handler.handler"
  function_runtime  = "python3.13"

  # Decoding and compressing a batch is a matter of milliseconds with a third of a processor
  function_memory_size = 512
  function_timeout     = 60

  function_environment = {
    INDEXER_ENDPOINT = var.endpoint
    INDEXER_AUTH     = var.auth
    INDEXER_INDEX    = var.index
  }

  # Nothing else of the domain, and no other index
  role_policy_statements = {
    Index = {
      actions   = ["es:ESHttpPost"]
      resources = ["${var.domain_arn}/${var.index}/_bulk"]
    }
  }

  # One request to the domain for each batch, begun a second after its first change at the latest
  event_source_batch_size                         = 500
  event_source_maximum_batching_window_in_seconds = 1

  # A document that does not fit the index is in the queue after seconds, instead of blocking its shard for a day
  event_source_maximum_retry_attempts = 5
}
