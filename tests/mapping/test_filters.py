"""Do filter patterns match the records that they match in Lambda?

The ids name the source of a case: "F" is Lambda's "Filter rule syntax", "D" is Lambda's page on filtering DynamoDB
streams, "E" is EventBridge's "Comparison operators", and "R" is Event Ruler, the matcher that AWS publishes.
"""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.limits import MAX_PATTERN_LENGTH, MAX_PATTERNS
from generator.mapping.filters import Filter
from tests.mapping.patterns import names, patterns, records, scalars, with_levels
from tests.support.properties import examples

RECORD: dict[str, Any] = {
    "eventID": "1",
    "eventName": "INSERT",
    "dynamodb": {
        "Keys": {"CustomerName": {"S": "AnyCompany Industries"}},
        "NewImage": {
            "AccountManager": {"S": "Pat Candella"},
            "PaymentTerms": {"S": "60 days"},
            "Orders": {"N": "101"},
            "Active": {"BOOL": True},
            "Note": {"NULL": True},
            "Roles": {"SS": ["buyer", "payer"]},
            "Contacts": {"L": [{"S": "Ana"}, {"N": "7"}, {"M": {"Mail": {"S": "a@example.com"}}}]},
            "Empty": {"L": []},
        },
        "SizeBytes": 26,
    },
}


def _matches(pattern: object, record: dict[str, Any]) -> bool:
    return Filter([json.dumps(pattern)]).matches(record)


def _image(**attributes: object) -> dict[str, Any]:
    return {"dynamodb": {"NewImage": attributes}}


