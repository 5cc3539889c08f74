"""A pipeline in a state of Terraform, by the addresses that its resources have within the module.

A state has the values as the provider reads them, so that only a few are put into the form that :mod:`reading` has.
"""

import re
import shlex
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from generator.adopt import function
from generator.adopt.mapping import completed
from generator.adopt.resources import (
    ALIAS,
    FUNCTION,
    INSIGHTS,
    KINESIS,
    LOG_GROUP,
    PROVISIONED,
    QUEUE,
    QUEUE_POLICY,
    ROLE,
    STREAM_POLICY,
    TABLE,
    TABLE_POLICY,
    Deployed,
    Resource,
    Values,
    at,
)
from generator.adopt.writing import KEY
from generator.arguments import STANDARD_STREAM
from generator.errors import UsageError
from generator.literals import quoted
from generator.parsing import MAX_BYTES, expect, is_encrypted, objects, parse_json, read_bytes, reported

_MAPPING: Final = "aws_lambda_event_source_mapping"
_ON_DEMAND: Final = "PAY_PER_REQUEST"


@dataclass(frozen=True)
class _Found:
    """A managed resource of a state."""

    kind: str
    address: str
    values: Values
    tainted: bool = False
    configuration: str = ""
    """The address of its provider configuration. Empty if it is not known."""


@contextmanager
def well_formed(file: Path) -> Iterator[None]:
    """Turn the errors of values of another type than the provider's within the block into an error about the file."""
    try:
        yield
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        text = f"{type(error).__name__}: {error}"
        raise UsageError(
            f"--state: {file} has a value of another type than that of the AWS provider ({text}). Use a state that "
            "Terraform has written."
        ) from error


def read(file: Path, uuid: str | None) -> Deployed:
    """Return the pipeline of a mapping in a state, or in the output of ``terraform show -json``.

    Takes the file, or ``-`` for standard input, and the UUID of the mapping, which is required if there are several.

    Raises:
        UsageError: The file is neither, or does not have exactly one such mapping with its function.
    """
    with reported(UsageError, f"--state: {file}", "Use a state, or the output of terraform show -json."):
        content = sys.stdin.buffer.read(MAX_BYTES) if file == STANDARD_STREAM else read_bytes(file)
        values = expect(parse_json(content), {"type": "object"})
    if is_encrypted(values):
        raise UsageError(f"--state: {file} is encrypted by OpenTofu. Use the output of tofu show -json.")
    with well_formed(file):
        return _deployed(values, uuid, file)


def _deployed(values: Mapping[str, Any], uuid: str | None, file: Path) -> Deployed:
    found = [*_in_state(values), *_in_module(_object(values.get("values")).get("root_module"))]
    deployed = Deployed(mapping=_mapping(found, uuid, file))
    by_type: dict[str, list[_Found]] = {}
    for each in found:
        by_type.setdefault(each.kind, []).append(each)
    _fill(deployed, by_type)
    taken = {resource.origin for resource in deployed.resources.values()} | {deployed.mapping.origin}
    for each in found:
        if each.tainted and each.address in taken:
            raise UsageError(
                f"--state: {file} has {each.address} as tainted, and a plan replaces it. Run terraform untaint "
                f"{shlex.quote(each.address)} first."
            )
    own = {each.configuration for each in found if each.address in taken}
    deployed.configuration, notes = _configuration(own)
    deployed.notes += notes
    modules = {_module(address) for address in taken} - {""} - _share_modules(deployed, by_type.get(_MAPPING, []))
    siblings = (each.address for each in found if _module(each.address) in modules)
    deployed.siblings = [address for address in siblings if address not in taken]
    if FUNCTION not in deployed.resources:
        raise UsageError(
            f"--state: {file} has the mapping {deployed.mapping.origin}, but not its function {deployed.target.name}. "
            "Use --mapping without --state."
        )
    return deployed


def _share_modules(deployed: Deployed, mappings: list[_Found]) -> set[str]:
    """Let the parts of the pipeline in modules of other pipelines stay there, and return these modules."""
    own = _modules(deployed.mapping.origin)
    others = {module: each.address for each in mappings for module in _modules(each.address) if module not in own}
    for kind in (TABLE, FUNCTION, ROLE, QUEUE):
        module = _module(deployed.resources[kind].origin) if kind in deployed.resources else ""
        if module in others:
            deployed.shared[kind] = f"it is in the module of {others[module]}"
    return set(others)


