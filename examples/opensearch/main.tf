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

    # A document that the index rejects is logged, and does not block its shard
    INDEXER_ON_REJECTED = "park"

    # A late request never replaces a newer change; needs the index template, and searches by the alias orders-items
    INDEXER_ORDERED = "true"
  }

  # No other index, and no other API of the domain. _delete_by_query removes old markers of removed items; the last two
  # check the index before a backfill.
  role_policy_statements = {
    Index = {
      actions = ["es:ESHttpPost"]
      resources = [
        "${var.domain_arn}/${var.index}/_bulk",
        "${var.domain_arn}/${var.index}/_delete_by_query",
        "${var.domain_arn}/${var.index}/_field_caps",
        "${var.domain_arn}/_index_template/_simulate_index/${var.index}",
      ]
    }
  }

  # One request to the domain for each batch, begun a second after its first change at the latest
  event_source_batch_size                         = 500
  event_source_maximum_batching_window_in_seconds = 1

  # An outage must not use up the retries, so their number stays at the default of 500. What Lambda discards after 12 hours
  # can be replayed for 12 more, before it expires.
  event_source_maximum_record_age_in_seconds = 43200
}
