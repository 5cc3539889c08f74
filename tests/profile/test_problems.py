"""Does a profile that cannot be meant say so: one line a problem, all of them, and nothing written?"""

from pathlib import Path

import pytest

from generator import cli
from generator.errors import ProfileError
from generator.profile.document import read

KEY = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"

CASES = {
    "unknown-key": ('nmae = "acme"', ["nmae does not exist; did you mean name?"]),
    "unknown-feature": ('omit = ["replica"]', ["omit[0] must not be 'replica'; did you mean replicas?"]),
    "unknown-variable": (
        "[variables.table_nme]\nfixed = 'orders'",
        ["variables.table_nme does not exist; did you mean table_name?"],
    ),
    "unknown-change": (
        "[variables.table_name]\ndefalt = 'orders'",
        ["variables.table_name.defalt does not exist; did you mean default?"],
    ),
    "wrong-type": ('omit = "alarms"', ["omit must be an array, not 'alarms'"]),
    "wrong-value-type": (
        "[variables.function_timeout]\ndefault = 'long'",
        ["variables.function_timeout.default must be a number, not 'long'"],
    ),
    "wrong-object": (
        "[variables.table_partition_key]\nfixed = { nme = 'id' }",
        [
            "variables.table_partition_key.fixed.nme does not exist; did you mean name?",
            "variables.table_partition_key.fixed needs name",
        ],
    ),
    "bad-name": ('name = "Acme Stream"', ["name must match ^[a-z][a-z0-9_]*$, not 'Acme Stream'"]),
    "bad-version": ('version = "1"', ["version must match "]),
    "bad-constraint": ('[terraform]\nversion = "newer"', ["terraform.version must match "]),
    "no-such-target": ("[provider]\ntarget = 7", ["provider.target must not be 7; accepted are 5, 6"]),
    "not-required": (
        "[variables.table_name]\nrequired = false",
        ["variables.table_name.required must be true, not false"],
    ),
    "fixed-at-what-is-refused": (
        "[variables.table_class]\nfixed = 'COLD'",
        ['table_class is "COLD" (fixed): table_class must be one of STANDARD, STANDARD_INFREQUENT_ACCESS, not COLD.'],
    ),
    "fixed-beside-what-it-excludes": (
        "[variables]\nevent_source_tumbling_window_in_seconds.fixed = 60\nevent_source_parallelization_factor.fixed = 2",
        [
            "event_source_tumbling_window_in_seconds is 60 (fixed): event_source_tumbling_window_in_seconds needs event_source_parallelization_factor 1, not 2."
        ],
    ),
    "fixed-and-default": (
        "[variables.table_name]\nfixed = 'orders'\ndefault = 'sales'",
        ["variables.table_name: it is fixed, so that default would have no effect"],
    ),
    "required-and-default": (
        "[variables.table_name]\nrequired = true\ndefault = 'sales'",
        ["variables.table_name: it is required, so that a default would have no effect"],
    ),
    "default-that-is-refused": (
        "[variables.function_timeout]\ndefault = 1000",
        [
            "variables.function_timeout: its default is refused: function_timeout must be a whole number of seconds from 1 to 900, not 1000."
        ],
    ),
    "default-out-of-its-own-range": (
        "[variables.function_timeout]\ndefault = 20\nminimum = 60",
        [
            "variables.function_timeout: its default is refused: function_timeout must be a whole number of seconds from 60 to 900, not 20."
        ],
    ),
    "range-without-the-default": (
        "[variables.function_timeout]\nminimum = 60",
        [
            "variables.function_timeout: its default is refused: function_timeout must be a whole number of seconds from 60 to 900, not 30."
        ],
    ),
    "default-that-needs-another": (
        "[variables.table_billing_mode]\ndefault = 'PROVISIONED'",
        [
            "variables.table_read_capacity: its default is refused: table_read_capacity is required with ",
            "variables.table_write_capacity: its default is refused: table_write_capacity is required with ",
        ],
    ),
    "wider-range": (
        "[variables.function_memory_size]\nmaximum = 20000",
        ["variables.function_memory_size: 128 to 20000 is wider than the module's 128 to 10240"],
    ),
    "empty-range": (
        "[variables.function_memory_size]\nminimum = 512\nmaximum = 256",
        ["variables.function_memory_size: its minimum 512 is more than its maximum 256"],
    ),
    "allowed-that-is-refused": (
        "[variables.function_runtime]\nallowed = ['cobol']",
        ["variables.function_runtime.allowed: function_runtime must be a Lambda runtime such as "],
    ),
    "bad-pattern": ("[variables.name]\npattern = '('", ["variables.name.pattern: '(' is no regular expression"]),
    "no-example": (
        "[variables.name]\npattern = '^acme-'",
        ['variables.name: give an example, since the module\'s own is refused: name must match ^acme-, not "orders".'],
    ),
    "bad-example": (
        "[variables.name]\npattern = '^acme-'\nexample = 'shop'",
        ['variables.name: its example is refused: name must match ^acme-, not "shop".'],
    ),
    "change-of-what-is-omitted": (
        'omit = ["alarms"]\n[variables.alarm_actions]\nrequired = true',
        ["variables.alarm_actions: alarms is omitted, so that there is nothing to change"],
    ),
    "feature-that-another-needs": ('omit = ["vpc"]', ["omit: file_system needs vpc; omit it too"]),
    "no-package": (
        'omit = ["existing_function", "s3_packages", "image_packages", "function_filename"]',
        ["omit: no kind of package is left, and existing_function is not required"],
    ),
    "no-destination": (
        'omit = ["sqs_destination", "sns_destination", "s3_destination"]',
        ["omit: no kind of failure destination is left; omit on_failure_destination"],
    ),
    "option-of-another-choice": (
        "[variables]\nexisting_table.required = true\ntable_class.default = 'STANDARD_INFREQUENT_ACCESS'",
        ["variables.table_class: it has no effect where existing_table is always given"],
    ),
    "autoscaling-without-capacity": (
        'omit = ["provisioned_capacity"]\n[lifecycle]\nautoscaling = true',
        ["lifecycle.autoscaling needs tables with provisioned capacity, which are left out"],
    ),
    "lifecycle-of-what-is-not-created": (
        "[lifecycle]\nprevent_destroy = true\n[variables.existing_table]\nrequired = true",
        ["lifecycle.prevent_destroy has no effect where existing_table is required"],
    ),
    "autoscaling-that-is-off": (
        "[variables.table_autoscaling]\nrequired = true",
        ["variables.table_autoscaling: set lifecycle.autoscaling"],
    ),
    "variable-of-another-provider": (
        "[variables.region]\nrequired = true",
        ["variables.region: it is not offered with provider 5; set provider.target"],
    ),
    "user-agent-of-provider-5": (
        '[provider]\nuser_agent = ["acme"]',
        ["provider.user_agent needs provider.target 6: earlier providers take no provider_meta"],
    ),
    "tags-that-are-fixed": (
        "[tags]\nrequired = ['owner']\n[variables.tags]\nfixed = { owner = 'me' }",
        ["tags: fixed, so that there is nothing to require"],
    ),
    "bad-tag-pattern": (
        "[tags]\npatterns = { owner = '[' }",
        ["tags.patterns: '[' is no regular expression"],
    ),
    "tags-without-a-fitting-example": (
        "[tags]\npatterns = { cost_center = '^[0-9]+$' }",
        [
            'variables.tags: give an example, since the module\'s own is refused: tags: cost_center must match ^[0-9]+$, not "orders".'
        ],
    ),
    "several": (
        'nmae = "acme"\nomit = ["replica", "vcp"]',
        [
            "nmae does not exist; did you mean name?",
            "omit[0] must not be 'replica'; did you mean replicas?",
            "omit[1] must not be 'vcp'; did you mean vpc?",
        ],
    ),
    "several-contradictions": (
        'omit = ["vpc", "alarms"]\n[variables]\nalarm_actions.required = true\nfunction_memory_size.maximum = 20000',
        [
            "omit: file_system needs vpc; omit it too",
            "variables.alarm_actions: alarms is omitted, so that there is nothing to change",
            "variables.function_memory_size: 128 to 20000 is wider than the module's 128 to 10240",
        ],
    ),
}


