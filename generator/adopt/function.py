"""The function, its alias, its log group and its role, read from AWS, with values as the AWS provider reads them."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import unquote

from generator.adopt.answers import Answers, by_key
from generator.adopt.resources import ALIAS, ATTACHMENT, FUNCTION, LOG_GROUP, PROVISIONED, ROLE, Resource, blocks
from generator.arn import Arn

_MAPS: Final = frozenset({"Variables", "AdditionalVersionWeights", "Tags"})
_OF_A_VERSION: Final = {"FunctionArn", "LastModified", "RevisionId", "Version"}
"""What differs between a version and the unpublished function that it was published from."""


def read(answers: Answers, name: str, qualifier: str) -> Iterator[tuple[str, Resource]]:
    """Yield the resources of a function by their addresses in the module. Takes the alias that is invoked, if any."""
    found = answers.required("lambda", "get_function", FunctionName=name)
    versions = list(answers.pages("lambda", "list_versions_by_function", "Versions", FunctionName=name))
    signing = answers.known("lambda", "get_function_code_signing_config", FunctionName=name)
    published = [each for each in versions if each["Version"] != "$LATEST"]
    yield (
        FUNCTION,
        Resource(
            {
                **values(found),
                "publish": bool(published),
                "code_signing_config_arn": signing.get("CodeSigningConfigArn"),
            },
            name,
        ),
    )
    if qualifier and not qualifier.isdecimal():
        alias = answers.required("lambda", "get_alias", FunctionName=name, Name=qualifier)
        newest: Mapping[str, Any] = max(published, key=lambda each: int(each["Version"]), default={})
        yield (
            ALIAS,
            Resource(
                {
                    **blocks(alias, _MAPS)[0],
                    "follows": alias["FunctionVersion"] == newest.get("Version")
                    and _same(newest, found["Configuration"]),
                },
                f"{name}/{qualifier}",
            ),
        )
        ready = answers.known("lambda", "get_provisioned_concurrency_config", FunctionName=name, Qualifier=qualifier)
        if number := ready.get("RequestedProvisionedConcurrentExecutions"):
            yield PROVISIONED, Resource({"provisioned_concurrent_executions": number}, f"{name},{qualifier}")


def values(found: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a function from the answer of GetFunction."""
    configuration: Mapping[str, Any] = found["Configuration"]
    code = found.get("Code") or {}
    image = (configuration.get("ImageConfigResponse") or {}).get("ImageConfig")
    concurrency = (found.get("Concurrency") or {}).get("ReservedConcurrentExecutions")
    # The provider has this name for the file system's ARN, and the layers by their ARNs
    systems = configuration.get("FileSystemConfigs") or ()
    inherited: dict[str, Any] = blocks({**configuration, "Layers": None, "FileSystemConfigs": None}, _MAPS)[0]
    return {
        **inherited,
        "layers": [each["Arn"] for each in configuration.get("Layers") or ()],
        "file_system_config": [{"arn": each["Arn"], "local_mount_path": each["LocalMountPath"]} for each in systems],
        "image_config": blocks(image) if image else [],
        "image_uri": code.get("ImageUri"),
        "reserved_concurrent_executions": -1 if concurrency is None else concurrency,
        "source_kms_key_arn": code.get("SourceKMSKeyArn"),
        "location": code.get("Location"),
        "tags": by_key(found.get("Tags")),
    }


def read_log_group(answers: Answers, name: str, scope: Arn) -> Iterator[tuple[str, Resource]]:
    """Yield a log group, if it exists. Takes an ARN of its Region and account."""
    for group in answers.pages("logs", "describe_log_groups", "logGroups", logGroupNamePrefix=name):
        if group["logGroupName"] != name:
            continue
        arn = f"arn:{scope.partition}:logs:{scope.region}:{scope.account}:log-group:{name}"
        found = {
            "name": name,
            "retention_in_days": group.get("retentionInDays", 0),
            "kms_key_id": group.get("kmsKeyId"),
            "log_group_class": group.get("logGroupClass", "STANDARD"),
            "deletion_protection_enabled": group.get("deletionProtectionEnabled", False),
            "tags": by_key(answers.get("logs", "list_tags_for_resource", "tags", resourceArn=arn)),
        }
        yield LOG_GROUP, Resource(found, name)


def read_role(answers: Answers, name: str) -> Iterator[tuple[str, Resource]]:
    """Yield a role and the managed policies that are attached to it."""
    role = answers.required("iam", "get_role", RoleName=name)["Role"]
    found = {
        "name": name,
        "arn": role["Arn"],
        "path": role["Path"],
        "description": role.get("Description") or None,
        "permissions_boundary": (role.get("PermissionsBoundary") or {}).get("PermissionsBoundaryArn"),
        "assume_role_policy": document(role["AssumeRolePolicyDocument"]),
        "max_session_duration": role.get("MaxSessionDuration", 3600),
        "tags": by_key(list(answers.pages("iam", "list_role_tags", "Tags", RoleName=name))),
    }
    yield ROLE, Resource(found, name)
    attached = answers.pages("iam", "list_attached_role_policies", "AttachedPolicies", RoleName=name)
    yield from attachments({each["PolicyArn"]: f"{name}/{each['PolicyArn']}" for each in attached})


def attachments(origins: Mapping[str, str]) -> Iterator[tuple[str, Resource]]:
    """Yield the attachments of managed policies. Takes their origins by the ARNs of the policies.

    The key of an attachment, as of the argument ``role_managed_policy_arns``, is the name of the policy.
    """
    names = [arn.rpartition("/")[2] for arn in origins]
    for name, arn in sorted(zip(names, origins, strict=True)):
        key = name if names.count(name) == 1 else arn
        yield f'{ATTACHMENT}["{key}"]', Resource({"policy_arn": arn}, origins[arn])


def read_policies(answers: Answers, role: str) -> dict[str, Any]:
    """Return the documents of the inline policies of a role by their names."""
    return {
        name: document(answers.required("iam", "get_role_policy", RoleName=role, PolicyName=name)["PolicyDocument"])
        for name in answers.pages("iam", "list_role_policies", "PolicyNames", RoleName=role)
    }


def document(policy: Any) -> Any:  # noqa: ANN401 - a policy as an object, or its text
    """Return a policy as an object. IAM returns the text with escapes of URLs, which boto3 mostly decodes."""
    if not isinstance(policy, str):
        return policy
    return json.loads(policy if policy.lstrip().startswith("{") else unquote(policy))


def _same(version: Mapping[str, Any], configuration: Mapping[str, Any]) -> bool:
    """Return whether publishing the function would give no new version: nothing differs from this one."""
    names = (version.keys() | configuration.keys()) - _OF_A_VERSION
    comparable = names - {"State", "LastUpdateStatus", "StateReason", "StateReasonCode", "SnapStart", "ConfigSha256"}
    return all(version.get(each) == configuration.get(each) for each in comparable)
