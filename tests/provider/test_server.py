"""The provider that is made from a kept list: what it adds to the list, and what it rejects."""

from typing import Any

import pytest
from msgpack import ExtType
from tf.types import Unknown

from generator.spec.examples import ACCOUNT, REGION
from tests.provider.behavior import problems
from tests.provider.schema import Attribute, Block, Schema
from tests.provider.server import is_set, is_unknown, wire_type, with_unknown, without_unknown

INDEX: dict[str, Any] = {"name": "by_place", "hash_key": None, "range_key": None, "key_schema": []}
HASH, RANGE = {"attribute_name": "a", "key_type": "HASH"}, {"attribute_name": "b", "key_type": "RANGE"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("string", "string"),
        ("set(number)", ["set", "number"]),
        ("list(map(bool))", ["list", ["map", "bool"]]),
        ("object()", ["object", {}]),
        (
            "list(object(a=string,b=list(object(c=number,d=bool)),e=map(string)))",
            [
                "list",
                [
                    "object",
                    {"a": "string", "b": ["list", ["object", {"c": "number", "d": "bool"}]], "e": ["map", "string"]},
                ],
            ],
        ),
    ],
)
def test_type_is_what_the_protocol_has(text: str, expected: object) -> None:
    assert wire_type(text) == expected


@pytest.mark.parametrize(
    ("index", "expected"),
    [
        ({"hash_key": "a"}, []),
        ({"hash_key": "a", "range_key": "b"}, []),
        ({"key_schema": [HASH]}, []),
        ({"key_schema": [HASH] * 4 + [RANGE] * 4}, []),
        ({}, ["exactly one of hash_key and key_schema must be set"]),
        ({"hash_key": "a", "key_schema": [HASH]}, ["exactly one of hash_key and key_schema must be set"]),
        ({"range_key": "b", "key_schema": [HASH]}, ["range_key conflicts with key_schema"]),
        ({"key_schema": [RANGE, HASH]}, ["elements of key_schema with HASH must come before those with RANGE"]),
        ({"key_schema": [RANGE]}, ["key_schema must have 1 to 4 elements with HASH"]),
        ({"key_schema": [HASH] * 5}, ["key_schema must have 1 to 4 elements with HASH"]),
        ({"key_schema": [HASH] + [RANGE] * 5}, ["key_schema must have 0 to 4 elements with RANGE"]),
        ({"hash_key": Unknown}, []),
        ({"key_schema": Unknown}, []),
        ({"key_schema": [{"attribute_name": "a", "key_type": ExtType(12, b"")}]}, []),
    ],
)
def test_keys_of_an_index(index: dict[str, Any], expected: list[str]) -> None:
    config = {"global_secondary_index": [{**INDEX, **index}]}
    found = list(problems("6.31.0", "aws_dynamodb_table", config))
    assert found == [f'index "by_place": {problem}' for problem in expected]


def test_provider_without_key_schema_and_what_is_not_known_have_no_rules() -> None:
    assert not list(problems("6.28.0", "aws_dynamodb_table", {"global_secondary_index": [{"hash_key": None}]}))
    assert not list(problems("6.31.0", "aws_dynamodb_table", {"global_secondary_index": Unknown}))
    assert not list(problems("6.31.0", "aws_sqs_queue", {}))


def test_argument_is_set_in_any_of_its_blocks() -> None:
    config = {"a": None, "block": [{"b": None}, {"b": Unknown}]}
    assert is_set(config, ["block", "b"])
    assert not is_set(config, ["a"])
    assert not is_set(config, ["block", "c"])


def test_what_is_computed_is_unknown_first_and_then_made_up() -> None:
    schema: Schema = {
        "name": Attribute("string", required=True),
        "tags": Attribute("map(string)", optional=True),
        "arn": Attribute("string", computed=True),
        "stream_arn": Attribute("string", computed=True),
        "size": Attribute("number", optional=True, computed=True),
        "names": Attribute("list(string)", computed=True),
        "block": Block("list", {"region": Attribute("string", computed=True)}),
        "one": Block("single", {"on": Attribute("bool", computed=True)}),
    }
    given = dict.fromkeys(schema) | {"name": "orders", "block": [{"region": None}]}
    planned = with_unknown(given, schema)
    assert [name for name, value in planned.items() if is_unknown(value)] == ["arn", "stream_arn", "size", "names"]
    assert is_unknown(planned["block"][0]["region"])
    arn = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/orders"
    assert without_unknown(planned, schema, "aws_dynamodb_table", planned) == {
        "name": "orders",
        "tags": None,
        "arn": arn,
        "stream_arn": f"{arn}/stream/2026-01-01T00:00:00.000",
        "size": 0,
        "names": [],
        "block": [{"region": REGION}],
        "one": None,
    }
