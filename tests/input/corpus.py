"""Input that nobody means: valid documents, and what damages them."""

import io
import json
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from typing import Any, Final

PATTERN: Final = '{"eventName": ["INSERT"]}'

STREAM: Final = "arn:aws:dynamodb:eu-west-1:123456789012:table/orders/stream/2026-11-26T08:00:00.000"
_QUEUE: Final = "arn:aws:sqs:eu-west-1:123456789012:orders-dlq"
_MAPPING: Final[dict[str, Any]] = {
    "batch_size": 10,
    "starting_position": "LATEST",
    "event_source_arn": STREAM,
    "function_response_types": ["ReportBatchItemFailures"],
    "filter_criteria": [{"filter": [{"pattern": PATTERN}]}],
    "destination_config": [{"on_failure": [{"destination_arn": _QUEUE}]}],
    "uuid": "11111111-2222-3333-4444-555555555555",
}
_TYPE: Final = "aws_lambda_event_source_mapping"

PLAN: Final[dict[str, Any]] = {
    "planned_values": {},
    "resource_changes": [
        {"address": "m.this", "type": _TYPE, "change": {"after": _MAPPING, "after_unknown": {"uuid": True}}}
    ],
}
STATE: Final[dict[str, Any]] = {
    "version": 4,
    "outputs": {"dead_letter_queue_url": {"value": "https://sqs/1/orders-dlq", "type": "string"}},
    "resources": [{"type": _TYPE, "instances": [{"attributes": _MAPPING}]}],
}
_FUNCTION: Final = "arn:aws:lambda:eu-west-1:123456789012:function:orders"
_ROLE: Final = "arn:aws:iam::123456789012:role/orders"
_ADOPTED: Final[dict[str, Any]] = {
    _TYPE: {
        "uuid": "a",
        "event_source_arn": STREAM,
        "function_arn": f"{_FUNCTION}:live",
        "destination_config": [{"on_failure": [{"destination_arn": _QUEUE}]}],
        "filter_criteria": [{"filter": [{"pattern": "{}"}]}],
    },
    "aws_dynamodb_table": {
        "name": "orders",
        "stream_arn": STREAM,
        "hash_key": "id",
        "attribute": [{"name": "id", "type": "S"}],
        "global_secondary_index": [{"name": "all", "hash_key": "id", "projection_type": "ALL"}],
        "replica": [{"region_name": "us-east-1"}],
        "ttl": [{"attribute_name": "at", "enabled": True}],
        "tags": {"a": "b"},
    },
    "aws_lambda_function": {
        "function_name": "orders",
        "arn": _FUNCTION,
        "role": _ROLE,
        "filename": "a.zip",
        "environment": [{"variables": {"STAGE": "a"}}],
        "vpc_config": [{"subnet_ids": ["subnet-1"], "security_group_ids": ["sg-1"]}],
        "logging_config": [{"log_format": "Text", "log_group": "a"}],
    },
    "aws_lambda_alias": {"function_name": "orders", "name": "live", "function_version": "1"},
    "aws_iam_role": {"name": "orders", "arn": _ROLE, "assume_role_policy": '{"Statement": {}}'},
    "aws_iam_role_policy": {"name": "orders-stream", "role": "orders", "policy": '{"Statement": []}'},
    "aws_iam_role_policy_attachment": {"role": "orders", "policy_arn": "arn:aws:iam::aws:policy/a"},
    "aws_sqs_queue": {"name": "orders-dlq", "arn": _QUEUE, "url": "https://sqs/1/orders-dlq"},
    "aws_sqs_queue_policy": {"queue_url": "https://sqs/1/orders-dlq", "policy": '{"Statement": []}'},
}
ADOPTED_STATE: Final[dict[str, Any]] = {
    "version": 4,
    "resources": [
        {"mode": "managed", "type": kind, "name": "this", "instances": [{"attributes": values}]}
        for kind, values in _ADOPTED.items()
    ],
}
SHOWN: Final[dict[str, Any]] = {
    "values": {"root_module": {"child_modules": [{"resources": [{"type": _TYPE, "values": _MAPPING}]}]}}
}
DEPLOYMENT: Final[dict[str, Any]] = {
    "resources": [
        {"type": type_, "instances": [{"attributes": values}]}
        for type_, values in {
            "aws_codedeploy_deployment_group": {"app_name": "orders", "deployment_group_name": "orders"},
            "aws_lambda_alias": {"function_name": "orders", "name": "live"},
            "aws_lambda_function": {
                "function_name": "orders",
                "version": "2",
                "arn": "arn:aws:lambda:eu-west-1:123456789012:function:orders",
            },
        }.items()
    ]
}
ITEMS: Final[list[Any]] = [
    {"id": {"S": "a"}, "total": {"N": "5"}, "tags": {"SS": ["x"]}, "more": {"M": {"list": {"L": [{"BOOL": True}]}}}}
]
PROVENANCE: Final[dict[str, Any]] = {
    "_type": "https://in-toto.io/Statement/v1",
    "subject": [{"name": "a.zip", "digest": {"sha256": "0" * 64}}],
    "predicateType": "https://slsa.dev/provenance/v1",
    "predicate": {
        "buildDefinition": {"externalParameters": {"module": "a", "version": "1.0.0", "provider": "5"}},
    },
}

