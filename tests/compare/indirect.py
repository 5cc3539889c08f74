"""Pairs of modules whose difference lies behind what a resource refers to, and what must be found."""

from collections.abc import Mapping
from typing import Final

from tests.compare.pairs import queue, requires

_READ: Final = '{"Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}}'
_ALL: Final = _READ.replace("s3:GetObject", "*")


_OPTION: Final = 'variable "o" {\n type = any\n default = {}\n}\n'
_NULLS: Final = "".join(f'variable "{name}" {{\n type = string\n default = null\n}}\n' for name in "ab")
_DOCUMENT: Final = (
    'data "aws_iam_policy_document" "a" {\n statement {\n actions = [%s]\n resources = ["arn:aws:s3:::a/*"]\n }\n'
    ' statement {\n actions = ["sns:Publish"]\n resources = ["*"]\n }\n}\n'
)
_BUCKET: Final = 'data "aws_iam_policy_document" "b" {\n statement {\n actions = ["s3:*"]\n resources = ["arn:aws:s3:::b/*"]\n }\n}\n'


_STAGES: Final = 'resource "aws_codepipeline" "a" {\n stage {\n name = "%s"\n }\n stage {\n name = "%s"\n }\n}\n'


def policy(value: str) -> str:
    """Return a managed policy with a document."""
    return f'resource "aws_iam_policy" "p" {{\n policy = {value}\n}}\n'


def reading(value: str, main: str = "", folder: str = "", content: str = _READ) -> dict[str, str]:
    """Return a module whose policy is read from a file, in a folder that the module calls if there is one."""
    return {"main.tf": main, f"{folder}main.tf": policy(value), f"{folder}p.json": content}


def files(value: str, main: str = "", folder: str = "") -> tuple[dict[str, str], dict[str, str]]:
    """Return two versions of a module that differ in the file that they read."""
    return reading(value, main, folder), reading(value, main, folder, _ALL)


_PERMISSIONS: Final = {"permission-added": "minor"}
_BOTH: Final = {**_PERMISSIONS, "file-changed": "patch"}
_CHANGED: Final = {"argument-changed": "minor", "file-changed": "patch"}
_ROUNDS: Final = (
    'variable "n" {\n type = number\n default = 0\n}\nvariable "l" {\n type = list(map(string))\n default = []\n}\n'
)
_TEMPLATE: Final = '{"Statement":{"Effect":"Allow","Action":"${action}","Resource":"${bucket}"}}'
_FILLED: Final = policy('templatefile("${path.module}/p.tpl", { action = "%s", bucket = "b" })')
_SOURCES: Final = (
    'variable "d" {\n type = list(string)\n default = ["%s"]\n}\n'
    'data "aws_iam_policy_document" "d" {\n source_policy_documents = var.d\n}\n'
)
_SCRIPT: Final = 'provisioner "local-exec" {\n command = "%s"\n}\n'
_CLUSTER: Final = 'resource "aws_eks_cluster" "c" {\n name = "c"\n vpc_config {\n  subnet_ids = ["s"]\n }\n}\n'
_WAITS: Final = (
    'variable "t" {\n type = map(string)\n default = %s\n}\n'
    'resource "aws_db_instance" "a" {\n timeouts {\n create = lookup(var.t, "create", null)\n delete = "%s"\n }\n}\n'
)
_LISTED: Final = (
    'resource "aws_sns_topic" "t" {\n for_each = fileset("${path.module}/p", "**/*.json")\n name = each.key\n'
    ' policy = file("${path.module}/p/${each.key}")\n}\n'
)
_COUNTED: Final = queue('count = length(fileset("${path.module}/p", "*.json"))')
_ARCHIVE: Final = (
    'data "archive_file" "a" {\n type = "zip"\n source_dir = "${path.module}/code"\n output_path = "a.zip"\n}\n'
)
_CALL: Final = 'module "c" {\n source = "./c"\n}\n'


def switch(kind: str, count: str = "var.o.off == true ? 0 : 1") -> str:
    """Return a queue that exists or not by an attribute of an object."""
    return f'variable "o" {{\n type = object({{ off = {kind} }})\n default = {{}}\n}}\n' + queue(f"count = {count}")


def defaulted(default: str) -> str:
    """Return a variable of any type with a default."""
    return f'variable "x" {{\n type = any\n default = {default}\n}}\n'


