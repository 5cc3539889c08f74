"""Does a profile that cannot be meant say so: one line a problem, all of them, and nothing written?"""

from pathlib import Path

import pytest

from generator import cli
from generator.errors import ProfileError
from generator.profile.document import read

KEY = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"

CASES = {
    "unknown-key": ('nmae = "acme"', ['unknown key "nmae". Did you mean "name"?']),
    "unknown-feature": (
        'omit = ["replica"]',
        ['omit: unknown feature or optional variable "replica". Did you mean "replicas"?'],
    ),
    "required-variable": (
        'omit = ["name"]',
        ['omit: unknown feature or optional variable "name". Did you mean "role_name"?'],
    ),
    "unknown-variable": (
        "[variables.table_nme]\nfixed = 'orders'",
        ['variables: unknown key "table_nme". Did you mean "table_name"?'],
    ),
    "unknown-change": (
        "[variables.table_name]\ndefalt = 'orders'",
        ['variables.table_name: unknown key "defalt". Did you mean "default"?'],
    ),
    "nothing-like-it": (
        "[terraform]\nxyz = '1'",
        ['terraform: unknown key "xyz". Accepted: version.'],
    ),
    "wrong-type": ('omit = "alarms"', ['omit must be an array, not "alarms".']),
    "wrong-value-type": (
        "[variables.function_timeout]\ndefault = 'long'",
        ['variables.function_timeout.default must be a number, not "long".'],
    ),
    "boolean-for-a-number": (
        "[variables.function_timeout]\nminimum = true",
        ["variables.function_timeout.minimum must be an integer, not true."],
    ),
    "wrong-object": (
        "[variables.table_partition_key]\nfixed = { nme = 'id' }",
        [
            'variables.table_partition_key.fixed: unknown key "nme". Did you mean "name"?',
            'variables.table_partition_key.fixed: "name" is required.',
        ],
    ),
    "bad-name": ('name = "Acme Stream"', ['name must match ^[a-z][a-z0-9_]*$, not "Acme Stream".']),
    "name-with-newline": ('name = "acme\\n"', ["name must match ^[a-z][a-z0-9_]*$, not "]),
    "many-values": (
        f"[variables.function_runtime]\nallowed = {[f'python3.{number}' for number in range(1001)]}",
        ["variables.function_runtime.allowed must have at most 1,000 values, not 1,001."],
    ),
    "many-problems": (
        "[variables]\n" + "\n".join(f"table_nam{number} = {{}}" for number in range(50_000)),
        [
            *[f'variables: unknown key "table_nam{number}". Did you mean ' for number in range(20)],
            "more problems follow. Correct these first.",
        ],
    ),
    "bad-version": ('version = "1"', ["version must match "]),
    "long-written-for": (f'written_for = "{"9" * 5000}.0.0"', ["written_for must match "]),
    "bad-written-for": ('written_for = "1.x"', ["written_for must match "]),
    "bad-constraint": ('[terraform]\nversion = "newer"', ["terraform.version must match "]),
    "no-such-target": ("[provider]\ntarget = 7", ['provider.target: "7" is not 5, 6, or a version from 6.0 to 6.69.']),
    "broken-target": ('[provider]\ntarget = "6.29"', ['provider.target: "6.29" cannot plan this module: ']),
    "not-required": (
        "[variables.table_name]\nrequired = false",
        ["variables.table_name.required must be true, not false."],
    ),
    "empty-text": ('introduction = ""', ["introduction must not be empty."]),
    "fixed-at-what-is-rejected": (
        "[variables.table_class]\nfixed = 'COLD'",
        ['table_class is "COLD" (fixed): '],
    ),
    "fixed-with-what-conflicts": (
        "[variables]\nevent_source_tumbling_window_in_seconds.fixed = 60\nevent_source_parallelization_factor.fixed = 2",
        ["event_source_tumbling_window_in_seconds is 60 (fixed): "],
    ),
    "fixed-and-default": (
        "[variables.table_name]\nfixed = 'orders'\ndefault = 'sales'",
        ["variables.table_name: a fixed variable cannot have default. Remove one of them."],
    ),
    "required-and-default": (
        "[variables.table_name]\nrequired = true\ndefault = 'sales'",
        ["variables.table_name: a required variable cannot have a default. Remove one of them."],
    ),
    "default-that-is-rejected": (
        "[variables.function_timeout]\ndefault = 1000",
        ["variables.function_timeout: the module rejects its default: "],
    ),
    "default-out-of-its-own-range": (
        "[variables.function_timeout]\ndefault = 20\nminimum = 60",
        ["variables.function_timeout: the module rejects its default: "],
    ),
    "range-without-the-default": (
        "[variables.function_timeout]\nminimum = 60",
        ["variables.function_timeout: the module rejects its default: "],
    ),
    "default-that-needs-another": (
        "[variables.table_billing_mode]\ndefault = 'PROVISIONED'",
        [
            "variables.table_read_capacity: the module rejects its default: ",
            "variables.table_write_capacity: the module rejects its default: ",
        ],
    ),
    "wider-range": (
        "[variables.function_memory_size]\nmaximum = 20000",
        ["variables.function_memory_size: the range 128 to 20000 is wider than 128 to 10240, the module's own."],
    ),
    "empty-range": (
        "[variables.function_memory_size]\nminimum = 512\nmaximum = 256",
        ["variables.function_memory_size: the minimum 512 is greater than the maximum 256."],
    ),
    "allowed-that-is-rejected": (
        "[variables.function_runtime]\nallowed = ['cobol']",
        ["variables.function_runtime.allowed: "],
    ),
    "bad-pattern": (
        "[variables.name]\npattern = '('",
        ["variables.name: pattern is not a regular expression: missing ): (."],
    ),
    "no-example": (
        "[variables.name]\npattern = '^acme-'",
        ['variables.name: set an example that meets the constraints: The name value must match ^acme-. Got "orders".'],
    ),
    "bad-example": (
        "[variables.name]\npattern = '^acme-'\nexample = 'shop'",
        ['variables.name: the example is not valid: The name value must match ^acme-. Got "shop".'],
    ),
    "change-of-what-is-omitted": (
        'omit = ["alarms"]\n[variables.alarm_actions]\nrequired = true',
        ["variables.alarm_actions: it cannot be changed (alarms is omitted). Remove one of them."],
    ),
    "feature-that-another-needs": ('omit = ["vpc"]', ["omit: file_system needs vpc. Omit it too."]),
    "no-package": (
        'omit = ["existing_function", "s3_packages", "image_packages", "function_filename"]',
        ["omit: no kind of package is left. Keep one of function_filename, function_s3, function_image_uri."],
    ),
    "no-exposed-package": (
        'expose = ["name", "function_handler", "function_runtime"]',
        ["expose: no kind of package is left. Keep one of function_filename, function_s3, function_image_uri."],
    ),
    "no-destination": (
        'omit = ["sqs_destination", "sns_destination", "s3_destination"]',
        ["omit: no kind of on-failure destination is left. Omit on_failure_destination."],
    ),
    "exposed-that-does-not-exist": (
        'expose = ["name", "function_filname"]',
        ['expose: unknown variable "function_filname". Did you mean "function_filename"?'],
    ),
    "required-that-is-not-exposed": (
        'expose = ["function_filename", "function_handler", "function_runtime"]',
        ["expose: name is required. Add it, or set variables.name.fixed."],
    ),
    "exposed-and-omitted": (
        'omit = ["alarms", "dashboard"]\nexpose = ["name", "function_filename", "function_handler", "alarm_actions"]',
        ["expose: alarm_actions cannot be set (alarms is omitted). Remove one of them."],
    ),
    "exposed-and-fixed": (
        'expose = ["name", "function_filename", "function_handler"]\n[variables.name]\nfixed = "orders"',
        ["variables.name: an exposed variable cannot be fixed. Remove it from expose."],
    ),
    "exposed-without-what-it-needs": (
        'expose = ["name", "function_filename"]',
        ["function_handler is null (not exposed): ", "function_runtime is null (not exposed): "],
    ),
    "exposed-for-another-provider": (
        'expose = ["name", "function_filename", "region"]',
        ['expose: region needs provider 6.0 or newer. Set provider.target to "6".'],
    ),
    "changed-and-not-exposed": (
        'expose = ["name", "function_filename", "function_handler"]\n[variables.function_timeout]\nmaximum = 60',
        ["variables.function_timeout: it cannot be changed (not exposed). Remove one of them."],
    ),
    "tags-that-are-not-exposed": (
        'expose = ["name", "function_filename"]\n[tags]\nrequired = ["owner"]',
        ["tags: the variable tags is not exposed. Remove the table."],
    ),
    "option-of-another-choice": (
        "[variables]\nexisting_table.required = true\ntable_class.default = 'STANDARD_INFREQUENT_ACCESS'",
        ["variables.table_class: it has no effect, because existing_table is always set. Remove it."],
    ),
    "autoscaling-without-capacity": (
        'omit = ["provisioned_capacity"]\n[lifecycle]\nautoscaling = true',
        ["lifecycle.autoscaling needs table_billing_mode PROVISIONED. Remove one of them."],
    ),
    "autoscaling-that-is-not-exposed": (
        'expose = ["name", "function_filename", "table_billing_mode"]\n[lifecycle]\nautoscaling = true',
        ["lifecycle.autoscaling has no effect, because table_autoscaling is never set. Remove one of them."],
    ),
    "retained-resource-that-is-not-created": (
        '[lifecycle]\nretain = ["log_group"]\n[variables.existing_function]\nrequired = true',
        ["lifecycle.retain: log_group has no effect, because existing_function is always set. Remove it."],
    ),
    "lifecycle-of-what-is-not-created": (
        "[lifecycle]\nprevent_destroy = true\n[variables.existing_table]\nrequired = true",
        ["lifecycle.prevent_destroy has no effect, because existing_table is always set. Remove it."],
    ),
    "deployment-without-an-alias": (
        'omit = ["versions", "snap_start", "provisioned_concurrency"]\n[lifecycle]\nfunction_deployment = true',
        ["lifecycle.function_deployment has no effect, because function_alias is never set. Remove one of them."],
    ),
    "deployment-of-an-existing-function": (
        "[lifecycle]\nfunction_deployment = true\n[variables.existing_function]\nrequired = true",
        ["lifecycle.function_deployment has no effect, because existing_function is always set. Remove it."],
    ),
    "deployment-with-weights": (
        "[lifecycle]\nfunction_deployment = true\n[variables.function_alias_routing]\nfixed = { 2 = 0.1 }",
        ["variables.function_alias_routing: it cannot be changed (CodeDeploy moves the alias). Remove one of them."],
    ),
    "deployment-with-a-version": (
        (
            'expose = ["name", "function_image_uri", "function_alias", "function_alias_version"]\n'
            "[lifecycle]\nfunction_deployment = true"
        ),
        ["expose: function_alias_version cannot be set (CodeDeploy moves the alias). Remove one of them."],
    ),
    "deployment-that-is-off": (
        "[variables.function_deployment]\nrequired = true",
        ["variables: function_deployment needs lifecycle.function_deployment. Set it to true."],
    ),
    "autoscaling-that-is-off": (
        "[variables.table_autoscaling]\nrequired = true",
        ["variables: table_autoscaling needs lifecycle.autoscaling. Set it to true."],
    ),
    "variable-of-another-provider": (
        "[variables.region]\nrequired = true",
        ['variables: region needs provider 6.0 or newer. Set provider.target to "6".'],
    ),
    "user-agent-of-provider-5": (
        '[provider]\nuser_agent = ["acme"]',
        ['provider.user_agent needs version 6 of the provider. Set provider.target to "6".'],
    ),
    "tags-that-are-fixed": (
        "[tags]\nrequired = ['owner']\n[variables.tags]\nfixed = { owner = 'me' }",
        ["tags: the variable tags is fixed. Remove the table."],
    ),
    "pattern-that-backtracks": (
        f"[variables.function_description]\npattern = '^(a+)+$'\ndefault = '{'a' * 5000}!'",
        ["variables.function_description: "],
    ),
    "pattern-of-python": (
        "[variables.table_name]\npattern = '^(?=a)'",
        ["variables.table_name: pattern is not a regular expression: invalid perl operator: (?=."],
    ),
    "pattern-that-is-too-large": (
        "[variables.table_name]\npattern = '((a{1000}){1000}){1000}'",
        ["variables.table_name: pattern is not a regular expression: invalid repetition size: {1000}."],
    ),
    "default-with-a-newline": (
        '[variables.table_name]\ndefault = "acme\\n"',
        ["variables.table_name: the module rejects its default: "],
    ),
    "bad-tag-pattern": (
        "[tags]\npatterns = { owner = '[' }",
        ["tags: patterns is not a regular expression: missing ]: [."],
    ),
    "tags-without-a-fitting-example": (
        "[tags]\npatterns = { cost_center = '^[0-9]+$' }",
        [
            'variables.tags: set an example that meets the constraints: The tags.cost_center value must match ^[0-9]+$. Got "orders".'
        ],
    ),
    "several": (
        'nmae = "acme"\nomit = ["replica", "vcp"]',
        [
            'unknown key "nmae". Did you mean "name"?',
            'omit: unknown feature or optional variable "replica". Did you mean "replicas"?',
            'omit: unknown feature or optional variable "vcp". Did you mean "vpc"?',
        ],
    ),
    "several-contradictions": (
        'omit = ["vpc", "alarms"]\n[variables]\nalarm_actions.required = true\nfunction_memory_size.maximum = 20000',
        [
            "omit: file_system needs vpc. Omit it too.",
            "variables.alarm_actions: it cannot be changed (alarms is omitted). Remove one of them.",
            "variables.function_memory_size: the range 128 to 20000 is wider than 128 to 10240, the module's own.",
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
        assert line.startswith(f"Error: acme.toml: {says}"), line
        assert line.endswith((".", "?")), line
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"name = ", "expected TOML: "),
        (b'name = "a"\nname = "b"', "expected TOML: "),
        (
            b"[variables.function_timeout]\nallowed = [1, inf]",
            "variables.function_timeout.allowed[1]: expected a finite number, got inf.",
        ),
    ],
    ids=["syntax", "twice", "infinite"],
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
    assert answer == (9, ["Error: acme.toml: provider.target is 6, and --provider is 5. Remove one of them."])


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