KEYS: Final[dict[str, Any]] = {"id": "a", "number": 5, "typed": {"N": "7"}}
BASELINE: Final[dict[str, Any]] = {
    "accepted": [{"module": "", "rule": "a", "subject": "b", "message": "c", "reason": "d"}]
}
JOB: Final = {"destination": "orders"}
JOURNAL: Final[list[Any]] = [
    {"journal": 2, **JOB},
    {"owner": {"user": "a", "host": "b", "process": 1, "since": 1_800_000_000}},
    {"active": 1_800_000_000},
    {"held": {"a": "receipt"}, "until": 1_800_000_000},
    {"done": ["a", "1"]},
    {"renewed": 1_800_000_000, "outdated": ["a"]},
    {"window": [1_800_000_000, 1_800_000_001]},
    {"segment": 0, "next": None, "sent": 1, "failed": 0},
]
TEXTS: Final = {
    "profile": """
        name = "acme"
        version = "1.2.3"
        licence = "Copyright"
        omit = ["alarms"]
        [provider]
        target = 6
        user_agent = ["acme/1"]
        [tags]
        required = ["team"]
        patterns = { team = "^[a-z]+$" }
        [variables.function_timeout]
        default = 20
        maximum = 60
        [variables.table_name]
        pattern = "^acme-"
        default = "acme-orders"
        [variables.event_source_filter_patterns]
        fixed = ['{"eventName": ["INSERT"]}']
    """,
    "policy": 'module-pin = "major"\ninitial-development = true\n',
    "module": """
        variable "name" {
          type        = object({ a = optional(string, "x"), b = list(number) })
          description = <<-EOT
            A text ${"with"} lines.
          EOT
          validation {
            condition     = can(regex("^[a-z]+$", var.name.a)) && length(var.name.b) > 1
            error_message = "The name is ${var.name.a}."
          }
        }
        resource "aws_sqs_queue" "this" {
          for_each = toset(["a", "b"])
          name     = "${each.key}-%{if true}x%{endif}"
          dynamic "statement" {
            for_each = [for one in var.name.b : one if one > 1]
            content { sid = statement.value }
          }
        }
        output "arn" { value = { for key, one in aws_sqs_queue.this : key => one.arn... } }
    """,
}
MODULE_AS_JSON: Final[dict[str, Any]] = {
    "variable": {"name": {"type": "string", "default": "a", "validation": [{"condition": "${var.name}"}]}},
    "resource": {"aws_sqs_queue": {"this": {"name": "${var.name}", "tags": {"a": [1, True, None]}}}},
    "output": {"arn": [{"value": "${aws_sqs_queue.this.arn}"}]},
}

ODD_VALUES: Final[tuple[Any, ...]] = (
    None, True, -1, 0, 5, 0.5, 10**300, 1e300, "", "x", "\u2028\n\x9b", "${", "x" * 100_000, [], [None], [[[]]], {},
    {"": None}, {"a": {"b": 1}},
)  # fmt: skip
"""Each stands in the place of each value of a document."""

