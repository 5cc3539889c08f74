"""Does a module lose what has no purpose when some of its variables are known, and nothing else?"""

from textwrap import dedent

import pytest

from generator.hcl.expressions import HclError
from generator.hcl.simplifier import simplify
from generator.hcl.values import known, reference
from generator.spec.types import STRING, Object

ENVIRONMENT = {
    "var.none": known(None),
    "var.yes": known(value=True),
    "var.no": known(value=False),
    "var.one": known(["a"]),
    "var.size": known(5),
    "var.object": reference("var.object", type=Object({"name": STRING}), nonnull=True),
}
MODULE = """
locals {
  # Used by the queue
  size = var.size

  queue = var.yes ? aws_sqs_queue.this[0].arn : null
  names = {
    for kind, wanted in {
      queue = "${var.name}-queue"
      alarm = "${var.name}-alarm"
      topic = "${var.name}-topic"
    } : kind => substr(wanted, 0, 80)
  }
  limits = {
    small = 1
    large = 2
  }
}

locals {
  unused = upper(local.only_unused)

  only_unused = data.aws_region.this.id
}

data "aws_region" "this" {}

# The queue
resource "aws_sqs_queue" "this" {
  # checkov:skip=CKV_AWS_27
  count = var.yes ? 1 : 0

  name        = local.names.queue
  description = local.limits.small
  kms_key_id  = var.none

  size = local.size

  dynamic "redrive" {
    for_each = var.one

    content {
      arn = redrive.value
      key = redrive.key
    }
  }

  dynamic "tag" {
    for_each = var.object[*]

    content {
      name  = tag.value.name
      value = try(tag.value.other, var.none)
    }
  }

  dynamic "nothing" {
    for_each = var.none[*]

    content {
      value = nothing.value
    }
  }

  dynamic "list" {
    for_each = var.unknown

    content {
      value = var.size
    }
  }

  lifecycle {
    precondition {
      condition     = var.yes || var.unknown
      error_message = "never"
    }
    precondition {
      condition     = var.unknown
      error_message = "sometimes"
    }
  }

  depends_on = [aws_sns_topic.this, aws_sqs_queue_policy.this]
}

resource "aws_sns_topic" "this" {
  count = var.no ? 1 : 0

  name = local.names.topic
}

resource "aws_sqs_queue_policy" "this" {
  for_each = { for name in var.one : name => name }

  queue = local.queue
  name  = each.key

  depends_on = [aws_sns_topic.this]
}

moved {
  from = aws_sqs_queue.old
  to   = aws_sqs_queue.this[0]
}

moved {
  from = aws_sns_topic.old
  to   = aws_sns_topic.this[0]
}

output "queue" {
  description = "ARN"
  value       = local.queue
}

output "topic" {
  description = "ARN"
  value       = one(aws_sns_topic.this[*].arn)
}

output "policies" {
  description = "Policies"
  value       = { for name, policy in aws_sqs_queue_policy.this : name => policy.id }
}

output "names" {
  description = "A name, and one"
  value       = [local.names.queue, local.names.alarm]
}
"""
SIMPLER = """
locals {
  queue = aws_sqs_queue.this.arn
  names = {
    for kind, wanted in {
      queue = "${var.name}-queue"
      alarm = "${var.name}-alarm"
    } : kind => substr(wanted, 0, 80)
  }
  limits = {
    small = 1
  }
}

# The queue
resource "aws_sqs_queue" "this" {
  # checkov:skip=CKV_AWS_27
  name        = local.names.queue
  description = local.limits.small

  size = 5

  redrive {
    arn = "a"
    key = 0
  }

  tag {
    name = var.object.name
  }

  dynamic "list" {
    for_each = var.unknown

    content {
      value = 5
    }
  }

  lifecycle {
    precondition {
      condition     = var.unknown
      error_message = "sometimes"
    }
  }

  depends_on = [aws_sqs_queue_policy.this]
}

resource "aws_sqs_queue_policy" "this" {
  queue = local.queue
  name  = "a"
}

moved {
  from = aws_sqs_queue.old
  to   = aws_sqs_queue.this
}

output "queue" {
  description = "ARN"
  value       = local.queue
}

output "policies" {
  description = "Policies"
  value       = { a = aws_sqs_queue_policy.this.id }
}

output "names" {
  description = "A name, and one"
  value       = [local.names.queue, local.names.alarm]
}
"""
CHANGED = ENVIRONMENT.keys()


