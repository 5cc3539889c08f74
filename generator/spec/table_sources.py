"""What the items of the table come from when it is created: an export in S3, a backup, another table."""

import functools

from generator.spec.examples import BACKUP_ARN, in_other_region
from generator.spec.kinds import variable
from generator.spec.model import Effect
from generator.spec.rules import (
    BUCKET,
    Arguments,
    Rule,
    arn_regex,
    attribute_is,
    before,
    custom_rule,
    must_be,
    since,
)
from generator.spec.types import BOOL, STRING, List, Object, Optional

_ION = {"bucket": "exports", "format": "ION"}
_LATEST = {"source_table_name": "orders-old", "to_latest_time": True}
_BACKUPS = "6.38"
_sets = functools.partial(Effect, "aws_dynamodb_table.this[0]")


def _one_source(otherwise: str) -> Rule:
    return custom_rule(
        f"self == null ? true : {otherwise}(self.source_table_name == null) != (self.source_table_arn == null)",
        "Set exactly one of source_table_name and source_table_arn in table_restore.",
        {"table_restore": {"to_latest_time": True}},
    )


def _one_time(otherwise: str) -> Rule:
    return custom_rule(
        f"self == null ? true : {otherwise}(self.date_time == null) != (self.to_latest_time != true)",
        "Set exactly one of date_time and to_latest_time = true in table_restore.",
        {"table_restore": {"source_table_name": "orders-old"}},
        {"table_restore": {**_LATEST, "date_time": "2026-01-01T00:00:00Z"}},
    )


SOURCES = (
    variable(
        name="table_import",
        type=Object(
            {
                "bucket": STRING,
                "key_prefix": Optional(STRING),
                "bucket_owner": Optional(STRING),
                "format": STRING,
                "compression": Optional(STRING, "NONE"),
                "csv_delimiter": Optional(STRING),
                "csv_header_list": Optional(List(STRING)),
            }
        ),
        default=None,
        description=(
            "Items in S3 to create the table from. Imported items do not appear in the stream. The argument counts when the "
            "table is created; adding, changing, or removing it later has no effect."
        ),
        example={"bucket": "exports", "format": "DYNAMODB_JSON", "compression": "GZIP"},
        features=("import",),
        effect=_sets("import_table.0.s3_bucket_source.0.bucket", example="exports"),
        construct_prop="dynamoTableProps.importSource",
        rules=(
            attribute_is("format", "CSV", "DYNAMODB_JSON", "ION"),
            attribute_is("compression", "NONE", "GZIP", "ZSTD"),
            must_be(
                f"can(regex({BUCKET}, self.bucket))",
                "the name of a bucket",
                "arn:aws:s3:::exports",
                "-exports",
                attribute="bucket",
            ),
            must_be(
                "(self.key_prefix == null || try(length(self.key_prefix) <= 1024, false))",
                "at most 1024 characters",
                "x" * 1025,
                attribute="key_prefix",
            ),
            must_be(
                '(self.bucket_owner == null || can(regex("^[0-9]{12}$", self.bucket_owner)))',
                "an account ID of 12 digits",
                "exports",
                attribute="bucket_owner",
            ),
            must_be(
                '(self.csv_delimiter == null || can(regex("^[,;:|\\t ]$", self.csv_delimiter)))',
                "a comma, semicolon, colon, pipe, tab, or space",
                "/",
                attribute="csv_delimiter",
            ),
            must_be(
                "(self.csv_header_list == null || try(length(compact(self.csv_header_list)) >= 1, false))",
                "a list of at least one name",
                [],
                attribute="csv_header_list",
            ),
            custom_rule(
                'self == null ? true : (self.format == "CSV" || '
                "(self.csv_delimiter == null && self.csv_header_list == null))",
                "Remove csv_delimiter and csv_header_list from table_import: they have no effect when format is "
                "${jsonencode(try(var.table_import.format, null))}.",
                {"table_import": {**_ION, "csv_delimiter": ";"}},
            ),
        ),
    ),
    variable(
        name="table_restore",
        type=Object(
            {
                "source_table_name": Optional(STRING),
                "source_table_arn": Optional(STRING),
                "date_time": Optional(STRING),
                "to_latest_time": Optional(BOOL),
                "backup_arn": Optional(STRING, since=_BACKUPS),
            }
        ),
        default=None,
        description=(
            "Table and point in time to restore the table from. Its stream is new, without the records of the source's "
            "stream. The argument counts when the table is created; adding, changing, or removing it later has no effect."
        ),
        example=_LATEST,
        examples_since={_BACKUPS: {"table_restore": {"backup_arn": BACKUP_ARN}}},
        features=("restore",),
        effect=_sets("restore_source_name", example="orders-old"),
        rules=(
            before(_BACKUPS, _one_source("")),
            before(_BACKUPS, _one_time("")),
            since(_BACKUPS, _one_source("self.backup_arn != null || ")),
            since(_BACKUPS, _one_time("self.backup_arn != null || ")),
            since(
                _BACKUPS,
                custom_rule(
                    "self == null ? true : (self.backup_arn == null || (self.source_table_name == null && "
                    "self.source_table_arn == null && self.date_time == null && self.to_latest_time != true))",
                    "Remove the other attributes of table_restore: they have no effect with backup_arn.",
                    {"table_restore": {**_LATEST, "backup_arn": BACKUP_ARN}},
                ),
            ),
            since(
                _BACKUPS,
                must_be(
                    f"self.backup_arn == null || can(regex({arn_regex('(backup|dynamodb)', '.+')}, self.backup_arn))",
                    "the ARN of a recovery point or of a backup of a table in ${local.region}",
                    Arguments(table_restore={"backup_arn": "orders-backup"}),
                    Arguments(table_restore={"backup_arn": in_other_region(BACKUP_ARN)}),
                    attribute="backup_arn",
                ),
            ),
            must_be(
                '(self.source_table_name == null || can(regex("^[a-zA-Z0-9_.-]{3,255}$", self.source_table_name)))',
                "the name of a table (not its ARN)",
                "arn:aws:dynamodb:eu-west-1:123456789012:table/orders",
                attribute="source_table_name",
            ),
            must_be(
                "(self.source_table_arn == null || "
                'can(regex("^arn:aws[a-z-]*:dynamodb:[a-z0-9-]+:[0-9]{12}:table/[a-zA-Z0-9_.-]+$", self.source_table_arn)))',
                "the ARN of a table",
                Arguments(table_restore={"source_table_arn": "orders-old", "to_latest_time": True}),
                attribute="source_table_arn",
            ),
            must_be(
                '(self.date_time == null || can(timeadd(self.date_time, "0s")))',
                "a time such as 2026-01-31T12:00:00Z",
                Arguments(table_restore={"source_table_name": "orders-old", "date_time": "yesterday"}),
                attribute="date_time",
            ),
            custom_rule(
                "self == null || var.table_import == null",
                "Set only one of table_restore and table_import.",
                {"table_restore": _LATEST, "table_import": _ION},
            ),
        ),
    ),
)