def attached(kind: str) -> str:
    """Return a policy of each element of a map that has one, in a role."""
    return (
        f'variable "o" {{\n type = map(object({{ role = string, arn = {kind} }}))\n default = {{}}\n}}\n'
        'resource "aws_iam_role_policy_attachment" "a" {\n for_each = var.o\n role = each.value.role\n'
        " policy_arn = each.value.arn\n}\n"
    )


def each(collection: str) -> str:
    """Return a queue for each element of a collection."""
    return 'variable "s" {\n type = set(string)\n default = ["x", "y"]\n}\n' + queue(f"for_each = {collection}")


def valued(block: str, value: str = '"a"') -> str:
    """Return a block with a local and a default that have a value."""
    return f'locals {{\n x = {value}\n}}\nvariable "x" {{\n default = {value}\n}}\n{block}'


def values(block: str) -> tuple[str, str]:
    """Return two versions of a block with another value of what it refers to."""
    return valued(block), valued(block, '"b"')


_LOCAL: Final = valued("").split("variable")[0]
_RUN: Final = 'provisioner "local-exec" {\n command = %s\n}'
_PROVIDER: Final = 'provider "aws" {\n region = %s\n}\n'
_IMPORT: Final = queue() + "import {\n to = aws_sqs_queue.a\n id = local.x\n}\n"
_CHECK: Final = 'check "a" {\n assert {\n condition = %s != "a"\n error_message = "A."\n}\n}\n'

_OUTPUT: Final = 'output "a" {\n value = 1\n precondition {\n condition = %s == "a"\n error_message = "A."\n}\n}\n'
_VALIDATED: Final = (
    'variable "a" {\n default = "a"\n validation {\n condition = var.a == var.x\n error_message = "A."\n}\n}\n'
)
_REMOVED: Final = "removed {\n from = aws_sqs_queue.a\n lifecycle {\n destroy = %s\n}\n}\n"


def chosen(value: str) -> str:
    """Return a queue with a value that may depend on a variable that is a text."""
    return 'variable "m" {\n type = string\n default = "0"\n}\n' + queue(f"delay_seconds = {value}")