def build(
    tmp_path: Path, content: str | bytes, capsys: pytest.CaptureFixture[str], *words: str
) -> tuple[int, list[str]]:
    path = tmp_path / "acme.toml"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(SystemExit) as ended:
        cli.main(["build", "--profile", str(path), "--out", str(tmp_path / "out"), *words])
    return int(ended.value.code or 0), capsys.readouterr().err.splitlines()


@pytest.mark.parametrize("case", CASES)
def test_every_problem_is_one_line_and_nothing_is_written(
    case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content, expected = CASES[case]
    code, lines = build(tmp_path, content, capsys)
    assert code == ProfileError.exit_code == 9
    assert len(lines) == len(expected), lines
    for line, says in zip(lines, expected, strict=True):
        assert line.startswith(f"Error: profile acme.toml: {says}"), line
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"name = ", "no TOML: "), (b"\xff", "not UTF-8"), (b'name = "a"\nname = "b"', "no TOML: ")],
    ids=["syntax", "encoding", "twice"],
)
def test_file_that_is_no_profile_is_one_line(
    content: bytes, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, lines = build(tmp_path, content, capsys)
    assert code == 9
    assert len(lines) == 1
    assert f"acme.toml: {says}" in lines[0]


def test_file_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(ProfileError, match=r"missing\.toml: No such file or directory"):
        read(tmp_path / "missing.toml")


def test_target_and_option_must_agree(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answer = build(tmp_path, "[provider]\ntarget = 6", capsys, "--provider", "5")
    assert answer == (9, ["Error: profile acme.toml: provider.target is 6, and --provider asks for 5."])


def test_profile_is_never_written_over_the_module(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["build", "--profile", "acme.toml"])
    assert ended.value.code == 3
    assert capsys.readouterr().err.startswith("Error: --profile: a variant is not the module in module/. Set --out")


def test_variant_is_checked_against_its_profile(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    content = 'omit = ["alarms", "dashboard"]'
    assert build(tmp_path, content, capsys)[0] == 0
    assert build(tmp_path, content, capsys, "--check")[0] == 0
    assert build(tmp_path, 'omit = ["alarms"]', capsys, "--check")[0] == 2


def test_variant_replaces_what_an_earlier_profile_wrote(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    build(tmp_path, "", capsys)
    assert (tmp_path / "out/dashboard.tf").exists()
    assert build(tmp_path, 'omit = ["dashboard"]', capsys)[0] == 0
    assert not (tmp_path / "out/dashboard.tf").exists()
