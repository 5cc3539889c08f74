"""Is every statement of a policy in a text read, and is a policy that cannot be read a security finding?"""

import pytest

from tests.compare.pairs import TOPIC
from tests.compare.versions import findings, rules

HEREDOC = """
variable "bucket" {}
resource "aws_iam_policy" "p" {
  policy = <<-EOT
    {
      "Version": "2012-10-17",
      "Statement": [{"Effect": "Allow", "Action": ["s3:GetObject"%s], "Resource": "arn:aws:s3:::${var.bucket}/%s*"}]
    }
  EOT
}
"""


@pytest.mark.parametrize(
    ("more", "prefix", "expected"),
    [
        (', "s3:PutObject"', "a/", {"permission-added": "minor"}),
        (', "*"', "a/", {"permission-added": "minor"}),
        ("", "", {"permission-widened": "minor"}),
        ("", "a/b/", {"permission-narrowed": "minor"}),
    ],
)
def test_policy_in_a_heredoc_is_read(more: str, prefix: str, expected: dict[str, str]) -> None:
    assert rules(HEREDOC % ("", "a/"), HEREDOC % (more, prefix)) == expected


STATEMENT = '{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}'
OTHER = '{"Effect": "Allow", "Action": "sns:Publish", "Resource": "arn:aws:sns:::t"}'
OPTIONS = 'variable "on" {\n type = bool\n}\nvariable "names" {\n type = list(string)\n default = []\n}\n'


@pytest.mark.parametrize(
    "items",
    [
        "%{ if var.on }@%{ endif }",
        "%{ if var.on }&%{ else }@%{ endif }",
        "&%{ if var.on ~},\n@%{~ endif }",
        "%{ if var.on ~}\n@,\n%{ endif ~}\n&",
        "%{ for name in var.names }@,%{ endfor }&",
        "%{ for i, name in var.names ~}\n%{ if i > 0 },%{ endif }@%{ endfor }",
        "%{ if var.on }&%{ else }%{ for i, name in var.names }@%{ if i < 2 },%{ endif }%{ endfor }%{ endif }",
        "%{ if var.on }%{ if length(var.names) > 0 }&%{ else }@%{ endif }%{ else }&%{ endif }",
        '${ var.on ? <<IN\n@\nIN\n : "" }',
    ],
)
@pytest.mark.parametrize(
    "value", ["<<-EOT\n    %s\n  EOT", 'templatefile("p.tpl", { on = var.on, names = var.names })']
)
def test_every_branch_of_a_policy_with_directives_is_read(items: str, value: str) -> None:
    document = f'{{"Version": "2012-10-17", "Statement": [{items.replace("&", OTHER)}]}}'
    file = value.startswith("templatefile")
    argument = value if file else value % document

    def version(statement: str) -> dict[str, str]:
        main = OPTIONS + f'resource "aws_iam_policy" "p" {{\n  policy = {argument}\n}}\n'
        return {
            "main.tf": main.replace("@", statement),
            "p.tpl": document.replace("var.", "").replace("@", statement),
        }

    found = findings(
        version(STATEMENT), version(STATEMENT.replace("s3:GetObject", "*").replace("arn:aws:s3:::b/*", "*"))
    )
    assert [(one.message, one.security) for one in found if one.rule.startswith("permission-added")] == [
        ("* is allowed on *", True)
    ]


def test_action_with_a_directive_is_read() -> None:
    text = OPTIONS + HEREDOC % ("%s", "")
    found = findings(text % "", text % '%{ if var.on }, "iam:*"%{ endif }')
    assert [(one.rule, one.security) for one in found] == [("permission-added", True)]


def test_policy_with_a_constant_directive_is_that_without_it() -> None:
    text = 'resource "aws_iam_policy" "p" {\n  policy = <<-EOT\n    {"Statement": [%s]}\n  EOT\n}\n'
    assert findings(text % STATEMENT, text % f"%{{ if true }}{STATEMENT}%{{ else }}{OTHER}%{{ endif }}") == []


@pytest.mark.parametrize(
    "value",
    [
        '<<EOT\n%{ if }{"Statement": [{"Effect": "Allow", "Action": "@", "Resource": "*"}]}\nEOT\n',
        '<<EOT\n{"Statement": [{"Effect": "Allow", "Action": "@", ${var.a} "Resource": "*"}]}\nEOT\n',
        'jsonencode(yamldecode(<<EOT\nStatement:\n  - Effect: Allow\n    Action: "@"\n    Resource: "*"\nEOT\n))',
        'jsonencode({ Statement = [{ Effect = "Allow", Action = "%{ while true }@", Resource = "*" }] })',
    ],
)
def test_policy_that_cannot_be_read_is_a_security_finding(value: str) -> None:
    text = f'variable "a" {{}}\nresource "aws_iam_policy" "p" {{\n policy = {value}\n}}\n'
    old, new = text.replace("@", "s3:GetObject"), text.replace("@", "*")
    assert [one.rule for one in findings(old, new) if one.security] == ["policy-not-understood"]
    assert not any(one.security for one in findings(old, old + TOPIC))


@pytest.mark.parametrize(
    "document",
    [
        'jsonencode({ Statement = [{ Effect = @, Action = "s3:*", Resource = "*" }] })',
        '"{\\"Statement\\": [{\\"Effect\\": \\"${@}\\", \\"Action\\": \\"s3:*\\", \\"Resource\\": \\"*\\"}]}"',
    ],
)
def test_effect_that_callers_choose_is_both(document: str) -> None:
    text = f'{OPTIONS}resource "aws_iam_policy" "p" {{\n policy = {document}\n}}\n'
    effects = ('"Deny"', 'var.on ? "Allow" : "Deny"', '"Allow"')
    deny, either, allow = (text.replace("@", effect) for effect in effects)
    assert [one.rule for one in findings(deny, either) if one.security] == ["permission-added"]
    assert [one.rule for one in findings(either, allow) if one.security] == ["deny-removed"]
    assert {one.rule for one in findings(allow, either)} == {"deny-added"}


def test_same_policy_as_text_and_as_object_is_rewritten() -> None:
    text = 'variable "b" {}\nresource "%s" "p" {\n policy = %s\n}\n'
    heredoc = (
        '<<EOT\n{"Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::${var.b}/*"}]}\nEOT\n'
    )
    encoded = (
        'jsonencode({ Statement = [{ Resource = "arn:aws:s3:::${var.b}/*", Effect = "Allow", Action = "s3:*" }] })'
    )
    for old, new in ((heredoc, encoded), (encoded, heredoc)):
        assert rules(text % ("aws_iam_policy", old), text % ("aws_iam_policy", new)) == {"argument-rewritten": "patch"}
        other = new.replace("s3:*", "s3:Get*")
        assert "argument-rewritten" not in rules(text % ("aws_iam_policy", old), text % ("aws_iam_policy", other))
    assert rules(text % ("acme_thing", heredoc), text % ("acme_thing", encoded)) == {"argument-changed": "minor"}
