"""Finds what worked without a permission or a resource that it uses, by replaying the requests that changed AWS.

After each request, every function, alias, mapping and queue needs what the requests until then gave it: a role with
the statements of the specification, and the resources that it names. Only the module's own kinds of resources count:
topics, buckets, keys and subnets are the caller's.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from generator.local.emulator import ACCOUNT
from generator.spec import MODULE
from tests.local.recording import Request

Values = dict[str, Any]
Need = tuple[str, str]
"""What uses something (``function orders``), and what it needs: a resource, the role's policies, or one statement."""

ACTIONS = {statement.sid: statement.actions for statement in MODULE.statements}


@dataclass
class Account:
    """What the requests until now have made: the resources of each kind by name, with what was set last."""

    roles: dict[str, dict[str, Values]] = field(default_factory=dict)
    functions: dict[str, Values] = field(default_factory=dict)
    aliases: set[tuple[str, str]] = field(default_factory=set)
    provisioned: set[tuple[str, str]] = field(default_factory=set)
    mappings: dict[str, Values] = field(default_factory=dict)
    tables: dict[str, Values] = field(default_factory=dict)
    log_groups: set[str] = field(default_factory=set)
    queues: dict[str, Values] = field(default_factory=dict)
    made_queues: set[str] = field(default_factory=set)
    """The names of all queues that there are or were; others are the caller's."""
    needed: set[str] = field(default_factory=set)
    """The IDs of the statements that something has needed."""

    def replay(self, request: Request) -> None:
        """Change what a request changes."""
        if request.operation in _CHANGES and request.answer is not None:
            _CHANGES[request.operation](self, request)

    def gaps(self, requests: Iterable[Request]) -> set[Need]:
        """Change what requests change, and return what was missing after any of them."""
        found = set[Need]()
        for request in requests:
            if request.operation in _CHANGES:
                self.replay(request)
                found |= self.missing()
        return found

    # --- what is missing ----------------------------------------------------------------------------------------------

    def missing(self) -> set[Need]:
        """Return what is used and is not there, or not allowed."""
        return {
            *((f"function {name}", need) for name in self.functions for need in self._of_function(name)),
            *((f"mapping {uuid}", need) for uuid in self.mappings for need in self._of_mapping(uuid)),
        }

    def _of_function(self, name: str) -> Iterator[str]:
        function = self.functions[name]
        if any(target[0] == name and target not in self.aliases for target in self.provisioned):
            yield "alias"
        group = function.get("LoggingConfig", {}).get("LogGroup")
        if group and _own(group) and group not in self.log_groups:
            yield "log group"
        if _role(function) not in self.roles:
            yield "role"
            return
        target = function.get("DeadLetterConfig", {}).get("TargetArn") or ""
        needed: dict[str, list[str]] = {
            "WriteLog": [f"arn:aws:logs:eu-west-1:{ACCOUNT}:log-group:{group}:*"] if group else [],
            "WriteTraces": ["*"] if function.get("TracingConfig", {}).get("Mode") == "Active" else [],
            "MountFileSystem": ["*" for _ in function.get("FileSystemConfigs") or []],
            "SendAsyncFailuresToQueue": [target] if ":sqs:" in target else [],
            "PublishAsyncFailuresToTopic": [target] if ":sns:" in target else [],
        }
        if (function.get("VpcConfig") or {}).get("SubnetIds"):
            needed |= {"AttachToVpc": ["*"], "DetachFromVpc": ["*"]}
        yield from self._denied(_role(function), needed)

    def _of_mapping(self, uuid: str) -> Iterator[str]:
        mapping = self.mappings[uuid]
        stream, target = mapping["EventSourceArn"], mapping["FunctionName"].split(":")
        table = self.tables.get(stream.split("/")[1])
        if table is None:
            yield "table"
        function = self.functions.get(target[6])
        if function is None:
            yield "function"
            return
        if target[7:] and (target[6], target[7]) not in self.aliases:
            yield "alias"
        destination = mapping.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination") or ""
        queue = self.queues.get(destination.split(":")[-1])
        if queue is None and destination.split(":")[-1] in self.made_queues:
            yield "queue"
        if _role(function) not in self.roles:
            return  # said of the function
        key, filter_key = _table_key(table or {}), mapping.get("KMSKeyArn")
        queue_key = (queue or {}).get("KmsMasterKeyId")
        yield from self._denied(
            _role(function),
            {
                "ReadStream": [stream],
                "ListStreams": ["*"],
                "DecryptStream": [key] if key else [],
                "DecryptFilterPatterns": [filter_key] if filter_key else [],
                "SendFailuresToQueue": [destination] if ":sqs:" in destination else [],
                "PublishFailuresToTopic": [destination] if ":sns:" in destination else [],
                "PutFailuresIntoBucket": [f"{destination}/*"] if ":s3:" in destination else [],
                "ListBucketOfFailures": [destination] if ":s3:" in destination else [],
                "EncryptFailures": [queue_key] if queue_key and queue_key.startswith("arn:") else [],
            },
        )

    def _denied(self, role: str, needed: Mapping[str, list[str]]) -> Iterator[str]:
        """Return the IDs of the statements whose actions no policy of a role allows.

        Without the whole policy, it is one need: what the statements about all resources allow, another pipeline's
        policy of the same role allows as well.
        """
        statements = [statement for policy in self.roles[role].values() for statement in policy["Statement"]]
        self.needed |= {sid for sid, resources in needed.items() if resources}
        denied = {
            sid
            for sid, resources in needed.items()
            for resource in resources
            for action in ACTIONS[sid]
            if not any(_covers(statement, action, resource) for statement in statements)
        }
        specific = {sid for sid, resources in needed.items() if resources not in ([], ["*"])}
        yield from {"policies"} if specific and specific <= denied else denied