LEVELS: Final = 100_000


def damaged(document: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield what a document becomes that is not text in UTF-8, or is cut off, with a name."""
    yield "empty", b""
    yield "spaces", b" \n\t\n"
    yield "null-characters", b"\0" * 100
    yield "latin-1", document + "\n# é".encode("latin-1")
    yield "binary", bytes(range(256)) * 10
    for encoding in ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-7", "cp500"):
        yield encoding, document.decode().encode(encoding)
    yield "byte-order-mark-twice", b"\xef\xbb\xbf" * 2 + document
    yield "mac-newlines", document.replace(b"\n", b"\r")
    yield "twice", document + document
    yield "long-line", document + b"x" * 1_000_000
    yield "escape-sequences", document + b"\x1b]0;title\x07\x9b31m"
    for position in range(1, len(document), max(1, len(document) // 20)):
        yield "cut-off", document[:position]


def odd_json() -> Iterator[tuple[str, bytes]]:
    """Yield JSON that is deep, long, or of another type, with a name."""
    for name, text in {
        "null": "null", "true": "true", "number": "5", "text": '"text"', "array": "[]", "object": "{}",
        "array-of-null": "[null]", "nan": '{"a": NaN}', "infinity": "[-Infinity]", "huge": '{"a": 1e999}',
        "long-integer": f'{{"a": {"9" * 5000}}}', "integer-of-500-digits": f"[{'9' * 500}]",
        "surrogate": '{"a": "\\ud800"}', "line-separator": '{"a": "\u2028\u2029\x85\x0b"}', "comment": "// {}",
        "single-quotes": "{'a': 1}", "key-twice": '{"a": 1, "a": []}', "long-key": f'{{"{"k" * 1_000_000}": 1}}',
        "deep": "[" * LEVELS, "deep-objects": '{"a":' * LEVELS, "deep-and-closed": "[" * LEVELS + "]" * LEVELS,
        "levels-300": '{"a":' * 300 + "1" + "}" * 300, "levels-900": "[" * 900 + "]" * 900,
        "wide": f"[{','.join(['0'] * 30_000)}]",
    }.items():  # fmt: skip
        yield name, text.encode()


def replaced(document: Any) -> Iterator[Any]:  # noqa: ANN401 - any document
    """Yield a document with each odd value in the place of each of its values, and without it."""
    yield from ODD_VALUES
    if isinstance(document, dict):
        for name, inner in document.items():
            yield {other: one for other, one in document.items() if other != name}
            yield from ({**document, name: one} for one in replaced(inner))
    elif isinstance(document, list):
        for index, inner in enumerate(document):
            yield from ([*document[:index], one, *document[index + 1 :]] for one in replaced(inner))


def deep_toml() -> Iterator[tuple[str, bytes]]:
    """Yield TOML that is deep, long, or has numbers that are not numbers of JSON."""
    for name, text in {
        "deep": "a = " + "[" * LEVELS,
        "deep-tables": "a = " + "{b=" * LEVELS,
        "deep-keys": "a" + ".a" * 20_000 + " = 1",
        "deep-headers": "[a" + ".a" * 20_000 + "]",
        "infinite": "[variables.function_timeout]\ndefault = inf",
        "no-number": "[variables.function_timeout]\nallowed = [-nan]",
        "long-integer": f"[variables.function_timeout]\nmaximum = {'9' * 5000}",
        "integer-of-500-digits": f"[variables.function_timeout]\nmaximum = {'9' * 500}",
        "hexadecimal": f"[variables.function_timeout]\nmaximum = 0x{'f' * 5000}",
        "date": "name = 2026-11-26",
        "time": "[variables.table_tags]\nfixed = { a = 08:00:00 }",
        "90000-values": f"[variables.function_runtime]\nallowed = {[f'python3.{number}' for number in range(90_000)]}",
        "50000-names": "[variables]\n" + "\n".join(f"table_nam{number} = {{}}" for number in range(50_000)),
        "50000-omitted": f"omit = {[f'alarm{number}' for number in range(50_000)]}",
        "50000-exposed": f"expose = {['name'] * 50_000}",
        "long-name": f"{'n' * 1_000_000} = 1",
        "long-text": f"name = '{'n' * 1_000_000}'",
    }.items():
        yield name, text.encode()


def odd_modules() -> Iterator[tuple[str, bytes]]:
    """Yield files of a module that are deep, long, or have blocks without what they need."""
    output = 'output "a" {{ value = {} }}'
    expressions = {
        "brackets": "[" * LEVELS, "parentheses": "(" * LEVELS, "objects": "{a=" * LEVELS,
        "not": "!" * LEVELS + "true",
        "minus": "-" * LEVELS + "1", "sum": "+".join("1" * LEVELS),
        "sum-of-100": "+".join(["var.a"] * 100), "sum-of-101": "+".join(["var.a"] * 101),
        "and": "&&".join(["true"] * LEVELS),
        "conditionals": "true ? 1 : " * LEVELS + "2", "conditions": "(true ? " * 300 + "1" + " : 2)" * 300,
        "attributes": "var" + ".a" * LEVELS, "indexes": "var.a" + "[0]" * LEVELS, "splats": "var.a" + "[*]" * LEVELS,
        "templates": '"${' * LEVELS, "calls": "abs(" * LEVELS, "closed-300": "[" * 300 + "]" * 300,
        "closed-90": "[" * 90 + "]" * 90, "for": "[for a in " * LEVELS, "if": '"%{if true}' + "%{if true}" * 5000 + '"',
        "number": "9" * 5000, "exponent": "1e999999999", "power": "1e308 * 10", "long-string": f'"{"x" * 2_000_000}"',
        "separator": '"\u2028\u2029\x85"', "regex": 'can(regex("(a+)+$", "' + "a" * 5000 + '!"))',
        "bad-regex": 'regex("(?<=a)[", "a")', "decoded": "jsondecode(" + json.dumps("[" * LEVELS) + ")",
        "division": "1 / 0", "modulo": "5 % 0", "range": "range(1000000000)", "format": 'format("%999999999d", 1)',
        "join": "join(5, 5)", "element": "element([], 1)", "slice": "slice([], 5, -5)", "no-argument": "length()",
        "merge": "merge(5, null)", "index": "[1][9999999999]", "unknown": "nothing(1)", "keywords": "for",
        "dots": "a...",
        "replace": 'replace("a", "", "b")', "timeadd": 'timeadd("x", 5)', "unicode": '"\\U0010ffff\\ud800"',
    }  # fmt: skip
    for name, text in expressions.items():
        yield f"expression-{name}", output.format(text).encode()
    locals_ = "\n".join(f"a{number} = [local.a{number + 1}]" for number in range(3000))
    yield "chain-of-locals", f"locals {{\n{locals_}\na3000 = 1\n}}\n{output.format('local.a0')}".encode()
    for kind in ("variable", "output", "resource", "data", "module", "provider", "check", "moved", "import", "removed",
                 "locals", "terraform", "ephemeral", "nothing"):  # fmt: skip
        for labels in ("", '"a"', '"a" "b"', '"a" "b" "c"', '"${x}"'):
            for body in ("", "type = 5", 'count = "x"', "for_each = 5\nlifecycle {}", "dynamic {}",
                         'dynamic "a" {}', "validation {}", "depends_on = 5",
                         "source = 5\nversion = []",
                         "from = 1\nto = 2"):  # fmt: skip
                yield f"{kind}-blocks", f"{kind} {labels} {{\n{body}\n}}".encode()
    for name, text in {
        "deep-blocks": "a {" * LEVELS, "heredoc": "a {\nb = <<EOT\n", "open-comment": "/* " * LEVELS,
        "required-providers": "terraform {\nrequired_providers {\naws = 5\n}\nrequired_version = 5\n}",
        "backend": "terraform {\nbackend {}\ncloud {}\nprovider_meta {}\n}",
        "many-blocks": 'variable "a" {}\n' * 5000, "labels": "a " + '"b" ' * LEVELS + "{}",
        "quote": 'variable "', "type": 'variable "a" {\ntype = ' + "list(" * LEVELS + "\n}",
        "long-type": 'variable "a" {\ntype = ' + "list(" * 90 + "any" + ")" * 90 + "\n}",
        "spaces": "variable" + " " * 1_000_000,
        "cycle": 'locals {\na = local.b\nb = local.a\n}\noutput "c" {\nvalue = local.a\n}',
    }.items():  # fmt: skip
        yield name, text.encode()


def _zip(change: Callable[[zipfile.ZipFile], object]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as opened:
        change(opened)
    return file.getvalue()


def _tar(*members: tuple[tarfile.TarInfo, bytes], mode: str = "w:gz") -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode=mode) as opened:  # type: ignore[call-overload] # a mode by a variable
        for info, content in members:
            info.size = len(content) if info.isreg() else 0
            opened.addfile(info, io.BytesIO(content))
    return file.getvalue()


def archives() -> Iterator[tuple[str, bytes]]:
    """Yield archives that are cut off, encrypted, damaged, or have paths and entries that nobody extracts."""
    text = TEXTS["module"].encode()
    whole = _zip(lambda opened: opened.writestr("main.tf", text))
    packed = _zip(lambda opened: opened.writestr(zipfile.ZipInfo("main.tf"), text * 50, zipfile.ZIP_DEFLATED))
    tar = _tar((tarfile.TarInfo("module/main.tf"), text))
    yield "zip", whole
    yield "tar", tar
    yield "zip-of-nothing", _zip(lambda _opened: None)
    encrypted = bytearray(whole)
    # The first bit of the flags of an entry (PKWARE, "APPNOTE.TXT", 4.4.4), at its beginning and in the directory
    encrypted[6] |= 1
    encrypted[whole.rfind(b"PK\x01\x02") + 8] |= 1
    yield "encrypted", bytes(encrypted)
    unknown = bytearray(whole)
    unknown[8], unknown[whole.rfind(b"PK\x01\x02") + 10] = 97, 97
    yield "unknown-compression", bytes(unknown)
    yield "damaged", packed[:60] + bytes(20) + packed[80:]
    yield "wrong-checksum", whole.replace(b"variable", b"VARIABLE", 1)
    for name, content in (("zip", packed), ("tar", tar)):
        for part in range(1, 20):
            yield f"{name}-cut-off", content[: len(content) * part // 20]
    for mode in ("w:xz", "w:bz2", "w"):
        yield f"cut-off-{mode}", _tar((tarfile.TarInfo("main.tf"), text * 20), mode=mode)[:-700]
    yield "outside", _zip(lambda opened: opened.writestr("../../main.tf", text))
    yield "absolute", _zip(lambda opened: opened.writestr("/etc/main.tf", text))
    yield "long-name", _zip(lambda opened: opened.writestr(f"{'a/' * 20_000}main.tf", text))
    yield "directory-only", _zip(lambda opened: opened.mkdir("main.tf"))
    device, link = tarfile.TarInfo("main.tf"), tarfile.TarInfo("main.tf")
    device.type, link.type, link.linkname = tarfile.CHRTYPE, tarfile.SYMTYPE, "/etc/passwd"
    yield "device", _tar((device, b""))
    yield "link", _tar((link, b""))
    huge = bytearray(_tar((tarfile.TarInfo("main.tf"), text), mode="w"))
    huge[124:136] = b"\x80" + b"\x7f" * 11
    yield "huge-size", bytes(huge)
    negative = bytearray(huge)
    negative[124:136] = b"\xff" * 12
    yield "negative-size", bytes(negative)
    header = tarfile.TarInfo("x").create_pax_global_header({"a": "b"})
    yield "headers-of-headers", header * 3000
    yield "utf-16", _zip(lambda opened: opened.writestr("main.tf", TEXTS["module"].encode("utf-16")))
    yield "gzip-of-nothing", b"\x1f\x8b\x08\x00"
    yield "deep-hcl", _zip(lambda opened: opened.writestr("main.tf", "a = " + "[" * LEVELS))