def _configuration(addresses: set[str]) -> tuple[str, list[str]]:
    """Return the provider configuration for the module, which is empty for the default one, and sentences about it."""
    aliases = {re.fullmatch(r'(?:(module\..*)\.)?provider\["?[^"\]]*"?\](?:\.([\w-]+))?', one) for one in addresses}
    named = {(found[1], found[2]) for found in aliases if found}
    if len(named) == 1 and (alias := next(iter(named))[1]) and not next(iter(named))[0]:
        return f"aws.{alias}", []
    if len(named) > 1 or any(module or alias for module, alias in named):
        listed = ", ".join(sorted(addresses))
        return "", [f"The provider configurations {listed}: set providers in the call to one of the same Region."]
    return "", []


def _object(value: Any) -> dict[str, Any]:  # noqa: ANN401 - whatever the file holds
    return value if isinstance(value, dict) else {}


def _module(address: str) -> str:
    """Return the address of the module that contains a resource. Empty for the root module."""
    found = re.match(rf"(?:module\.[\w-]+(?:{KEY})?\.)*", address)
    return found[0] if found else ""


def _modules(address: str) -> list[str]:
    """Return the addresses of the modules around a resource, from the outermost."""
    ends = (found.end() for found in re.finditer(rf"module\.[\w-]+(?:{KEY})?\.", _module(address)))
    return [address[:end] for end in ends]


def _in_state(state: Mapping[str, Any]) -> Iterator[_Found]:
    """Yield the managed resources of a state file."""
    for resource in objects(state.get("resources")):
        if resource.get("mode") != "managed":
            continue
        configuration = str(resource.get("provider", ""))
        prefix = f"{resource['module']}." if resource.get("module") else ""
        for instance in objects(resource.get("instances")):
            if "deposed" in instance:
                # What an interrupted replacement left (Terraform, "create_before_destroy")
                continue
            key = instance.get("index_key")
            index = "" if key is None else f"[{quoted(key) if isinstance(key, str) else key}]"
            address = f"{prefix}{resource.get('type')}.{resource.get('name')}{index}"
            tainted = instance.get("status") == "tainted"
            yield _Found(
                str(resource.get("type")), address, _object(instance.get("attributes")), tainted, configuration
            )


def _in_module(module: Any) -> Iterator[_Found]:  # noqa: ANN401 - as in the output
    """Yield the managed resources of a module and of its child modules in the output of ``show -json``."""
    waiting = list(objects([module]))
    while waiting:
        current = waiting.pop()
        waiting += objects(current.get("child_modules"))
        for resource in objects(current.get("resources")):
            if resource.get("mode") == "managed" and "deposed_key" not in resource:
                names = str(resource.get("type")), str(resource.get("address"))
                yield _Found(*names, _object(resource.get("values")), bool(resource.get("tainted")))


def _mapping(found: list[_Found], uuid: str | None, file: Path) -> Resource:
    mappings = [
        each for each in found if each.kind == _MAPPING and ":dynamodb:" in str(each.values.get("event_source_arn"))
    ]
    for each in mappings:
        if not all(str(each.values.get(name)).startswith("arn:") for name in ("event_source_arn", "function_arn")):
            raise UsageError(f"--state: {file} has no ARNs of the stream and the function of {each.address}.")
    chosen = [each for each in mappings if uuid in {None, each.values.get("uuid")}]
    if not mappings:
        raise UsageError(f"--state: {file} has no {_MAPPING} that reads the stream of a table.")
    if len(chosen) != 1:
        uuids = ", ".join(sorted(str(each.values.get("uuid")) for each in mappings))
        raise UsageError(f"--mapping: name one of the mappings in {file}: {uuids}.")
    values = chosen[0].values
    # As the configuration has it, function_name can be a name
    return Resource(completed({**values, "function_name": values.get("function_arn")}), chosen[0].address)


