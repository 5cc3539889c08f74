"""Is every setting checked, with a message that names it, its value and what is accepted?"""

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.functions import FUNCTIONS, load

from .conftest import change

GOOD = {"INDEXER_ENDPOINT": "https://search.example.com"}
ARN = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:indexer-AbCdEf"
settings = load("opensearch_indexer", "indexer.settings")


def message(environment: dict[str, str]) -> str:
    """Return why an environment is refused."""
    with pytest.raises(settings.SettingsError) as error:
        settings.read({**GOOD, **environment})
    return str(error.value)


REFUSED = {
    "INDEXER_ENDPOINT": [
        *("search.example.com", "ftp://host", "https://", "https://[::1"),
        *("https://host:port", "https://h ost"),
    ],
    "INDEXER_INDEX": ["orders-{tabel}", "{table", "}"],
    "INDEXER_AUTH": ["sigv4", "ES", "iam"],
    "INDEXER_ID_SEPARATOR": ["\\", "a\\b", "x" * 17],
    "INDEXER_DECIMALS": ["float"],
    "INDEXER_ON_REJECTED": ["drop"],
    "INDEXER_METRICS_NAMESPACE": ["a b", "x" * 256],
    "INDEXER_SECRET_ARN": ["arn:aws:secretsmanager", "arn:aws:iam::123456789012:role/x"],
    "INDEXER_CHECK_TEMPLATE": ["no"],
    "INDEXER_GZIP": ["1", "True", "yes"],
    "INDEXER_MAX_REQUEST_BYTES": ["999", "100000001", "5MB", "-1", "1e6"],
    "INDEXER_CONNECT_TIMEOUT": ["0", "901", "3s", "nan"],
    "INDEXER_TIMEOUT": ["0", "0.4", "901", "inf", "1,5"],
}


class TestRefusals:
    """One line each."""

    @pytest.mark.parametrize(("name", "value"), [(name, value) for name in REFUSED for value in REFUSED[name]])
    def test_a_bad_value_is_named_with_what_is_accepted(self, name: str, value: str) -> None:
        """So that nobody needs the documentation to correct it."""
        assert re.fullmatch(rf'{name} must be .+\. Got "{re.escape(value)}"\.', message({name: value}))

    def test_a_missing_endpoint(self) -> None:
        """The only setting without a default."""
        with pytest.raises(settings.SettingsError, match=r"^INDEXER_ENDPOINT is not set\. Set it to the URL"):
            settings.read({})

    def test_a_misspelt_setting(self) -> None:
        """It would have no effect, and nobody would notice."""
        assert message({"INDEXER_PIPELIN": "x"}).startswith(
            "INDEXER_PIPELIN is not a setting. The settings are INDEXER_AUTH, "
        )

    @pytest.mark.parametrize(
        "given",
        [
            {},
            {"INDEXER_USERNAME": "u"},
            {"INDEXER_PASSWORD": "p"},
            {"INDEXER_SECRET_ARN": ARN, "INDEXER_USERNAME": "u", "INDEXER_PASSWORD": "p"},
            {"INDEXER_SECRET_ARN": ARN, "INDEXER_USERNAME": "u"},
        ],
    )
    def test_basic_authorization_needs_one_source(self, given: dict[str, str]) -> None:
        """A secret, or a name and a password."""
        assert message({"INDEXER_AUTH": "basic", **given}) == (
            'INDEXER_AUTH is "basic". Set either INDEXER_SECRET_ARN, or both INDEXER_USERNAME and INDEXER_PASSWORD.'
        )

    @pytest.mark.parametrize("name", ["INDEXER_SECRET_ARN", "INDEXER_USERNAME", "INDEXER_PASSWORD"])
    def test_a_password_without_use(self, name: str) -> None:
        """Whoever sets one expects it to be used."""
        assert message({name: ARN}) == f'Remove {name}: it has no effect when INDEXER_AUTH is "es".'

    @pytest.mark.parametrize("name", ["INDEXER_PASSWORD", "INDEXER_SECRET_ARN"])
    def test_a_password_is_never_shown(self, name: str) -> None:
        """Messages end in logs."""
        assert "horsestaple" not in message({name: "horsestaple"})

    @pytest.mark.parametrize(
        "endpoint",
        [
            *("https://u:secret@host", "https://u:secret@host:port", "//u:secret@host"),
            *("https://host?token=secret", "https://host/#secret", "host/?secret"),
        ],
    )
    def test_a_password_in_the_endpoint_is_never_shown(self, endpoint: str) -> None:
        """Nor is it used."""
        expected = (
            "INDEXER_ENDPOINT must be a URL without credentials and query, such as https://host or https://host:9200."
        )
        assert message({"INDEXER_ENDPOINT": endpoint}) == expected

    @pytest.mark.parametrize(
        ("name", "why"),
        [
            ("PIPELINE", ": OpenSearch does not apply pipelines to scripted updates."),
            ("VERSION_ATTRIBUTE", "."),
        ],
    )
    def test_order_excludes_what_it_could_not_keep(self, name: str, why: str) -> None:
        """The other one would have no effect."""
        expected = f"Set only one of INDEXER_ORDERED and INDEXER_{name}{why}"
        assert message({"INDEXER_ORDERED": "true", f"INDEXER_{name}": "x"}) == expected

    def test_fields_that_are_included_and_excluded(self) -> None:
        """One of the lists would have no effect."""
        assert "Set only one of" in message({"INDEXER_INCLUDE_FIELDS": "a", "INDEXER_EXCLUDE_FIELDS": "b"})

    @pytest.mark.parametrize("name", ["INDEXER_PIPELINE", "INDEXER_INDEX", "INDEXER_GZIP", "INDEXER_TIMEOUT"])
    def test_empty_stands_for_not_given(self, name: str) -> None:
        """A Terraform variable that is not set becomes an empty environment variable."""
        assert settings.read({**GOOD, name: ""}) == settings.read(GOOD)