def simplified(text: str, **others: str) -> str:
    files = simplify({"main.tf": text.lstrip("\n")}, ENVIRONMENT, CHANGED, others.values())
    return files.get("main.tf", "")


def test_module_loses_what_has_no_purpose() -> None:
    assert simplified(MODULE) == SIMPLER.lstrip("\n")


def test_simpler_module_is_as_simple_as_it_gets() -> None:
    assert simplified(SIMPLER) == SIMPLER.lstrip("\n")


def test_text_that_refers_to_nothing_known_stays_to_the_byte() -> None:
    text = dedent("""\
        resource "aws_sqs_queue" "this" {
          name = (((var.name)))
          rest = [for one in [1, 2]   : one]
          none = null
        }
        """)
    assert simplified(text) == text


@pytest.mark.parametrize(
    ("name", "left"),
    [("small", "{\n    small = 1\n  }"), ("small)\n  y = (local.limits", "{\n    small = 1\n    large = 2\n  }")],
    ids=["one-attribute", "as-a-whole"],
)
def test_object_keeps_the_attributes_that_are_used(name: str, left: str) -> None:
    text = "locals {\n  limits = {\n    small = 1\n    large = 2\n  }\n}\n\n"
    use = f'resource "a_b" "c" {{\n  x = (local.limits.{name})\n}}\n'
    assert simplified(text + use) == text.replace("{\n    small = 1\n    large = 2\n  }", left) + use


def test_other_files_keep_locals_but_not_their_own() -> None:
    text = "locals {\n  a = 1\n  b = local.c\n  c = 2\n  d = 3\n}\n"
    assert simplified(text, other="local.b") == "locals {\n  b = local.c\n  c = 2\n}\n"


def test_loop_over_one_constant_is_written_out() -> None:
    text = "locals {\n  names = { for kind, limit in { a = 1, b = 2 } : kind => substr(var.x, 0, limit) }\n}\n"
    use = 'resource "a_b" "c" {\n  x = local.names.b\n}\n'
    assert simplified(text + use) == "locals {\n  names = { b = substr(var.x, 0, 2) }\n}\n" + use


def test_file_of_which_nothing_is_left_is_no_file() -> None:
    files = simplify({"a.tf": 'resource "a_b" "c" {\n  count = var.no ? 1 : 0\n}\n', "b.tf": ""}, ENVIRONMENT, CHANGED)
    assert files == {}


def test_run_loses_assertions_without_a_question() -> None:
    text = dedent("""\
        run "all" {
          command = plan

          assert {
            condition     = var.yes
            error_message = "always"
          }
          assert {
            condition     = aws_sqs_queue.this[0].name == "a"
            error_message = "sometimes"
          }
        }
        """)
    module = 'resource "aws_sqs_queue" "this" {\n  count = var.yes ? 1 : 0\n  name  = "a"\n}\n'
    files = simplify({"main.tf": module, "all.tftest.hcl": text}, ENVIRONMENT, CHANGED)
    assert "always" not in files["all.tftest.hcl"]
    assert "    condition     = aws_sqs_queue.this.name" in files["all.tftest.hcl"]


@pytest.mark.parametrize("text", ["resource", "a {\n", "}\n", "a = [\n  1,\n"])
def test_what_is_not_formatted_is_rejected(text: str) -> None:
    with pytest.raises(HclError):
        simplified(text)