INDIRECT: Final[dict[str, tuple[Mapping[str, str] | str, Mapping[str, str] | str, dict[str, str]]]] = {
    "a file of the module": (*files('file("${path.module}/p.json")'), _BOTH),
    "a file of the root module": (*files('file("${path.root}/p.json")'), _BOTH),
    "a file with a formatted path": (*files('file(format("%s/p.json", path.module))'), _PERMISSIONS),
    "a template": (*files('templatefile("${path.module}/p.json", {})'), _BOTH),
    "a template with values": (
        {"main.tf": _FILLED % "s3:Get*", "p.tpl": _TEMPLATE},
        {"main.tf": _FILLED % "s3:*", "p.tpl": _TEMPLATE},
        _PERMISSIONS,
    ),
    "a template in the place of a document": (
        {"main.tf": _FILLED % "s3:Get*", "p.tpl": f"{_TEMPLATE}\n"},
        {"main.tf": policy("<<EOT\n" + _TEMPLATE.replace("${action}", "s3:Get*").replace("${bucket}", "b") + "\nEOT")},
        {},
    ),
    "a template that cannot be read": (
        {"main.tf": _FILLED % "s3:Get*", "p.tpl": "%{ if }%{ endif }" + _TEMPLATE},
        {"main.tf": _FILLED % "s3:Get*", "p.tpl": "%{ if }sns:Publish%{ endif }" + _TEMPLATE},
        {**_BOTH, "policy-not-understood": "minor"},
    ),
    "a document that callers can replace": (
        _SOURCES % _READ.replace('"', '\\"'),
        _SOURCES % _ALL.replace('"', '\\"'),
        {**_PERMISSIONS, "default-changed": "major"},
    ),
    "provisioners run in another order": (
        queue(_SCRIPT % "a" + _SCRIPT % "b"),
        queue(_SCRIPT % "b" + _SCRIPT % "a"),
        {"provisioner-changed": "minor"},
    ),
    "the first constraint excludes older major versions": (
        requires(""),
        requires(">= 3.0"),
        {"provider-floor-raised": "major"},
    ),
    "the checksum of a file": (*files('filebase64sha256("${path.module}/p.json")'), _CHANGED),
    "a decoded file": (*files('jsonencode(yamldecode(file("${path.module}/p.json")))'), _BOTH),
    "a file of a child module": (*files('file("${path.module}/p.json")', _CALL, "c/"), _BOTH),
    "a file of a child module that moves": (
        reading('file("${path.module}/p.json")', _CALL, "c/"),
        reading('file("${path.module}/p.json")', _CALL.replace("./c", "./d"), "d/"),
        {},
    ),
    "a file of the module by the directory that Terraform runs in": (
        queue('policy = "${path.module}/p.json"'),
        queue('policy = "./p.json"'),
        {"argument-changed": "minor"},
    ),
    "an attribute that was null has a value that destroys": (
        switch("optional(bool)"),
        switch("optional(bool, true)"),
        {"type-default-changed": "major"},
    ),
    "an attribute that was null has a value that the module gave it": (
        switch("optional(bool)", "coalesce(var.o.off, true) ? 0 : 1"),
        switch("optional(bool, true)", "coalesce(var.o.off, true) ? 0 : 1"),
        {"type-default-changed": "patch"},
    ),
    "an attribute has no default any more": (
        switch("optional(bool, true)"),
        switch("optional(bool)"),
        {"type-default-changed": "major"},
    ),
    "an attribute that was null is a policy of AdministratorAccess": (
        attached("optional(string)"),
        attached('optional(string, "arn:aws:iam::aws:policy/AdministratorAccess")'),
        {"type-default-changed": "major"},
    ),
    "a set of a loop that leaves another element out": (
        each('toset([for a in ["x", "y"] : a if a != "z"])'),
        each('toset([for a in ["x", "y"] : a if a != "y"])'),
        {"instances-destroyed": "major"},
    ),
    "a set of a loop that makes other elements": (
        each('toset([for a in ["x", "y"] : a])'),
        each('toset([for a in ["x", "y"] : upper(a)])'),
        {"instances-destroyed": "major"},
    ),
    "a set of a loop over a variable": (
        each("toset([for a in var.s : a])"),
        each('toset([for a in var.s : a if a != "y"])'),
        {"instances-destroyed": "major"},
    ),
    "a set of the keys of a map": (
        each("toset(keys({ x = 1, y = 2 }))"),
        each("toset(keys({ x = 1 }))"),
        {"instances-destroyed": "major"},
    ),
    "a variable that is a set": (each("var.s"), each('setunion(var.s, ["z"])'), {"instances-changed": "minor"}),
    "a conditional set": (
        each('var.s != null ? toset(["x", "y"]) : toset([])'),
        each('var.s != null ? toset(["x"]) : toset([])'),
        {"instances-destroyed": "major"},
    ),
    "the same elements as a set and as a loop": (
        each('toset(["x", "y"])'),
        each('toset([for a in ["y", "x"] : a])'),
        {},
    ),
    "a local of a provider block": (
        _LOCAL + _PROVIDER % "local.x",
        _LOCAL.replace('"a"', '"b"') + _PROVIDER % "local.x",
        {"provider-configuration-changed": "minor"},
    ),
    "a default of a provider block": (*values(_PROVIDER % "var.x"), {"default-changed": "major"}),
    "a provider block of a child module": (
        {"main.tf": _CALL, "c/main.tf": _PROVIDER % '"a"'},
        {"main.tf": _CALL, "c/main.tf": _PROVIDER % '"b"'},
        {"provider-configuration-changed": "minor"},
    ),
    "a local of a provisioner": (
        _LOCAL + queue(_RUN % "local.x"),
        _LOCAL.replace('"a"', '"b"') + queue(_RUN % "local.x"),
        {"provisioner-changed": "minor"},
    ),
    "a default of a provisioner": (*values(queue(_RUN % "var.x")), {"default-changed": "major"}),
    "a local of an import block": (
        _LOCAL + _IMPORT,
        _LOCAL.replace('"a"', '"b"') + _IMPORT,
        {"not-understood": "minor"},
    ),
    "a local of a check": (
        _LOCAL + _CHECK % "local.x",
        _LOCAL.replace('"a"', '"b"') + _CHECK % "local.x",
        {"not-understood": "minor"},
    ),
    "a default of a check": (*values(_CHECK % "var.x"), {"default-changed": "major"}),
    "a removed block destroys what it kept": (
        _REMOVED % "false",
        _REMOVED % "true",
        {"removed-block-changed": "minor"},
    ),
    "a removed block keeps what it destroyed": (
        _REMOVED % "true",
        _REMOVED % "false",
        {"removed-block-changed": "minor"},
    ),
    "a removed block that kept the resource is gone": (
        _REMOVED % "false",
        "",
        {"removed-block-removed": "minor"},
    ),
    "a removed block that destroyed the resource is gone": (_REMOVED % "true", "", {}),
    "an experiment": (
        queue() + "terraform {\n}\n",
        queue() + "terraform {\n experiments = [module_variable_optional_attrs]\n}\n",
        {"not-understood": "minor"},
    ),
    "an experiment of a module without settings": (
        queue(),
        queue() + "terraform {\n experiments = [module_variable_optional_attrs]\n}\n",
        {"not-understood": "minor"},
    ),
    "a file of OpenTofu in a child module": (
        {"main.tf": _CALL, "c/main.tf": queue(), "c/more.tofu": policy('"a"')},
        {"main.tf": _CALL, "c/main.tf": queue(), "c/more.tofu": policy('"b"')},
        {"argument-changed": "minor"},
    ),
    "a text is compared with a number": (
        chosen('var.m == "0" ? 1 : 2'),
        chosen("var.m == 0 ? 1 : 2"),
        {"argument-changed": "minor"},
    ),
    "a text is not equal to a number": (
        chosen('var.m != "0" ? 1 : 2'),
        chosen("var.m != 0 ? 1 : 2"),
        {"argument-changed": "minor"},
    ),
    "a text is searched among numbers": (
        chosen('contains(["0"], var.m) ? 1 : 2'),
        chosen("contains([0], var.m) ? 1 : 2"),
        {"argument-changed": "minor"},
    ),
    "a number in JSON is a text": (
        chosen("jsonencode({ a = 5 })"),
        chosen('jsonencode({ a = "5" })'),
        {"argument-changed": "minor"},
    ),
    "a number of a provider is a text": (chosen("5"), chosen('"5"'), {}),
    "a number of a text is a text": (chosen('"a${5}"'), chosen('"a${"5"}"'), {}),
    "a local of the precondition of an output": (
        _LOCAL + _OUTPUT % "local.x",
        _LOCAL.replace('"a"', '"b"') + _OUTPUT % "local.x",
        {"not-understood": "minor"},
    ),
    "a default of the precondition of an output": (*values(_OUTPUT % "var.x"), {"default-changed": "major"}),
    "a default of the validation of another variable": (*values(_VALIDATED), {"default-changed": "major"}),
    "a file that is read is gone": (
        {"main.tf": queue('policy = file("${path.module}/a.json")'), "a.json": _READ},
        {"main.tf": queue('policy = file("${path.module}/a.json")')},
        {"file-missing": "major", "permission-removed": "minor"},
    ),
    "a file of a directory that is listed is another one": (
        {"main.tf": _LISTED, "p/a.json": "{}", "p/sub/b.json": "{}"},
        {"main.tf": _LISTED, "p/a.json": "{}", "p/sub/b.json": "[]"},
        {"file-changed": "patch"},
    ),
    "a directory whose files are counted has another one": (
        {"main.tf": _COUNTED, "p/a.json": "{}"},
        {"main.tf": _COUNTED, "p/a.json": "{}", "p/b.json": "{}"},
        {"file-added": "minor"},
    ),
    "a directory that is listed has a file more, and another one less": (
        {"main.tf": _LISTED, "p/a.json": "{}", "p/b.json": "{}"},
        {"main.tf": _LISTED, "p/a.json": "{}", "p/c.json": "{}"},
        {"file-added": "minor", "file-removed": "minor"},
    ),
    "a file of a directory that becomes an archive is another one": (
        {"main.tf": _ARCHIVE, "code/a.py": "1\n"},
        {"main.tf": _ARCHIVE, "code/a.py": "2\n"},
        {"file-changed": "patch"},
    ),
    "a template that is read is gone": (
        {"main.tf": queue('policy = templatefile("${path.module}/a.tpl", {})'), "a.tpl": "{}"},
        {"main.tf": queue('policy = templatefile("${path.module}/a.tpl", {})')},
        {"file-missing": "major", "argument-changed": "minor"},
    ),
    "a file that is read if it exists is gone": (
        {"main.tf": queue('policy = try(file("${path.module}/a.json"), null)'), "a.json": "{}"},
        {"main.tf": queue('policy = try(file("${path.module}/a.json"), null)')},
        {"argument-changed": "minor"},
    ),
    "an attribute of a block that the provider chooses is read": (
        _CLUSTER + queue("name = aws_eks_cluster.c.vpc_config[0].subnet_ids[0]"),
        _CLUSTER + queue("name = aws_eks_cluster.c.vpc_config[0].vpc_id"),
        {"may-replace": "minor"},
    ),
    "one more fallback of what may fail": (
        _ROUNDS + 'output "a" {\n value = try(var.l[0].a, var.l[0].b)\n}\n',
        _ROUNDS + 'output "a" {\n value = try(var.l[0].a, var.l[0].b, "")\n}\n',
        {"output-rewritten": "patch"},
    ),
    "another fallback of what may fail": (
        _ROUNDS + 'output "a" {\n value = try(var.l[0].a, "x")\n}\n',
        _ROUNDS + 'output "a" {\n value = try(var.l[0].a, "y")\n}\n',
        {"output-changed": "major"},
    ),
    "Terraform waits for another time": (
        _WAITS % ("{}", "10m"),
        _WAITS % ("{}", "20m"),
        {"argument-changed": "patch"},
    ),
    "Terraform waits for another time if callers change nothing": (
        _WAITS % ('{ create = "1m" }', "10m"),
        _WAITS % ('{ create = "2m" }', "10m"),
        {"default-rewritten": "patch"},
    ),
    "a fallback of what fails with some inputs of callers is gone": (
        _ROUNDS + queue('count = var.n\n kms_master_key_id = try(var.l[count.index].a, "")'),
        _ROUNDS + queue("count = var.n\n kms_master_key_id = var.l[count.index].a"),
        {"argument-changed": "minor"},
    ),
    "what would fail with the old default has another one": (
        defaulted("null") + queue('policy = var.x == null ? "a" : "b"'),
        defaulted("[]") + queue('policy = length(var.x) > 0 ? "c" : "d"'),
        {"default-changed": "minor", "argument-changed": "minor"},
    ),
    "a fallback of what fails with the default inputs is gone": (
        _OPTION + queue("policy = try(var.o.policy, null)"),
        _OPTION + queue("policy = var.o.policy"),
        {"evaluation-fails": "major"},
    ),
    "a fallback of values that are all null is gone": (
        _NULLS + queue("policy = try(coalesce(var.a, var.b), null)"),
        _NULLS + queue("policy = coalesce(var.a, var.b)"),
        {"evaluation-fails": "major"},
    ),
    "a fallback of what fails with some inputs is gone": (
        _OPTION.replace("{}", '{ policy = "a" }') + queue("policy = try(var.o.policy, null)"),
        _OPTION.replace("{}", '{ policy = "a" }') + queue("policy = var.o.policy"),
        {"argument-changed": "minor"},
    ),
    "an action is gone that another one covers": (
        _DOCUMENT % '"s3:*", "s3:GetObject"',
        _DOCUMENT % '"s3:*"',
        {"data-changed": "minor"},
    ),
    "an action is new that another one covers": (
        _DOCUMENT % '"s3:*"',
        _DOCUMENT % '"s3:*", "s3:GetObject"',
        {"data-changed": "minor"},
    ),
    "an action takes the place of one that covers it": (
        _DOCUMENT % '"s3:Get*"',
        _DOCUMENT % '"s3:GetObject"',
        {"permission-removed": "minor"},
    ),
    "an action is gone that another one covers on other resources only": (
        _DOCUMENT % '"s3:GetObject"' + _BUCKET,
        _DOCUMENT % '"sqs:*"' + _BUCKET,
        {"permission-removed": "minor", "permission-added": "minor"},
    ),
    "an output that is a set becomes a list": (
        'output "a" {\n value = toset(["a", "b"])\n}\n',
        'output "a" {\n value = ["a", "b"]\n}\n',
        {"output-type-changed": "major"},
    ),
    "an output of a list of callers becomes a set": (
        'variable "l" {\n type = list(string)\n}\noutput "a" {\n value = var.l\n}\n',
        'variable "l" {\n type = list(string)\n}\noutput "a" {\n value = toset(var.l)\n}\n',
        {"output-type-changed": "major"},
    ),
    "an output that is a list is still one": (
        'variable "l" {\n type = set(string)\n}\noutput "a" {\n value = tolist(var.l)\n}\n',
        'variable "l" {\n type = set(string)\n}\noutput "a" {\n value = sort(var.l)\n}\n',
        {"output-rewritten": "patch"},
    ),
    "nested blocks whose order counts change places": (
        _STAGES % ("a", "b"),
        _STAGES % ("b", "a"),
        {"argument-changed": "minor"},
    ),
    "nested blocks whose order does not count change places": (
        _STAGES.replace("aws_codepipeline", "aws_security_group").replace("stage", "ingress") % ("a", "b"),
        _STAGES.replace("aws_codepipeline", "aws_security_group").replace("stage", "ingress") % ("b", "a"),
        {},
    ),
}
