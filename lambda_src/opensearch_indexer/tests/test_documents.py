"""What do an item's id and its document look like?"""

import json
from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from tests.support.functions import VALUES, compared, load, named

documents = load("opensearch_indexer", "indexer.documents")
settings = load("opensearch_indexer", "indexer.settings")


def made(**chosen: str) -> Any:  # noqa: ANN401 - the class is the function's own
    """Return what makes documents, with these settings."""
    environment = {f"INDEXER_{name}": value for name, value in {"ENDPOINT": "http://h", **chosen}.items()}
    return documents.Documents(settings.read(environment))


def id_of(*values: str, **chosen: str) -> str:
    """Return the id of an item whose key attributes have these texts, in the order of their names."""
    keys = {name: {"S": value} for name, value in zip("pqr", values, strict=False)}
    found: str = made(**chosen).id_of({"dynamodb": {"Keys": keys}})
    return found


def document(image: dict[str, Any], **chosen: str) -> str:
    """Return the JSON text of an item's document."""
    record = {"eventName": "INSERT", "dynamodb": {"NewImage": image}}
    _, text = made(**chosen).action("a", [record]).body.decode()[:-1].split("\n")
    return str(text)


@st.composite
def keyed(draw: st.DrawFn) -> tuple[str, list[str], list[str]]:
    """Return a separator, and the key attributes of two items that consist of its characters and of backslashes."""
    separator = draw(st.text("ab:-|", min_size=1, max_size=5) | st.text(min_size=1, max_size=16))
    assume("\\" not in separator)
    value = st.text(st.sampled_from(separator + "\\x"), min_size=1, max_size=6)
    one, other = (draw(st.lists(value, min_size=2, max_size=2)) for _ in range(2))
    return separator, one, other


class TestId:
    """One document for each item."""

    @pytest.mark.parametrize("value", ["a", "a|b", "a\\b", "ä b/c?", "x" * 512])
    def test_of_one_key_attribute_it_is_the_value(self, value: str) -> None:
        """Whoever reads the index knows the item."""
        assert id_of(value) == value

    def test_of_two_it_is_both(self) -> None:
        """By the attributes' names, since an event does not say which is the partition key."""
        keys = {"sort": {"N": "5"}, "part": {"B": "AAEC"}}
        assert made().id_of({"dynamodb": {"Keys": keys}}) == "AAEC|5"
        assert made().id_of({"dynamodb": {"Keys": dict(reversed(keys.items()))}}) == "AAEC|5"

    def test_the_separator_can_be_chosen(self) -> None:
        """A value that holds it is told apart."""
        assert id_of("a", "b->c", ID_SEPARATOR="->") == "a->b\\->c"

    @pytest.mark.parametrize(("values", "expected"), [("a b", "a|b"), ("a|b c", "a\\|b|c"), ("a\\ |b", "a\\\\|\\|b")])
    def test_those_of_the_default_separator_are_as_ever(self, values: str, expected: str) -> None:
        """Other ids would be other documents."""
        assert id_of(*values.split()) == expected

    @example(("::", ["tenant:", "a"], ["tenant", ":a"]))
    @example(("|", ["a\\", "x|y"], ["a|x\\", "y"]))
    @example(("aba", ["ab", "ab"], ["ab", "ab"]))
    @given(keyed())
    def test_no_two_items_share_one(self, given: tuple[str, list[str], list[str]]) -> None:
        """Whatever the separator is, and whatever of it the values hold."""
        separator, one, other = given
        found = [id_of(*values, ID_SEPARATOR=separator) for values in (one, other)]
        assert (found[0] == found[1]) == (one == other)

    @pytest.mark.parametrize("value", ["x" * 513, "ä" * 257])
    def test_a_long_one_is_hashed(self, value: str) -> None:
        """OpenSearch counts bytes."""
        assert id_of(value).startswith("sha256:")
        assert len(id_of(value)) == len("sha256:") + 64

    def test_hashed_ones_differ(self) -> None:
        """By their last character alone."""
        assert id_of("x" * 513) != id_of("x" * 512 + "y")

    def test_a_key_that_looks_hashed_is_hashed(self) -> None:
        """Or an item could be made that has another's id."""
        victim = id_of("x" * 600)
        assert id_of(victim) != victim


class TestDocument:
    """The item as JSON."""

    @pytest.mark.parametrize(**named(vector for vector in VALUES if "decoded" in vector))
    def test_it_has_what_the_other_functions_decode(self, vector: dict[str, Any]) -> None:
        """The same values, without loss."""
        parsed = json.loads(document({"x": vector["value"]}), parse_float=_number, parse_int=_number)["x"]
        assert compared(parsed) == compared(vector["decoded"])

    @pytest.mark.parametrize(**named(vector for vector in VALUES if "error" in vector))
    def test_it_refuses_what_the_other_functions_refuse(self, vector: dict[str, Any]) -> None:
        """With the same message."""
        with pytest.raises(ValueError, match=r".") as error:
            document({"x": vector["value"]})
        assert str(error.value) == vector["error"]

    @pytest.mark.parametrize(("chosen", "text"), [("number", '{"d":1.50,"i":2}'), ("text", '{"d":"1.50","i":2}')])
    def test_decimals_are_numbers_or_text(self, chosen: str, text: str) -> None:
        """Text where the index must keep every digit in a keyword; integers are numbers either way."""
        assert document({"d": {"N": "1.50"}, "i": {"N": "2"}}, DECIMALS=chosen) == text

    @pytest.mark.parametrize(
        ("setting", "text"), [("INCLUDE_FIELDS", '{"a":"1","b":"2"}'), ("EXCLUDE_FIELDS", '{"c":"3"}')]
    )
    def test_fields_are_chosen(self, setting: str, text: str) -> None:
        """Attributes of the item itself; one that is missing is no mistake."""
        image = {"a": {"S": "1"}, "b": {"S": "2"}, "c": {"S": "3"}}
        assert document(image, **{setting: "a, b,missing"}) == text

    def test_an_excluded_field_need_not_be_valid(self) -> None:
        """It is not looked at."""
        assert document({"a": {"S": "1"}, "b": {"T": "2"}}, EXCLUDE_FIELDS="b") == '{"a":"1"}'

    @pytest.mark.parametrize(
        ("text", "number"), [("007", "7"), ("-007", "-7"), ("0", "0"), ("٣", "3"), ("1E+2", "1E+2")]
    )
    def test_a_number_is_one_of_json(self, text: str, number: str) -> None:
        """Whatever an emulator of DynamoDB lets through: one malformed number would spoil the whole request."""
        assert document({"n": {"N": text}}) == f'{{"n":{number}}}'

    def test_it_is_one_line(self) -> None:
        """A line break in a text must not end it."""
        assert json.loads(document({"a\n": {"S": 'x\r\n\u2028"\\'}})) == {"a\n": 'x\r\n\u2028"\\'}


def _number(text: str) -> dict[str, str]:
    return {"$number": text}
