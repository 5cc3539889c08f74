"""What a provider does that its schema does not have: deprecations, rules across arguments, and values of AWS.

Kept by hand, each with its source.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from msgpack import ExtType
from tf.types import Unknown

from generator.spec.examples import ACCOUNT, REGION
from generator.spec.provider import numbers
from tests.provider.schema import Attribute, Schema

PROVIDER: Final[Schema] = {
    name: Attribute(kind, optional=True)
    for name, kind in {
        "access_key": "string",
        "max_retries": "number",
        "profile": "string",
        "region": "string",
        "s3_use_path_style": "bool",
        "secret_key": "string",
        "skip_credentials_validation": "bool",
        "skip_metadata_api_check": "string",
        "skip_requesting_account_id": "bool",
    }.items()
}
"""The arguments of the provider itself that tests and examples set."""

DATA: Final[Mapping[str, Mapping[str, str]]] = {
    "aws_partition": {
        "id": "aws",
        "partition": "aws",
        "dns_suffix": "amazonaws.com",
        "reverse_dns_prefix": "com.amazonaws",
    },
    "aws_region": {
        "id": REGION,
        "name": REGION,
        "region": REGION,
        "description": "Europe (Ireland)",
        "endpoint": f"ec2.{REGION}.amazonaws.com",
    },
}
"""What the data sources return."""

_DEPRECATED: Final = (
    # Changelog of 6.29.0; the arguments of the table and of local indexes are not deprecated
    ("6.29", "aws_dynamodb_table", "global_secondary_index.hash_key"),
    ("6.29", "aws_dynamodb_table", "global_secondary_index.range_key"),
    # Changelog of 6.0.0: region instead
    ("6.0", "data.aws_region", "name"),
)
"""Since when which argument is deprecated."""

_KEY_SCHEMA: Final = "6.29"
"""The version in which an index got key_schema: internal/service/dynamodb/table.go of the provider has the rules."""
_KEYS: Final = {"HASH": (1, 4), "RANGE": (0, 4)}

_ARNS: Final = {
    "aws_cloudwatch_log_group": "logs:{region}:{account}:log-group:{name}",
    "aws_cloudwatch_metric_alarm": "cloudwatch:{region}:{account}:alarm:{alarm_name}",
    "aws_dynamodb_table": "dynamodb:{region}:{account}:table/{name}",
    "aws_iam_role": "iam::{account}:role/{name}",
    "aws_lambda_alias": "lambda:{region}:{account}:function:{function_name}:{name}",
    "aws_lambda_event_source_mapping": "lambda:{region}:{account}:event-source-mapping:made-up",
    "aws_lambda_function": "lambda:{region}:{account}:function:{function_name}",
    "aws_s3_bucket": "s3:::{bucket}",
    "aws_sfn_state_machine": "states:{region}:{account}:stateMachine:{name}",
    "aws_sns_topic": "sns:{region}:{account}:{name}",
    "aws_sqs_queue": "sqs:{region}:{account}:{name}",
}


def deprecated(version: str, kind: str) -> set[str]:
    """Return the deprecated arguments of a resource in a version of the provider."""
    return {path for since, of, path in _DEPRECATED if of == kind and numbers(version) >= numbers(since)}


def problems(version: str, kind: str, config: Mapping[str, Any]) -> Iterator[str]:
    """Yield what the provider rejects in a configuration; a value that is not known is no problem."""
    if kind != "aws_dynamodb_table" or numbers(version) < numbers(_KEY_SCHEMA):
        return
    indexes = config["global_secondary_index"]
    for index in () if _unknown(indexes) else indexes:
        hash_key, range_key, elements = index["hash_key"], index["range_key"], index["key_schema"]
        if _unknown(hash_key, range_key, elements) or _unknown(*(element["key_type"] for element in elements)):
            continue
        if (hash_key is None) == (not elements):
            yield f'index "{index["name"]}": exactly one of hash_key and key_schema must be set'
        if range_key is not None and elements:
            yield f'index "{index["name"]}": range_key conflicts with key_schema'
        yield from (f'index "{index["name"]}": {problem}' for problem in _key_problems(elements))


def _key_problems(elements: list[Mapping[str, Any]]) -> Iterator[str]:
    types = [element["key_type"] for element in elements]
    if types != sorted(types):
        yield "elements of key_schema with HASH must come before those with RANGE"
    for of, (least, most) in _KEYS.items() if elements else ():
        if not least <= types.count(of) <= most:
            yield f"key_schema must have {least} to {most} elements with {of}"


def _unknown(*values: object) -> bool:
    return any(value is Unknown or isinstance(value, ExtType) for value in values)


def made_up(kind: str, name: str, type_: str, values: Mapping[str, Any]) -> Any:  # noqa: ANN401
    """Return a value of an attribute that only AWS sets; it has the form of AWS's own where that matters."""
    if type_ == "string":
        return _text(kind, name, values)
    return {"number": 0, "bool": False}.get(type_, {} if type_.startswith("map") else [])


def _text(kind: str, name: str, values: Mapping[str, Any]) -> str:
    if name == "region":
        return REGION
    known = {key: "made-up" if value is None or _unknown(value) else value for key, value in values.items()}
    arn = "arn:aws:" + _ARNS.get(kind, "made-up").format_map({**known, "region": REGION, "account": ACCOUNT})
    if name == "arn":
        return arn
    if name == "stream_arn":
        return f"{arn}/stream/2026-01-01T00:00:00.000"
    return f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{known['name']}" if name == "url" else "made-up"