def _fill(deployed: Deployed, by_type: Mapping[str, list[_Found]]) -> None:
    """Add the resources that belong to the mapping."""

    def add(
        address: str, kind: str, belongs: Callable[[Values], bool], form: Callable[[Values], Values] = dict
    ) -> Values:
        for each in by_type.get(kind, ()):
            if belongs(each.values):
                deployed.resources[address] = Resource(form(each.values), each.address)
                return each.values
        return {}

    stream, target = deployed.stream, deployed.target
    table_arn = str(stream).partition("/stream/")[0]
    add(TABLE, "aws_dynamodb_table", lambda values: values.get("stream_arn") == str(stream), _table)
    policies = "aws_dynamodb_resource_policy"
    add(TABLE_POLICY, policies, lambda values: values.get("resource_arn") == table_arn)
    add(STREAM_POLICY, policies, lambda values: values.get("resource_arn") == str(stream))
    of_table: Callable[[Values], bool] = lambda values: values.get("table_name") in {stream.name, table_arn}  # noqa: E731
    add(INSIGHTS, "aws_dynamodb_contributor_insights", of_table)
    add(KINESIS, "aws_dynamodb_kinesis_streaming_destination", of_table)
    configuration = add(FUNCTION, "aws_lambda_function", lambda values: values.get("function_name") == target.name)
    names = {target.name, configuration.get("arn")}
    if deployed.qualifier:
        version = str(configuration.get("version", ""))

        def alias(values: Values) -> Values:
            return {**values, "follows": values.get("function_version") == version}

        add(
            ALIAS,
            "aws_lambda_alias",
            lambda values: values.get("function_name") in names and values.get("name") == deployed.qualifier,
            alias,
        )
        add(
            PROVISIONED,
            "aws_lambda_provisioned_concurrency_config",
            lambda values: values.get("function_name") in names and values.get("qualifier") == deployed.qualifier,
        )
    group = at(configuration, "logging_config.0.log_group") or f"/aws/lambda/{target.name}"
    add(LOG_GROUP, "aws_cloudwatch_log_group", lambda values: values.get("name") == group)
    role = add(ROLE, "aws_iam_role", lambda values: values.get("arn") == configuration.get("role"), _role)
    queue = add(QUEUE, "aws_sqs_queue", lambda values: values.get("arn") == deployed.destination, _policy)
    add(QUEUE_POLICY, "aws_sqs_queue_policy", lambda values: values.get("queue_url") == queue.get("url"), _policy)
    for each in by_type.get("aws_lambda_function", ()):
        if each.values.get("role") == configuration.get("role") and each.values is not configuration:
            deployed.shared[ROLE] = f"{each.address} uses it, too"
    for each in by_type.get(_MAPPING, ()):
        failures = at(each.values, "destination_config.0.on_failure.0.destination_arn")
        if failures == deployed.destination and each.address != deployed.mapping.origin:
            deployed.shared[QUEUE] = f"{each.address} uses it, too"
    _add_policies(deployed, by_type, role or {"name": deployed.role_name})


def _add_policies(deployed: Deployed, by_type: Mapping[str, list[_Found]], role: Values) -> None:
    """Add the policies of the role."""
    names = {role.get("name"), role.get("id")}
    for each in by_type.get("aws_iam_role_policy", ()):
        if each.values.get("role") in names:
            name = str(each.values.get("name"))
            deployed.policies[name] = function.document(each.values.get("policy"))
            deployed.policy_origins[name] = each.address
    for inline in objects(role.get("inline_policy")):
        if inline.get("name"):
            deployed.policies.setdefault(str(inline["name"]), function.document(inline.get("policy")))
    deployed.resources |= function.attachments(
        {
            str(each.values.get("policy_arn")): each.address
            for each in by_type.get("aws_iam_role_policy_attachment", ())
            if each.values.get("role") in names
        }
    )


def _table(values: Values) -> Values:
    on_demand = values.get("billing_mode") == _ON_DEMAND
    capacities: dict[str, Any] = {"read_capacity": None, "write_capacity": None} if on_demand else {}
    encryption = at(values, "server_side_encryption.0") or {}
    key = encryption.get("kms_key_arn") if encryption.get("enabled") else None
    return {
        **values,
        **capacities,
        "point_in_time_recovery": values.get("point_in_time_recovery") or [{"enabled": False}],
        "server_side_encryption": [
            {
                "enabled": bool(encryption.get("enabled")),
                "kms_key_arn": None if ":alias/aws/" in str(key) else key,
            }
        ],
    }


def _role(values: Values) -> Values:
    return {**values, "assume_role_policy": function.document(values.get("assume_role_policy"))}


def _policy(values: Values) -> Values:
    return {**values, "policy": function.document(values["policy"]) if values.get("policy") else None}