def _covers(statement: Values, action: str, resource: str) -> bool:
    if statement["Effect"] != "Allow" or action not in statement["Action"]:
        return False
    # A need of any resource is satisfied by a statement about some
    return resource == "*" or any(fnmatchcase(resource, pattern) for pattern in statement["Resource"])


def _role(function: Values) -> str:
    return str(function["Role"].rpartition("/")[2])


def _own(log_group: str) -> bool:
    return log_group.startswith("/aws/lambda/")


def _table_key(table: Values) -> str | None:
    """Return the customer managed key of a table; its role needs no permission for that of AWS."""
    key = (table.get("SSESpecification") or {}).get("KMSMasterKeyId")
    return None if key and ":alias/aws/" in key else key


def owners(found: Mapping[str, Values]) -> dict[str, str]:
    """Return the names of pipelines by their functions and mappings; takes what AWS has of each."""
    functions = {f"function {each['function']['FunctionName']}": name for name, each in found.items()}
    return functions | {f"mapping {each['mapping']['UUID']}": name for name, each in found.items()}


# --- requests ---------------------------------------------------------------------------------------------------------


def _attributes(request: Request) -> Values:
    """Return the attributes of a queue that a request sets."""
    return dict(request.parameters.get("Attributes") or {})


def _named(request: Request, pattern: str) -> str:
    found = re.search(pattern, request.path)
    assert found, request.path
    return found[1]


def _function(request: Request) -> str:
    return _named(request, r"/functions/([^/?]+)").rpartition(":")[2]


def _qualified(request: Request) -> tuple[str, str]:
    return _function(request), _named(request, r"(?:/aliases/|Qualifier=)([^/?&]+)")


def _delete_function(account: Account, request: Request) -> None:
    name = _function(request)
    del account.functions[name]
    # Lambda deletes them with the function
    account.aliases = {alias for alias in account.aliases if alias[0] != name}
    account.provisioned = {alias for alias in account.provisioned if alias[0] != name}


def _mapping(request: Request) -> str:
    return _named(request, r"/event-source-mappings/([^/?]+)")


def _put_policy(account: Account, request: Request) -> None:
    given = request.parameters
    account.roles[given["RoleName"]][given["PolicyName"]] = json.loads(given["PolicyDocument"])


def _delete_policy(account: Account, request: Request) -> None:
    account.roles[request.parameters["RoleName"]].pop(request.parameters["PolicyName"])


def _create_mapping(account: Account, request: Request) -> None:
    account.mappings[json.loads(request.answer or "")["UUID"]] = dict(request.parameters)


def _create_queue(account: Account, request: Request) -> None:
    account.queues[request.parameters["QueueName"]] = _attributes(request)
    account.made_queues.add(request.parameters["QueueName"])


_CHANGES: Mapping[str, Callable[[Account, Request], object]] = {
    "CreateRole": lambda account, request: account.roles.update({request.parameters["RoleName"]: {}}),
    "DeleteRole": lambda account, request: account.roles.pop(request.parameters["RoleName"]),
    "PutRolePolicy": _put_policy,
    "DeleteRolePolicy": _delete_policy,
    "CreateFunction": lambda account, request: account.functions.update(
        {request.parameters["FunctionName"]: dict(request.parameters)}
    ),
    "UpdateFunctionConfiguration": lambda account, request: account.functions[_function(request)].update(
        request.parameters
    ),
    "DeleteFunction": _delete_function,
    "CreateAlias": lambda account, request: account.aliases.add((_function(request), request.parameters["Name"])),
    "DeleteAlias": lambda account, request: account.aliases.remove(_qualified(request)),
    "PutProvisionedConcurrencyConfig": lambda account, request: account.provisioned.add(_qualified(request)),
    "DeleteProvisionedConcurrencyConfig": lambda account, request: account.provisioned.remove(_qualified(request)),
    "CreateEventSourceMapping": _create_mapping,
    "UpdateEventSourceMapping": lambda account, request: account.mappings[_mapping(request)].update(request.parameters),
    "DeleteEventSourceMapping": lambda account, request: account.mappings.pop(_mapping(request)),
    "CreateTable": lambda account, request: account.tables.update(
        {request.parameters["TableName"]: dict(request.parameters)}
    ),
    "UpdateTable": lambda account, request: account.tables[request.parameters["TableName"]].update(request.parameters),
    "DeleteTable": lambda account, request: account.tables.pop(request.parameters["TableName"]),
    "CreateLogGroup": lambda account, request: account.log_groups.add(request.parameters["logGroupName"]),
    "DeleteLogGroup": lambda account, request: account.log_groups.remove(request.parameters["logGroupName"]),
    "CreateQueue": _create_queue,
    "SetQueueAttributes": lambda account, request: account.queues[
        request.parameters["QueueUrl"].rpartition("/")[2]
    ].update(_attributes(request)),
    "DeleteQueue": lambda account, request: account.queues.pop(request.parameters["QueueUrl"].rpartition("/")[2]),
}
