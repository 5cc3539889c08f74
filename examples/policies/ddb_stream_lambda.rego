# METADATA
# title: Promises of the module ddb_stream_lambda
# description: >-
#   Finds, in a plan or a state of Terraform as JSON, what breaks a promise that the module keeps by default. A value that
#   is known after apply only is not judged in a plan: judge the state after the apply as well.
#   conftest test plan.json --policy examples/policies --namespace ddb_stream_lambda
package ddb_stream_lambda

import rego.v1

# Resources of the root module and of all called modules. Those of data sources are not created.
resources contains resource if {
	some root in [object.get(input, ["planned_values", "root_module"], {}), object.get(input, ["values", "root_module"], {})]
	walk(root, [_, value])
	is_object(value)
	resource := value.resources[_]
	resource.mode == "managed"
}

# Whether AWS or another resource determines the value when the plan is applied
unknown(resource, name) if {
	some change in input.resource_changes
	change.address == resource.address
	object.get(change.change.after_unknown, name, false) != false
}

is_set(resource, name) if not object.get(resource.values, name, null) in {null, "", false, []}

is_set(resource, name) if unknown(resource, name)

policies contains {"resource": resource, "document": document} if {
	some resource in resources
	resource.type in {"aws_iam_role_policy", "aws_iam_policy", "aws_sqs_queue_policy", "aws_dynamodb_resource_policy"}
	text := object.get(resource.values, "policy", null)
	is_string(text)
	document := json.unmarshal(text)
}

statements contains {"resource": policy.resource, "statement": statement} if {
	some policy in policies
	some statement in list(policy.document.Statement)
	statement.Effect == "Allow"
}

list(value) := value if is_array(value)

list(value) := [value] if not is_array(value)

finding(rule, resource, text) := {"rule": rule, "address": resource.address, "msg": concat(": ", [resource.address, text])}

# --- data at rest ---

deny contains finding("table_encryption", resource, "encrypt the table with the AWS managed key or your own") if {
	some resource in resources
	resource.type == "aws_dynamodb_table"
	not encrypted_table(resource)
}

encrypted_table(resource) if resource.values.server_side_encryption[_].enabled == true

encrypted_table(resource) if unknown(resource, "server_side_encryption")

deny contains finding("queue_encryption", resource, "encrypt the queue with SSE-SQS or a key") if {
	some resource in resources
	resource.type == "aws_sqs_queue"
	not is_set(resource, "sqs_managed_sse_enabled")
	not is_set(resource, "kms_master_key_id")
}

deny contains finding("queue_transport", resource, "deny requests without TLS in the policy of the queue") if {
	some policy in policies
	resource := policy.resource
	resource.type == "aws_sqs_queue_policy"
	not denies_plain_text(policy.document)
}

denies_plain_text(document) if {
	some statement in list(document.Statement)
	statement.Effect == "Deny"
	statement.Condition.Bool["aws:SecureTransport"] == "false"
}

# --- retention and recovery ---

deny contains finding("table_recovery", resource, "turn on point-in-time recovery") if {
	some resource in resources
	resource.type == "aws_dynamodb_table"
	not recoverable(resource)
}

recoverable(resource) if resource.values.point_in_time_recovery[_].enabled == true

deny contains finding("table_protection", resource, "turn on deletion protection") if {
	some resource in resources
	resource.type == "aws_dynamodb_table"
	not is_set(resource, "deletion_protection_enabled")
}

deny contains finding("queue_retention", resource, "keep messages of a dead-letter queue for 4 days or longer") if {
	some resource in resources
	resource.type == "aws_sqs_queue"
	dead_letters(resource)
	object.get(resource.values, "message_retention_seconds", 345600) < 345600
}

# Nothing else in a plan connects a queue to its mapping before both exist
dead_letters(resource) if {
	some name in [resource.address, object.get(resource.values, "name", "")]
	regex.match(`dlq|dead[_-]?letter|failure|failed`, lower(name))
}