@pytest.mark.parametrize(
    ("alternatives", "value", "expected"),
    [
        pytest.param(["INSERT"], "INSERT", True, id="F-string"),
        pytest.param(["INSERT"], "insert", False, id="F-string-of-other-case"),
        pytest.param(["INSERT"], "INSERTED", False, id="F-string-that-is-longer"),
        pytest.param(["Credit", "Debit"], "Debit", True, id="F-or"),
        pytest.param(["Credit", "Debit"], "Cash", False, id="F-or-with-neither"),
        pytest.param([""], "", True, id="F-empty-string"),
        pytest.param([""], " ", False, id="F-empty-string-against-a-space"),
        pytest.param([""], None, False, id="F-empty-string-against-null"),
        pytest.param([None], None, True, id="F-null"),
        pytest.param([None], "null", False, id="F-null-against-its-name"),
        pytest.param([None], False, False, id="F-null-against-false"),
        pytest.param([100], 100, True, id="F-number"),
        pytest.param([100], 101, False, id="F-other-number"),
        pytest.param([100], "100", False, id="F-number-against-its-digits"),
        pytest.param(["101"], 101, False, id="F-digits-against-their-number"),
        pytest.param([True], True, True, id="true"),
        pytest.param([True], False, False, id="true-against-false"),
        pytest.param([True], 1, False, id="true-against-one"),
        pytest.param([0], False, False, id="zero-against-false"),
        pytest.param([True], "true", False, id="true-against-its-name"),
        pytest.param([{"prefix": "us-"}], "us-east-1", True, id="F-prefix"),
        pytest.param([{"prefix": "us-"}], "eu-us-1", False, id="F-prefix-in-the-middle"),
        pytest.param([{"prefix": "us-"}], "US-EAST-1", False, id="F-prefix-of-other-case"),
        pytest.param([{"prefix": "1"}], 12, False, id="R-prefix-against-a-number"),
        pytest.param([{"prefix": {"equals-ignore-case": "us-"}}], "US-east", True, id="E-prefix-ignoring-case"),
        pytest.param([{"prefix": {"equals-ignore-case": "us-"}}], "EU", False, id="E-other-prefix-ignoring-case"),
        pytest.param([{"suffix": ".png"}], "a.png", True, id="F-suffix"),
        pytest.param([{"suffix": ".png"}], "a.png.bak", False, id="F-suffix-in-the-middle"),
        pytest.param([{"suffix": {"equals-ignore-case": ".PNG"}}], "a.png", True, id="suffix-ignoring-case"),
        pytest.param([{"equals-ignore-case": "alice"}], "ALICE", True, id="F-equals-ignore-case"),
        pytest.param([{"equals-ignore-case": "alice"}], "alicea", False, id="F-equals-ignore-case-against-longer"),
        pytest.param([{"equals-ignore-case": "1"}], 1, False, id="R-equals-ignore-case-against-a-number"),
        pytest.param([{"anything-but": "Raining"}], "Sunny", True, id="E-anything-but-one"),
        pytest.param([{"anything-but": ["Raining"]}], "Raining", False, id="F-anything-but-that"),
        pytest.param([{"anything-but": ["a", "b"]}], "b", False, id="R-anything-but-one-of-several"),
        pytest.param([{"anything-but": ["a", "b"]}], None, True, id="R-anything-but-against-null"),
        pytest.param([{"anything-but": 123}], 123, False, id="R-anything-but-a-number-itself"),
        pytest.param([{"anything-but": [100, 200]}], 300, True, id="R-anything-but-numbers"),
        pytest.param([{"anything-but": 300}], 300.0, False, id="R-anything-but-compares-numbers-by-value"),
        pytest.param([{"anything-but": 123}], "123", True, id="R-anything-but-a-number-against-its-digits"),
        pytest.param([{"anything-but": {"prefix": "us-"}}], "eu-1", True, id="E-anything-but-prefix"),
        pytest.param([{"anything-but": {"prefix": "us-"}}], "us-1", False, id="E-anything-but-that-prefix"),
        pytest.param([{"anything-but": {"suffix": ".png"}}], "a.png", False, id="E-anything-but-that-suffix"),
        pytest.param(
            [{"anything-but": {"equals-ignore-case": "init"}}], "INIT", False, id="E-anything-but-ignore-case"
        ),
        pytest.param(
            [{"anything-but": {"equals-ignore-case": ["init", "stop"]}}],
            "Stop",
            False,
            id="R-anything-but-several-ignore-case",
        ),
        pytest.param([{"numeric": ["=", 100]}], 100, True, id="F-numeric-equals"),
        pytest.param([{"numeric": ["=", 3.018e2]}], 301.8, True, id="R-numeric-compares-by-value"),
        pytest.param([{"numeric": ["=", 300]}], 300.0, True, id="R-numeric-against-a-fraction"),
        pytest.param([{"numeric": [">", 10, "<=", 20]}], 20, True, id="F-numeric-range-at-its-top"),
        pytest.param([{"numeric": [">", 10, "<=", 20]}], 10, False, id="F-numeric-range-at-its-open-bottom"),
        pytest.param([{"numeric": [">=", 10, "<", 20]}], 10, True, id="R-numeric-range-at-its-bottom"),
        pytest.param([{"numeric": [">=", 10, "<", 20]}], 20, False, id="R-numeric-range-at-its-open-top"),
        pytest.param([{"numeric": ["<", 10]}], -1, True, id="R-numeric-below"),
        pytest.param([{"numeric": ["<", 10]}], 10, False, id="R-numeric-at-the-limit"),
        pytest.param([{"numeric": ["<=", 10]}], 10, True, id="R-numeric-up-to-the-limit"),
        pytest.param([{"numeric": [">=", 10]}], 10, True, id="R-numeric-from-the-limit-on"),
        pytest.param([{"anything-but": {"equals-ignore-case": ""}}], "x", True, id="R-anything-but-empty-ignore-case"),
        pytest.param([{"suffix": {"equals-ignore-case": "B"}}], "ab", True, id="suffix-of-other-case"),
        pytest.param([{"suffix": {"equals-ignore-case": "B"}}], "ba", False, id="no-suffix-of-any-case"),
        pytest.param([{"numeric": ["<", 10]}], "5", False, id="R-numeric-against-digits"),
        pytest.param([{"numeric": ["<", 10]}], True, False, id="numeric-against-true"),
        pytest.param([{"exists": True}], "", True, id="F-exists-though-empty"),
        pytest.param([{"exists": True}], None, True, id="R-exists-though-null"),
        pytest.param([{"exists": True}], {"b": 1}, False, id="F-exists-is-about-leaves"),
        pytest.param([{"exists": False}], {"b": 1}, True, id="R-an-object-is-no-leaf"),
        pytest.param([{"exists": False}], "x", False, id="F-does-not-exist-against-a-value"),
        pytest.param(["x", {"prefix": "us-"}], "us-1", True, id="value-or-operator"),
    ],
)
def test_leaf_matches_one_of_its_alternatives(alternatives: list[object], value: object, expected: bool) -> None:  # noqa: FBT001
    assert _matches({"a": alternatives}, {"a": value}) is expected


