"""What the README of the indexer says, block by block, and the tests that show it."""

from collections.abc import Mapping, Sequence
from typing import Final

ADVICE: Final = "it says what to do, or where something is"
AWS: Final = "it is a fact of AWS or Elasticsearch, which no test can reach"
MEASURED: Final = "it was measured on a node; the time that it takes differs from machine to machine"

SHOWN: Final[Mapping[str, Sequence[str] | str]] = {
    "Keeps an index of OpenSearch": [
        "test_an_insertion_becomes_a_document",
        "test_a_modification_replaces_the_document",
        "test_a_removal_deletes_the_document",
    ],
    "Handler: `handler.handler`": ["test_runs_on_the_oldest_python_of_lambda"],
    "Stream view type:": [
        "test_the_batch_fails_with_a_reason",
        "test_a_removal_needs_its_old_image_for_a_version",
        "test_a_removal_needs_no_image_otherwise",
    ],
    "Keep the module's defaults": ADVICE,
    "Servers: OpenSearch from 2.19": ["test_suite_runs_on_each_version_and_its_failure_is_the_commands"],
    "`python -m generator package": ADVICE,
    # Set up the index
    "Install [`index_template.json`]": ["test_every_item_is_indexed"],
    "With the mapping that OpenSearch creates": ["test_every_change_gets_what_is_right"],
    "a first text such as": ["test_every_change_gets_what_is_right", "test_every_item_is_indexed"],
    "| 10, later 10.25": ["test_node_numbers_are_searched_by_their_value", "test_every_item_is_indexed"],
    "integers beyond 64 bits": ["test_every_change_gets_what_is_right", "test_every_item_is_indexed"],
    "a number, later text": [
        "test_every_change_gets_what_is_right",
        "test_every_item_is_indexed",
        "test_node_text_in_a_field_of_numbers_is_in_the_document_and_not_found",
    ],
    "more than 20 levels": ["test_every_change_gets_what_is_right", "test_every_item_is_indexed"],
    "maps with IDs as keys": ["test_every_item_is_indexed", "test_every_limit_of_the_template_is_named"],
    "Some rejections remain": ADVICE,
    "an attribute whose name has more than 50,000": ["test_every_change_gets_what_is_right"],
    "a list whose elements have different types": [
        "test_what_is_rejected_is_indexed_if_its_field_is_in_the_template",
    ],
    "a map with a text that has more": [
        "test_what_is_rejected_is_indexed_if_its_field_is_in_the_template",
        "test_a_text_of_a_map_is_indexed_up_to_the_length_of_a_term",
    ],
    "`flat_object` does not exist": [
        "test_check_rejects_a_server_without_the_template",
        "test_no_index_is_created_where_that_is_forbidden_for_a_while",
    ],
    "An event without records,": [
        "test_check_names_what_a_template_lacks",
        "test_backfill_stops_before_the_first_item_if_the_template_is_missing",
    ],
    "If the index does not exist, the function compares": [
        "test_check_names_what_a_template_lacks",
        "test_check_accepts_a_template_with_more",
    ],
    "If the index exists, the function compares": [
        "test_check_rejects_an_index_that_was_created_without_the_template",
        "test_check_of_an_alias_is_that_of_its_index",
        "test_check_rejects_an_alias_of_several_indices",
    ],
    "Set `INDEXER_CHECK_TEMPLATE`": ["test_check_can_be_switched_off"],
    "A new field costs a change": ["test_new_fields_are_learnt_even_if_a_batch_takes_longer_than_its_time"],
    # Settings
    "Environment variables. The function rejects": ["test_a_misspelt_setting", "test_empty_stands_for_not_given"],
    "`INDEXER_ENDPOINT`": ["test_a_missing_endpoint", "test_a_path_of_the_endpoint_is_kept"],
    "`INDEXER_INDEX`": ["test_it_is_in_lower_case"],
    "`INDEXER_AUTH`": ["test_it_is_accepted", "test_from_variables"],
    "`INDEXER_SECRET_ARN`": ["test_it_is_read", "test_one_without_name_and_password_is_refused"],
    "`INDEXER_USERNAME`": ["test_from_variables", "test_basic_authorization_needs_one_source"],
    "`INDEXER_PASSWORD`": ["test_from_variables", "test_basic_authorization_needs_one_source"],
    "`INDEXER_INCLUDE_FIELDS`": ["test_fields_are_chosen"],
    "`INDEXER_EXCLUDE_FIELDS`": ["test_fields_are_chosen"],
    "`INDEXER_ID_SEPARATOR`": ["test_the_separator_can_be_chosen"],
    "`INDEXER_DECIMALS`": ["test_decimals_are_numbers_or_text"],
    "`INDEXER_ORDERED` | ": ["test_the_newest_image_wins_in_any_order"],
    "`INDEXER_VERSION_ATTRIBUTE` | ": ["test_with_a_version_delivery_out_of_order_ends_right"],
    "`INDEXER_PIPELINE` | ": ["test_a_pipeline_changes_documents"],
    "`INDEXER_CHECK_TEMPLATE` | ": ["test_check_can_be_switched_off"],
    "`INDEXER_ON_REJECTED`": ["test_it_is_reported_and_the_others_are_indexed", "test_parked_it_lets_the_shard_go_on"],
    "`INDEXER_GZIP` | ": ["test_gzip_is_a_choice"],
    "`INDEXER_MAX_REQUEST_BYTES`": ["test_a_batch_is_split_by_size"],
    "`INDEXER_CONNECT_TIMEOUT`": [
        "test_connecting_may_not_take_longer_than_was_chosen",
        "test_looking_up_the_host_is_not_waited_for",
    ],
    "`INDEXER_TIMEOUT` | ": [
        "test_an_answer_that_trickles_is_not_waited_for",
        "test_the_time_left_is_the_longest_wait",
        "test_a_second_request_has_no_time_of_its_own",
        "test_the_shortest_limit_is_enough_for_a_request",
    ],
    "`INDEXER_METRICS_NAMESPACE`": ["test_every_outcome_is_counted", "test_they_can_be_turned_off"],
    '`LOG_CONTENT = "true"`': [
        "test_its_content_is_logged_only_when_asked",
        "test_credentials_and_content_are_not_repeated",
        "test_a_token_is_not_repeated",
    ],
    # Permissions
    "With `es`: `es:ESHttpPost`": ["test_only_the_paths_of_the_readme_are_requested"],
    "`<index>/_bulk`": ["test_only_the_paths_of_the_readme_are_requested"],
    "`<index>/_delete_by_query`": ["test_only_the_paths_of_the_readme_are_requested"],
    "`<index>/_field_caps`": ["test_only_the_paths_of_the_readme_are_requested"],
    "With `aoss`:": AWS,
    # Documents
    "**ID**:": [
        "test_of_one_key_attribute_it_is_the_value",
        "test_of_two_it_is_both",
        "test_no_two_items_share_one",
        "test_a_long_one_is_hashed",
    ],
    "**Values**:": ["test_it_has_what_the_other_functions_decode"],
    "**Names**:": [
        "test_the_names_that_are_renamed_are_listed",
        "test_every_change_gets_what_is_right",
        "test_node_reserved_names_are_refused",
    ],
    # Order
    "The function sends one `_bulk` request": [
        "test_a_batch_is_one_request_with_the_last_image_of_each_item",
        "test_repeated_delivery_ends_right",
    ],
    "[!WARNING]": [
        "test_a_request_that_its_client_gave_up_on_is_done_late",
        "test_a_late_request_is_harmless_if_the_server_keeps_the_order",
    ],
    "An old change after a newer one": [
        "test_a_request_that_its_client_gave_up_on_is_done_late",
        "test_every_change_gets_what_is_right",
    ],
    "An old change after a removal": [
        "test_a_node_forgets_the_version_of_a_removal",
        "test_the_newest_image_wins_in_any_order",
    ],
    "| Needs |": ["test_order_excludes_what_it_could_not_keep", "test_an_item_without_a_usable_version_is_rejected"],
    "| Costs (measured": MEASURED,
    "**`INDEXER_ORDERED`**": [
        "test_the_newest_image_wins_in_any_order",
        "test_backfill_with_the_template_replaces_no_change_of_the_stream",
        "test_the_fields_of_markers_are_those_of_the_template",
    ],
    "Search with the alias": ["test_markers_of_removed_items_stay_out_of_searches"],
    "A backfill does not replace a document": [
        "test_backfill_with_the_template_replaces_no_change_of_the_stream",
        "test_a_rejected_change_is_repaired_by_its_replay_and_not_by_a_backfill",
    ],
    "Use a new index for a new stream": AWS,
    "After a batch, at most once an hour": [
        "test_old_markers_are_removed",
        "test_markers_that_cannot_be_removed_are_logged",
    ],
    "The server reads the document for the script": ["test_decimals_are_rounded_to_those_of_a_float"],
    "The function rejects `INDEXER_PIPELINE`": [
        "test_order_excludes_what_it_could_not_keep",
        "test_every_change_gets_what_is_right",
    ],
    "**`INDEXER_VERSION_ATTRIBUTE`**": [
        "test_with_a_version_delivery_out_of_order_ends_right",
        "test_a_node_forgets_the_version_of_a_removal",
    ],
    # Failures
    "Version conflict, or removal": ["test_a_conflict_is_success", "test_every_outcome_is_counted"],
    "429 or 5xx; index closed": [
        "test_a_refused_request_comes_again_as_a_whole",
        "test_every_change_gets_what_is_right",
        "test_a_write_queue_without_room_is_waited_for",
        "test_a_state_that_is_not_recovered_is_waited_for",
    ],
    "Alias without a write index": ["test_every_change_gets_what_is_right"],
    "All documents of a request are rejected": [
        "test_several_that_are_all_refused_alike_come_again",
        "test_of_a_single_one_the_index_is_asked",
    ],
    "A document does not fit the mapping": [
        "test_it_is_reported_and_the_others_are_indexed",
        "test_parked_it_lets_the_shard_go_on",
        "test_a_document_that_alone_is_too_large_is_rejected",
        "test_what_is_not_of_dynamodb_is_rejected_unsent",
    ],
    "No connection, no answer": ["test_a_refused_connection", "test_a_slow_answer", "test_no_permission"],
    "Wrong setting, view type": [
        "test_the_batch_fails_with_the_message",
        "test_the_batch_fails_with_a_reason",
        "test_an_event_of_another_service_is_refused",
    ],
    "If the index rejects the last of several": ["test_the_image_before_it_is_indexed"],
    "The server stops waiting before": [
        "test_the_server_gives_up_before_the_client",
        "test_the_server_is_told_to_wait_shorter_than_the_function",
        "test_one_shard_without_a_primary_does_not_hold_up_the_others",
        "test_a_state_that_is_not_recovered_is_waited_for",
        "test_without_a_cluster_manager_known_fields_are_written",
    ],
    "Use `park` with the module's default": [
        "test_a_document_at_fault_does_not_stop_the_others",
        "test_nothing_is_lost",
        "test_five_retries_are_too_few",
        "test_discarded_records_can_be_replayed_for_twelve_hours",
    ],
    "Records that Lambda discards": ["test_the_table_of_outages_is_what_the_simulator_gives"],
    "| 5 retries |": ["test_the_table_of_outages_is_what_the_simulator_gives"],
    "500 retries, 86,400 seconds": ["test_the_table_of_outages_is_what_the_simulator_gives"],
    "500 retries, 43,200 seconds": ["test_the_table_of_outages_is_what_the_simulator_gives"],
    "With the last one, 43,200": ["test_discarded_records_can_be_replayed_for_twelve_hours"],
    "With `report`, a document": ["test_reported_document_blocks_its_shard_as_long_as_the_readme_says"],
    # Monitoring
    "Metrics, by `FunctionName`": ["test_every_outcome_is_counted", "test_every_change_gets_what_is_right"],
    "The log contains the type": ["test_causes_are_logged_by_their_types"],
    "A request that the server finds too large": [
        "test_a_limit_that_was_found_is_kept",
        "test_what_needs_too_much_memory_is_halved",
        "test_a_request_that_is_too_large_is_sent_in_parts",
        "test_a_request_for_which_there_is_no_memory_is_sent_in_parts",
    ],
    # Speed
    "The server is the limit": MEASURED,
    "Compression (`INDEXER_GZIP`)": MEASURED,
}
"""For the beginning of each block (or a part of it that no other block has), the tests; or why it has none."""