deny contains finding("log_retention", resource, "keep logs for 365 days or longer") if {
	some resource in resources
	resource.type == "aws_cloudwatch_log_group"
	days := object.get(resource.values, "retention_in_days", 0)
	days > 0
	days < 365
}

# --- failing records ---

mappings contains resource if {
	some resource in resources
	resource.type == "aws_lambda_event_source_mapping"
	stream(resource)
}

# Mappings of other services have a known ARN, or arguments that only they take
stream(resource) if contains(object.get(resource.values, "event_source_arn", ""), ":dynamodb:")

stream(resource) if {
	unknown(resource, "event_source_arn")
	is_set(resource, "starting_position")
}

deny contains finding("failure_destination", resource, "set an on-failure destination") if {
	some resource in mappings
	not unknown(resource, "destination_config")
	count(object.get(resource.values, "destination_config", [])) == 0
}

deny contains finding("bisect", resource, "set bisect_batch_on_function_error = true") if {
	some resource in mappings
	not is_set(resource, "bisect_batch_on_function_error")
}

deny contains finding("finite_retries", resource, "set maximum_retry_attempts to a number") if {
	some resource in mappings
	object.get(resource.values, "maximum_retry_attempts", -1) in {null, -1}
}

deny contains finding("finite_age", resource, "set maximum_record_age_in_seconds to a number") if {
	some resource in mappings
	object.get(resource.values, "maximum_record_age_in_seconds", -1) in {null, -1}
}

deny contains finding("partial_responses", resource, "add ReportBatchItemFailures to function_response_types") if {
	some resource in mappings
	not "ReportBatchItemFailures" in object.get(resource.values, "function_response_types", [])
}

# --- access ---

# Actions that no resource can limit (AWS, "Service Authorization Reference")
unlimited_actions := {
	"dynamodb:ListStreams",
	"ec2:AssignPrivateIpAddresses",
	"ec2:CreateNetworkInterface",
	"ec2:DeleteNetworkInterface",
	"ec2:DescribeNetworkInterfaces",
	"ec2:DescribeSecurityGroups",
	"ec2:DescribeSubnets",
	"ec2:DescribeVpcs",
	"ec2:UnassignPrivateIpAddresses",
	"xray:PutTelemetryRecords",
	"xray:PutTraceSegments",
}

deny contains finding("least_privilege", entry.resource, concat(" ", ["name the actions instead of", action])) if {
	some entry in statements
	some action in list(object.get(entry.statement, "Action", []))
	endswith(action, "*")
}

deny contains finding("least_privilege", entry.resource, concat(" ", ["name the resources of", action])) if {
	some entry in statements
	some action in list(object.get(entry.statement, "Action", []))
	not action in unlimited_actions
	"*" in list(object.get(entry.statement, "Resource", []))
	not entry.statement.Condition
}

deny contains finding("least_privilege", entry.resource, "list what is allowed, with Action and Resource") if {
	some entry in statements
	some key in {"NotAction", "NotResource", "NotPrincipal"}
	entry.statement[key]
}

deny contains finding("not_public", entry.resource, "name the principals instead of *") if {
	some entry in statements
	anybody(object.get(entry.statement, "Principal", null))
	not entry.statement.Condition
}

anybody(principal) if principal == "*"

anybody(principal) if {
	some names in principal
	"*" in list(names)
}

deny contains finding("not_public", resource, "name the principal of the permission") if {
	some resource in resources
	resource.type == "aws_lambda_permission"
	resource.values.principal == "*"
}

deny contains finding("not_public", resource, "require AWS_IAM for the URL of the function") if {
	some resource in resources
	resource.type == "aws_lambda_function_url"
	resource.values.authorization_type == "NONE"
}

deny contains finding("tracing", resource, "set tracing_config to Active") if {
	some resource in resources
	resource.type == "aws_lambda_function"
	not traced(resource)
}

traced(resource) if resource.values.tracing_config[_].mode == "Active"