@pytest.mark.parametrize(
    ("alternatives", "expected"),
    [
        pytest.param([{"exists": False}], True, id="F-does-not-exist"),
        pytest.param([{"exists": True}], False, id="F-exists"),
        pytest.param(["x", {"exists": False}], True, id="or-does-not-exist"),
        pytest.param([None], False, id="R-null-is-a-value"),
        pytest.param([""], False, id="empty-string-is-a-value"),
        pytest.param([{"anything-but": "x"}], False, id="R-anything-but-wants-a-value"),
    ],
)
def test_absent_member(alternatives: list[object], expected: bool) -> None:  # noqa: FBT001
    assert _matches({"a": alternatives}, {"b": "x"}) is expected
    values: tuple[object, ...] = ("no object", ["no object"], [{}])
    for nothing in values:
        assert _matches({"a": {"b": alternatives}}, {"a": nothing}) is expected


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        pytest.param({"eventName": ["INSERT"]}, True, id="kind-of-change"),
        pytest.param({"eventName": ["REMOVE"]}, False, id="other-kind-of-change"),
        pytest.param({"dynamodb": {"Keys": {"CustomerName": {"S": ["AnyCompany Industries"]}}}}, True, id="D-key"),
        pytest.param(_image(AccountManager={"S": ["Pat Candella", "Shirley Rodriguez"]}), True, id="D-attribute"),
        pytest.param(
            _image(AccountManager={"S": ["Pat Candella"]}, PaymentTerms={"S": [{"anything-but": ["60 days"]}]}),
            False,
            id="D-every-attribute-must-match",
        ),
        pytest.param(_image(Orders={"N": ["101"]}), True, id="D-number-by-its-digits"),
        pytest.param(_image(Orders={"N": [101]}), False, id="number-is-a-string"),
        pytest.param(_image(Orders={"N": [{"numeric": [">", 100]}]}), False, id="D-numeric-never-matches-an-N"),
        pytest.param({"dynamodb": {"SizeBytes": [{"numeric": [">", 20]}]}}, True, id="numeric-matches-the-size"),
        pytest.param(_image(Active={"BOOL": [True]}), True, id="boolean"),
        pytest.param(_image(Roles={"SS": ["payer"]}), True, id="set-with-a-member"),
        pytest.param(_image(Roles={"SS": [{"anything-but": "payer"}]}), True, id="R-set-with-another-member"),
        pytest.param(_image(Roles={"SS": ["owner"]}), False, id="set-without-a-member"),
        pytest.param(_image(Contacts={"L": {"S": ["Ana"]}}), True, id="R-list-with-an-element"),
        pytest.param(_image(Contacts={"L": {"S": ["Bo"]}}), False, id="R-list-without-an-element"),
        pytest.param(
            _image(Contacts={"L": {"M": {"Mail": {"S": [{"suffix": "example.com"}]}}}}), True, id="R-in-a-list"
        ),
        pytest.param(_image(Contacts={"L": {"S": ["Ana"], "N": ["7"]}}), False, id="R-one-element-matches-it-all"),
        pytest.param(_image(Contacts={"L": {"BOOL": [{"exists": False}]}}), True, id="R-no-element-has-it"),
        pytest.param(_image(Contacts=[{"exists": True}]), False, id="D-list-is-no-leaf"),
        pytest.param(_image(Contacts={"L": {"S": [{"exists": True}]}}), True, id="D-leaf-in-a-list"),
        pytest.param(_image(none={"L": {"S": [{"exists": False}]}}), True, id="D-attribute-does-not-exist"),
        pytest.param({"dynamodb": {"OldImage": {"a": {"S": [{"exists": False}]}}}}, True, id="without-an-old-image"),
        pytest.param({"dynamodb": {"OldImage": {"a": {"S": ["x"]}}}}, False, id="value-in-no-old-image"),
    ],
)
def test_stream_record(pattern: dict[str, Any], expected: bool) -> None:  # noqa: FBT001
    assert _matches(pattern, RECORD) is expected