class TestIndexName:
    """The template, filled in with the table's name."""

    @pytest.mark.parametrize(
        ("template", "table", "index"),
        [
            ("{table}", "Orders", "orders"),
            ("prod-{table}-v2", "Or.d_e-rs", "prod-or.d_e-rs-v2"),
            ("fixed", "T", "fixed"),
            ("...", "T", "..."),
        ],
    )
    def test_it_is_in_lower_case(self, template: str, table: str, index: str) -> None:
        """OpenSearch accepts no other."""
        assert settings.read({**GOOD, "INDEXER_INDEX": template}).index_for(table) == index

    @pytest.mark.parametrize(
        ("template", "table"),
        [
            ("{table}", "_orders"),
            ("{table}", "-x"),
            ("a b", "t"),
            ("x" * 256, "t"),
            (".", "t"),
            ("..", "t"),
        ],
    )
    def test_what_opensearch_refuses_is_refused_here(self, template: str, table: str) -> None:
        """With a message that says which setting mends it, before anything is sent."""
        name = template.replace("{table}", table)
        with pytest.raises(settings.SettingsError, match=rf'^INDEXER_INDEX must be .*, which is "{re.escape(name)}"'):
            settings.read({**GOOD, "INDEXER_INDEX": template}).index_for(table)


class TestHandler:
    """A wrong setting is the error of every batch, so that nothing is lost meanwhile."""

    def test_the_batch_fails_with_the_message(
        self, invoke: Callable[..., Any], environment: Callable[..., None]
    ) -> None:
        """Not the import, whose message Lambda buries."""
        environment(GZIP="maybe")
        with pytest.raises(ValueError, match=r'INDEXER_GZIP must be .* Got "maybe"'):
            invoke(change("INSERT", 1))

    def test_it_is_read_again_for_the_next_batch(
        self, invoke: Callable[..., Any], environment: Callable[..., None]
    ) -> None:
        """Nothing half-made is kept."""
        environment(GZIP="maybe")
        with pytest.raises(ValueError, match="INDEXER_GZIP"):
            invoke(change("INSERT", 1))
        environment(GZIP="true")
        assert invoke(change("INSERT", 1)) == {"batchItemFailures": []}


def test_every_setting_is_documented() -> None:
    """The README has a row for each, and no other."""
    rows = re.findall(r"^\| `INDEXER_(\w+)`", (FUNCTIONS / "opensearch_indexer/README.md").read_text(), re.MULTILINE)
    listed = re.findall(r"INDEXER_(\w+)", message({"INDEXER_X": "x"}).partition("The settings are ")[2])
    assert sorted(rows) == listed
