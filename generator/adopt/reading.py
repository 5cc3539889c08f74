"""What AWS has of a pipeline, by the addresses that its resources have within the module."""

from typing import Any

from generator.adopt import destination, function, table
from generator.adopt.answers import Answers, by_key
from generator.adopt.mapping import completed
from generator.adopt.resources import (
    FUNCTION,
    LOG_GROUP,
    QUEUE,
    ROLE,
    TABLE,
    Deployed,
    Resource,
    at,
    blocks,
)
from generator.arn import Arn
from generator.errors import AwsError, UsageError


def read(answers: Answers, uuid: str) -> Deployed:
    """Return what AWS has of the pipeline of an event source mapping.

    Raises:
        AwsError: Something cannot be read.
        UsageError: The mapping does not read the stream of a table.
    """
    deployed = Deployed(mapping=read_mapping(answers, uuid))
    stream, target = deployed.stream, deployed.target
    own = (target.region, target.account)
    if (stream.region, stream.account) == own:
        deployed.resources |= table.read(answers, stream)
        latest = deployed.values(TABLE).get("stream_arn")
        if latest != str(stream):
            raise UsageError(
                f"--mapping: {uuid} reads {stream}, which is not the present stream of the table ({latest}). Delete "
                "the mapping, and create one of the present stream."
            )
    else:
        deployed.shared[TABLE] = f"the account {stream.account} owns it"
    deployed.resources |= function.read(answers, target.name, deployed.qualifier)
    configuration = deployed.values(FUNCTION)
    group = at(configuration, "logging_config.0.log_group") or f"/aws/lambda/{target.name}"
    deployed.resources |= function.read_log_group(answers, group, target)
    role = configuration["role"].rpartition("/")[2]
    deployed.resources |= function.read_role(answers, role)
    deployed.policies = function.read_policies(answers, role)
    if deployed.destination.split(":")[2:3] == ["sqs"]:
        queue = Arn.parse(deployed.destination)
        if (queue.region, queue.account) == own:
            deployed.resources |= destination.read_queue(answers, queue)
        else:
            deployed.shared[QUEUE] = f"the account {queue.account} owns it"
    elif deployed.destination:
        try:
            deployed.destination_key = destination.read_key(answers, Arn.parse(deployed.destination))
        except AwsError as error:
            reason = error.code or "no answer"
            deployed.notes.append(
                f"The key of {deployed.destination}, which cannot be read ({reason}): if it is a customer managed one, "
                "set kms_key_arn in on_failure_destination."
            )
    _find_others(answers, deployed, uuid)
    for each in answers.pages("lambda", "list_functions", "Functions"):
        if each["FunctionName"] != target.name and each.get("Role") == configuration["role"]:
            deployed.shared[ROLE] = f"the function {each['FunctionName']} uses it, too"
    if answers.known("lambda", "get_function_event_invoke_config", FunctionName=target.name):
        deployed.notes.append(
            "The configuration of the function for asynchronous invocations: the module manages none."
        )
    return deployed


def read_mapping(answers: Answers, uuid: str) -> Resource:
    """Return an event source mapping.

    Raises:
        UsageError: It does not read the stream of a table.
    """
    mapping = answers.required("lambda", "get_event_source_mapping", UUID=uuid)
    source = str(mapping.get("EventSourceArn", ""))
    if ":dynamodb:" not in source:
        kind = source.split(":")[2] if source.count(":") > 1 else "another service"
        raise UsageError(f"--mapping: {uuid} reads from {kind} ({source}), not from the stream of a table.")
    arn = mapping.get("EventSourceMappingArn")
    found: dict[str, Any] = blocks(mapping)[0]
    filters = at(found, "filter_criteria.0.filters")
    failures = at(found, "destination_config.0.on_failure.0.destination")
    found |= {
        "enabled": mapping.get("State") not in {"Disabled", "Disabling"},
        "function_name": mapping["FunctionArn"],
        "filter_criteria": [{"filter": filters}] if filters else [],
        "destination_config": [{"on_failure": [{"destination_arn": failures}]}] if failures else [],
        "tags": by_key(answers.get("lambda", "list_tags", "Tags", Resource=arn)) if arn else {},
    }
    return Resource(completed(found), uuid)


def _find_others(answers: Answers, deployed: Deployed, uuid: str) -> None:
    """Find what other mappings use, too."""
    for mapping in answers.pages("lambda", "list_event_source_mappings", "EventSourceMappings"):
        if mapping["UUID"] == uuid:
            continue
        failures = ((mapping.get("DestinationConfig") or {}).get("OnFailure") or {}).get("Destination")
        if failures and failures == deployed.destination:
            deployed.shared[QUEUE] = f"the mapping {mapping['UUID']} uses it, too"
        if mapping.get("EventSourceArn") == str(deployed.stream):
            deployed.notes.append(
                f"The mapping {mapping['UUID']}, which reads the stream, too: the module has one mapping. A pipeline "
                "with that one needs existing_table."
            )
        if Arn.parse(mapping["FunctionArn"]).name == deployed.target.name:
            deployed.notes.append(
                f"The mapping {mapping['UUID']}, which invokes the function, too: the module has one mapping."
            )


__all__ = ["FUNCTION", "LOG_GROUP", "ROLE", "read", "read_mapping"]