@pytest.mark.parametrize(
    ("pattern", "elements", "expected"),
    [
        pytest.param({"b": [{"exists": False}]}, [{"c": "x"}, {"c": "y"}], True, id="R-no-element-has-it"),
        pytest.param({"b": [{"exists": False}]}, [{"b": 1}, {"c": "y"}], False, id="R-first-element-has-it"),
        pytest.param({"b": [{"exists": False}]}, [{"c": "x"}, {"b": 1}], False, id="R-last-element-has-it"),
        pytest.param({"b": [{"exists": False}]}, [[{"c": "x"}], [{"b": 1}]], False, id="R-nested-element-has-it"),
        pytest.param({"b": [{"exists": False}]}, [], True, id="R-no-elements"),
        pytest.param({"b": [1, {"exists": False}]}, [{"b": 2}, {}], False, id="R-other-value-exists"),
        pytest.param({"b": [1, {"exists": False}]}, [{"b": 2}, {"b": 1}], True, id="R-value-or-absence"),
        pytest.param({"b": ["x"], "c": [{"exists": False}]}, [{"b": "x"}, {"c": 1}], True, id="R-chosen-has-it-not"),
        pytest.param({"b": ["x"], "c": [{"exists": False}]}, [{"b": "x", "c": 1}, {}], False, id="R-chosen-has-it"),
        pytest.param({"b": [{"exists": False}], "c": ["x"]}, [{"c": "x"}, {"b": 1}], False, id="R-before-the-choice"),
        pytest.param({"c": ["x"], "b": [{"exists": False}]}, [{"c": "x"}, {"b": 1}], False, id="R-order-is-of-names"),
        pytest.param({"b": [{"exists": False}], "c": ["x"]}, [{"c": "y"}, {"c": "x"}], True, id="R-absence-and-value"),
        pytest.param({"b": [{"exists": False}], "c": ["x"]}, [{"c": "y"}], False, id="R-absence-and-other-value"),
        pytest.param({"b": {"c": [{"exists": False}]}}, [{"b": [{"c": 1}]}, {"b": [{}]}], False, id="R-two-levels"),
        pytest.param({"b": {"c": ["x"]}, "d": ["y"]}, [{"b": [{"c": "x"}]}, {"d": "y"}], False, id="R-two-elements"),
        pytest.param({"b": {"c": ["x"]}, "d": ["y"]}, [{"b": [{"c": "x"}], "d": "y"}], True, id="R-one-element"),
        pytest.param({"b": {"c": ["x"], "d": ["y"]}}, [{"b": [{"c": "x"}, {"d": "y"}]}], False, id="R-inner-elements"),
        pytest.param({"$or": [{"b": ["x"]}, {"b": ["z"]}], "c": ["y"]}, [{"b": "z", "c": "y"}], True, id="R-or"),
        pytest.param(
            {"$or": [{"b": ["x"]}, {"b": ["z"]}], "c": ["y"]}, [{"b": "z"}, {"c": "y"}], False, id="R-or-in-2"
        ),
    ],
)
def test_arrays_of_objects(pattern: object, elements: list[object], expected: bool) -> None:  # noqa: FBT001
    assert _matches({"a": pattern}, {"a": elements}) is expected


def test_elements_are_those_of_one_array_only() -> None:
    record = {"a": [{"x": 1}, {"x": 2}], "b": [{"x": 2}, {"x": 1}]}
    assert _matches({"a": {"x": [1]}, "b": {"x": [1]}}, record)


def test_time_of_a_comparison_does_not_grow_with_the_combinations_of_elements() -> None:
    attributes = "abcdefgh"
    pattern = {name: {"L": {"L": {"S": ["x"]}}} for name in attributes}
    elements = {"L": [{"L": [{"S": "x"}] * 50}] * 50}
    record = dict.fromkeys(attributes, elements)
    assert _matches(pattern, record)
    # 2,500 elements in each of 8 attributes have 10 ** 27 combinations, of which none matches
    assert not _matches({**pattern, "h": {"L": {"L": {"S": ["y"]}}}}, record)
    # So have the elements of one list, of which each is a list again
    value: object = {"b": "x"}
    for _ in range(16):
        value = [value, value]
    assert not _matches(
        {"a": {"b": ["x"], "c": [{"exists": False}], "d": ["y", {"exists": False}], "e": ["x"]}}, {"a": value}
    )


