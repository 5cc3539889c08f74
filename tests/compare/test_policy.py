"""Is a policy what the words and the files say, and is everything else an error of one line?"""

from pathlib import Path

import pytest

from generator.compare import policy
from generator.compare.policy import Policy
from generator.errors import UsageError


def test_words_and_files_are_read_and_later_ones_win(tmp_path: Path) -> None:
    file = tmp_path / "policy.toml"
    file.write_bytes(b"\xef\xbb\xbfmodule-pin = 'major'\nbug-fix = 'patch'\ninitial-development = true\n")
    read = policy.read([str(file), "bug-fix=minor", "ceiling=major"])
    assert read == Policy(module_pin="major", bug_fix="minor", ceiling="major", initial_development=True)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("pin = 'major'", 'unknown setting "pin"; use one of provider-floor, '),
        ("module-pin = 'huge'", 'module-pin must be patch, minor or major, got "huge"'),
        ("module-pin = []", "module-pin must be patch, minor or major, got []"),
        ("initial-development = 'yes'", 'initial-development must be true or false, got "yes"'),
        ("module-pin", "expected TOML: "),
        ("a = " + "[" * 5000, "levels of nesting"),
    ],
)
def test_other_content_is_an_error(content: str, message: str, tmp_path: Path) -> None:
    file = tmp_path / "policy.toml"
    file.write_text(content)
    with pytest.raises(UsageError) as raised:
        policy.read([str(file)])
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


def test_file_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(UsageError, match=r'"nowhere\.toml": No such file'):
        policy.read(["nowhere.toml"])


@pytest.mark.parametrize(
    ("numbers", "bump"),
    [([(0, 1, 0), (0, 2, 0)], "minor"), ([(0, 9, 0), (1, 0, 0)], "major"), ([None, (0, 1, 0)], "major")],
)
def test_break_between_versions_0_y_z_needs_a_new_y(numbers: list[tuple[int, int, int] | None], bump: str) -> None:
    assert policy.for_versions(Policy(), *numbers).version_bump("major") == bump
