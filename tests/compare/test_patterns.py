"""Is a regular expression that accepts more told from one that accepts less, or something else?"""

import pytest

from tests.compare.versions import rules

VARIABLE = 'variable "a" {\n validation {\n condition = %s\n error_message = "A."\n}\n}'


def changed(old: str, new: str, condition: str = 'can(regex("%s", var.a))') -> dict[str, str]:
    return rules(VARIABLE % (condition % old), VARIABLE % (condition % new))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("^a$", "^(a|b)$"),
        ("^[a-z]{1,64}$", "^[a-z-]{1,64}$"),
        ("^[a-z]{1,64}$", "^[a-z]{1,128}$"),
        ("^arn:aws:sqs:[0-9]{12}$", "^arn:aws[a-z-]*:(sqs|sns):[0-9]{12}$"),
        ("^[^:@]+$", "^[^@]+$"),
        ("^a.+$", "^a.*$"),
        (r"^\\d+$", r"^\\w+$"),
        ("^a(b|c)?$", "^a[bcd]?$"),
        ("^a", "a"),
    ],
)
def test_more_is_a_patch_and_less_is_major(old: str, new: str) -> None:
    assert changed(old, new) == {"validation-loosened": "patch"}
    assert changed(new, old) == {"validation-changed": "major"}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("^a$", "^b$"),
        ("^[a-z]$", "^[b-z0]$"),
        ("^[a-z]{2,9}$", "^[a-z]{3,99}$"),
        ("^(a|b|c)$", "^(a|b|d|e)$"),
        (r"^\\pL$", r"^\\pN$"),
        ("^(?i)a$", "^(?i)(a|b)$"),
    ],
)
def test_what_accepts_something_else_or_is_not_understood_is_major(old: str, new: str) -> None:
    assert changed(old, new) == {"validation-changed": "major"}


def test_pattern_that_must_not_match_is_not_loosened_by_matching_more() -> None:
    assert changed("^a$", "^(a|b)$", '!can(regex("%s", var.a))') == {"validation-changed": "major"}


def test_pattern_with_a_value_and_for_each_element_is_compared() -> None:
    condition = 'length(var.a) < 5 && alltrue([for one in var.a : can(regex("^%s:${data.aws_region.r.name}$", one))])'
    assert changed("a", "[ab]", condition) == {"validation-loosened": "patch"}
    assert changed("[ab]", "a", condition) == {"validation-changed": "major"}


def test_another_condition_beside_the_pattern_is_no_loosening() -> None:
    old, new = 'can(regex("^a$", var.a)) && var.b', 'can(regex("^[ab]$", var.a)) && var.c'
    assert rules(VARIABLE % old, VARIABLE % new) == {"validation-changed": "major"}