def test_too_many_combinations_of_alternatives_are_an_error() -> None:
    two = [{"x": [1]}, {"x": [2]}]
    assert Filter([json.dumps({name: {"$or": two} for name in "abcdefghi"})])
    ten = [{"x": [number]} for number in range(10)]
    assert Filter([json.dumps({name: {"$or": ten} for name in "abc"})]).matches({name: {"x": 9} for name in "abc"})
    with pytest.raises(ValueError, match="j makes more than 1000 combinations of \\$or alternatives"):
        Filter([json.dumps({name: {"$or": two} for name in "abcdefghij"})])


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        pytest.param({"place": "New York", "day": "Monday"}, True, id="first"),
        pytest.param({"place": "New York", "hour": 3}, True, id="second"),
        pytest.param({"place": "New York", "day": "Sunday", "hour": 9}, False, id="neither"),
        pytest.param({"place": "Paris", "day": "Monday"}, False, id="not-the-other-name"),
    ],
)
def test_or_is_combined_with_other_names(record: dict[str, Any], expected: bool) -> None:  # noqa: FBT001
    pattern = {"place": ["New York"], "$or": [{"day": ["Monday"]}, {"hour": [{"numeric": ["<", 5]}]}]}
    assert _matches(pattern, record) is expected


@pytest.mark.parametrize(
    ("inner", "expected"),
    [
        pytest.param({"b": 1}, True, id="first"),
        pytest.param({"c": 1, "d": 1}, True, id="or-in-or"),
        pytest.param({"c": 1}, False, id="half-of-the-second"),
    ],
)
def test_or_works_at_any_level(inner: dict[str, int], expected: bool) -> None:  # noqa: FBT001
    pattern = {"a": {"$or": [{"b": [1]}, {"c": [1], "$or": [{"d": [1]}, {"e": [1]}]}]}}
    assert _matches(pattern, {"a": inner}) is expected


def test_all_records_match_without_patterns() -> None:
    assert Filter([]).matches(RECORD)


def test_one_pattern_of_several_is_enough() -> None:
    either = Filter(['{"eventName": ["REMOVE"]}', '{"eventName": ["INSERT"]}'])
    assert either.matches({"eventName": "INSERT"})
    assert not either.matches({"eventName": "MODIFY"})


def test_last_of_two_members_with_the_same_name_counts() -> None:
    # Lambda's page on event filtering, "Duplicate keys"
    twice = Filter(['{"a": ["hello"], "a": ["world"]}'])
    assert twice.matches({"a": "world"})
    assert not twice.matches({"a": "hello"})


def test_pattern_can_be_as_long_as_the_quota() -> None:
    frame = '{"a": [""]}'
    text = "x" * (MAX_PATTERN_LENGTH - len(frame))
    assert Filter([f'{{"a": ["{text}"]}}']).matches({"a": text})


def test_pattern_can_be_as_deep_as_dynamodb_nests() -> None:
    value: Any = {"S": "x"}
    pattern: Any = {"S": ["x"]}
    for _ in range(32):
        value, pattern = {"M": {"n": value}}, {"M": {"n": pattern}}
    assert _matches(_image(a=pattern), _image(a=value))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param(
            "eventName = INSERT",
            'eventName = INSERT: line 1, column 1: expected JSON, got "eventName = INSERT"',
            id="no-json",
        ),
        pytest.param('["INSERT"]', "is not a JSON object", id="an-array"),
        pytest.param('"INSERT"', "is not a JSON object", id="a-string"),
        pytest.param('{"eventSource": "aws:sqs"}', 'eventSource is "aws:sqs"; it must be an object', id="bare"),
        pytest.param('{"a": {"b": 5}}', "a.b is 5", id="bare-inside"),
        pytest.param('{"a": []}', "a is []; it must be an object or an array of at least one value", id="no-value"),
        pytest.param('{"a": [["x"]]}', 'a contains the array ["x"]', id="array-in-a-leaf"),
        pytest.param('{"a": [{}]}', "a contains {}; an operator is an object with one member", id="no-operator"),
        pytest.param('{"a": [{"prefix": "x", "suffix": "y"}]}', "one member", id="two-operators"),
        pytest.param(
            '{"a": [{"prefx": "x"}]}', 'a has the unknown operator "prefx"; did you mean prefix?', id="misspelt"
        ),
        pytest.param(
            '{"a": [{"zzz": "x"}]}', "the operators are anything-but, equals-ignore-case, exists", id="no-such"
        ),
        pytest.param('{"a": [{"wildcard": "x*"}]}', 'the unknown operator "wildcard"', id="F-wildcard"),
        pytest.param('{"a": [{"cidr": "10.0.0.0/8"}]}', 'the unknown operator "cidr"', id="F-cidr"),
        pytest.param('{"a": [{"prefix": 1}]}', "a.prefix is 1; it must be a string", id="prefix-of-a-number"),
        pytest.param('{"a": [{"prefix": {"suffix": "x"}}]}', "a.prefix is", id="prefix-of-a-suffix"),
        pytest.param('{"a": [{"equals-ignore-case": ["x"]}]}', "a.equals-ignore-case is", id="ignore-case-of-several"),
        pytest.param(
            '{"a": [{"equals-ignore-case": {"equals-ignore-case": "x"}}]}', "must be a string", id="case-twice"
        ),
        pytest.param('{"a": [{"exists": "true"}]}', 'a.exists is "true"; it must be true or false', id="exists-text"),
        pytest.param('{"a": [{"exists": 0}]}', "a.exists is 0", id="exists-by-number"),
        pytest.param('{"a": [{"numeric": 5}]}', "a.numeric is 5", id="numeric-of-no-array"),
        pytest.param('{"a": [{"numeric": []}]}', "a.numeric is []", id="numeric-of-nothing"),
        pytest.param('{"a": [{"numeric": [">"]}]}', "a.numeric is", id="numeric-without-a-limit"),
        pytest.param('{"a": [{"numeric": ["!=", 5]}]}', "=, <, <=, >, >=", id="R-numeric-unequal"),
        pytest.param('{"a": [{"numeric": [">", "5"]}]}', "a.numeric is", id="numeric-limit-in-quotes"),
        pytest.param('{"a": [{"numeric": [">", true]}]}', "a.numeric is", id="numeric-limit-true"),
        pytest.param('{"a": [{"numeric": [">", 1, "<"]}]}', "a.numeric is", id="numeric-without-the-second-limit"),
        pytest.param('{"a": [{"numeric": [">", 1, "<", 5, "=", 3]}]}', "a.numeric is", id="three-comparisons"),
        pytest.param('{"a": [{"anything-but": []}]}', "a.anything-but is []", id="anything-but-nothing"),
        pytest.param('{"a": [{"anything-but": null}]}', "a.anything-but is null", id="R-anything-but-null"),
        pytest.param('{"a": [{"anything-but": [true]}]}', "a.anything-but is [true]", id="R-anything-but-a-boolean"),
        pytest.param('{"a": [{"anything-but": {"exists": true}}]}', "prefix, suffix, equals", id="anything-but-exists"),
        pytest.param('{"a": [{"anything-but": {"prefix": 1}}]}', "a.anything-but.prefix is 1", id="anything-but-1"),
        pytest.param('{"a": [{"anything-but": {}}]}', "a.anything-but is {}", id="anything-but-no-operator"),
        pytest.param('{"a": [{"anything-but": {"exists": true}}]}', 'is {"exists": true}; its', id="shows-the-operand"),
        pytest.param('{"a": [{"anything-but": {"prefix": ""}}]}', 'a.anything-but.prefix is ""; it must', id="no-text"),
        pytest.param(
            '{"a": [{"anything-but": {"suffix": []}}]}', "a.anything-but.suffix is []; it must", id="no-texts"
        ),
        pytest.param(
            '{"a": [{"anything-but": {"prefix": "x", "suffix": "y"}}]}', "its operator must", id="two-negated"
        ),
        pytest.param('{"a": [{"numeric": [">", 5, "<", 5]}]}', "a.numeric is", id="numeric-empty-range"),
        pytest.param('{"a": [{"numeric": [">", 5, "<", true]}]}', "a.numeric is", id="numeric-high-is-true"),
        pytest.param('{"a": [{"numeric": [">", "1", "<", 5]}]}', "a.numeric is", id="numeric-low-is-text"),
        pytest.param('{"a": [{"numeric": 5}]}', 'or a range from low to high, such as [">", 0, "<=", 5]', id="advice"),
        pytest.param("{}", "the pattern is {}; it must have at least one member", id="empty"),
        pytest.param('{"a": {}}', "a is {}; it must have at least one member", id="empty-inside"),
        pytest.param('{"a": [NaN]}', "a[0]: expected a finite number, got nan", id="constant-of-python"),
        pytest.param('{"$or": {"a": ["x"]}}', "$or is", id="or-of-an-object"),
        pytest.param('{"$or": []}', "$or is []; it must be an array of at least two objects", id="or-of-nothing"),
        pytest.param('{"$or": [{"a": ["x"]}]}', "at least two objects", id="R-or-of-one"),
        pytest.param('{"$or": [{"a": ["x"]}, "b"]}', "at least two objects", id="or-of-a-string"),
        pytest.param('{"$or": [{"a": ["x"]}, {}]}', "$or", id="R-or-with-an-empty-object"),
        pytest.param('{"a": {"$or": [{"b": ["x"]}, {"c": 5}]}}', "a.$or[1].c is 5", id="bare-in-an-or"),
        pytest.param(
            '{"a": ["' + "x" * MAX_PATTERN_LENGTH + '"]}', "has 4107 characters; the quota is 4096", id="too-long"
        ),
    ],
)
def test_malformed_pattern_is_an_error_that_names_its_place(text: str, message: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the next lines say which
        Filter([text])
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_pattern_is_at_most_100_levels_deep() -> None:
    assert Filter([json.dumps(with_levels(99, "a"))])
    with pytest.raises(ValueError, match=r"^the pattern \{.*: expected at most 100 levels of nesting$"):
        Filter([json.dumps(with_levels(100, "a"))])


@pytest.mark.parametrize(("length", "shown"), [(80, "x" * 80), (81, "x" * 80 + "...")])
def test_long_values_are_shortened_in_messages(length: int, shown: str) -> None:
    with pytest.raises(ValueError, match=f"^the pattern {shown}: line 1, column 1: expected JSON"):
        Filter(["x" * length])


def test_as_many_patterns_as_the_quota_are_accepted() -> None:
    assert Filter([f'{{"a": ["{number}"]}}' for number in range(MAX_PATTERNS)]).matches({"a": "9"})


def test_more_patterns_than_the_quota_are_an_error() -> None:
    patterns = [f'{{"a": ["{number}"]}}' for number in range(MAX_PATTERNS + 1)]
    with pytest.raises(ValueError, match="11 patterns are more than the quota of 10"):
        Filter(patterns)


@pytest.mark.slow
@examples(2.5)
@given(patterns, records)
def test_any_pattern_can_be_compared_with_any_record(pattern: dict[str, Any], record: dict[str, Any]) -> None:
    assert _matches(pattern, record) in (True, False)


@examples(2.5)
@given(scalars)
def test_a_value_matches_itself(value: object) -> None:
    assert _matches({"a": [value]}, {"a": value})


def _as_pattern(record: dict[str, Any]) -> dict[str, Any]:
    return {name: _as_pattern(value) if isinstance(value, dict) else [value] for name, value in record.items()}


@pytest.mark.slow
@examples(2.5)
@given(st.recursive(scalars, lambda inner: st.dictionaries(names, inner, min_size=1, max_size=3)))
def test_a_record_matches_itself(value: object) -> None:
    record = {"root": value}
    assert _matches(_as_pattern(record), record)


@examples(2.5)
@given(st.lists(st.text("ab", max_size=2), min_size=1, max_size=3), scalars)
def test_anything_but_strings_is_the_opposite_of_those_strings(strings: list[str], value: object) -> None:
    assert _matches({"a": [{"anything-but": strings}]}, {"a": value}) is not _matches({"a": strings}, {"a": value})


@pytest.mark.slow
@examples(2.5)
@given(patterns, patterns, records)
def test_several_patterns_are_alternatives(one: object, other: object, record: dict[str, Any]) -> None:
    both = Filter([json.dumps(one), json.dumps(other)])
    assert both.matches(record) is (_matches(one, record) or _matches(other, record))


@pytest.mark.slow
@examples(2.5)
@given(patterns, records)
def test_an_array_of_one_object_is_that_object(pattern: dict[str, Any], record: dict[str, Any]) -> None:
    assert _matches({"a": pattern}, {"a": [record]}) is _matches({"a": pattern}, {"a": record})
