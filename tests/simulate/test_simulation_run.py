"""Does the command ``simulate`` use its options, plans and records, and reject invalid ones?"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from generator import cli, terraform
from tests.support.planning import PACKAGE_CONTENT, TOP
from tests.terraform.machine import program

Run = Any


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Return a function that runs the command and returns its exit code, output and error output."""

    def simulate(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            cli.main(["simulate", *arguments])
        printed = capsys.readouterr()
        return int(ended.value.code or 0), printed.out, printed.err

    return simulate


def asked(run: Run, *arguments: str) -> dict[str, Any]:
    code, out, err = run(*arguments, "--json")
    assert code == 0, err
    return dict(json.loads(out))


def mapping(address: str = "module.m.aws_lambda_event_source_mapping.this", **after: Any) -> dict[str, Any]:  # noqa: ANN401
    change = {"actions": ["create"], "after": {"batch_size": 7, **after}, "after_unknown": {}}
    return {"address": address, "mode": "managed", "type": "aws_lambda_event_source_mapping", "change": change}


@pytest.fixture
def plan(tmp_path: Path) -> Any:  # noqa: ANN401
    """Return what writes a plan with some mappings and gives its path."""

    def write(*mappings: dict[str, Any]) -> str:
        file = tmp_path / "plan.json"
        file.write_text(json.dumps({"planned_values": {}, "resource_changes": list(mappings)}))
        return str(file)

    return write


def test_options_alone_are_enough(run: Run) -> None:
    options = "--records 4 --fail 2 --failure report --batch-size 4 --retries 1 --no-bisect --partial-responses"
    document = asked(run, *options.split(), "--max-age", "600")
    assert document["invocations"] == [[1, 2, 3, 4], [2, 3, 4], [2, 3, 4]]
    (discarded,) = document["on_failure"]
    assert {name: discarded[name] for name in ("condition", "approximateInvokeCount", "functionError")} == {
        "condition": "RetryAttemptsExhausted",
        "approximateInvokeCount": 2,
        "functionError": None,
    }
    assert (discarded["batchSize"], discarded["records"]) == (3, [2, 3, 4])


def test_defaults_are_those_of_the_module(run: Run) -> None:
    settings = asked(run, "--records", "1")["settings"]
    assert (settings["maximum_retry_attempts"], settings["batch_size"]) == (500, 100)


@pytest.mark.parametrize(
    ("failure", "outcome", "error"),
    [("raise", "error", "Unhandled"), ("timeout", "timeout", "Unhandled"), ("report", "reported", None)],
)
def test_each_failure_mode_has_its_outcome(run: Run, failure: str, outcome: str, error: str | None) -> None:
    document = asked(run, "--records", "1", "--fail", "1", "--failure", failure, "--retries", "0")
    assert [each["outcome"] for each in document["timeline"]] == [outcome]
    assert document["on_failure"][0]["functionError"] == error


def test_throttled_invocations_spend_no_retries(run: Run) -> None:
    document = asked(
        run, "--records", "1", "--fail", "1", "--failure", "throttle", "--retries", "0", "--failure-duration", "60"
    )
    assert document["processed"] == 1
    assert len(document["timeline"]) > 5


def test_failure_that_ends_is_recovered_from(run: Run) -> None:
    document = asked(run, "--records", "3", "--fail", "2", "--failure-duration", "30")
    assert (document["processed"], document["on_failure"]) == (3, [])


def test_records_are_lost_if_the_delivery_fails(run: Run) -> None:
    document = asked(run, "--records", "2", "--fail", "2", "--retries", "0", "--destination", "refuses")
    assert (document["lost"], document["parked"], document["on_failure"][0]["fate"]) == (1, 0, "refused")


def test_only_the_shard_of_the_failing_record_is_blocked(run: Run) -> None:
    document = asked(run, "--records", "100", "--shards", "4", "--fail", "9", "--retries", "3")
    assert len(document["blocked_seconds"]) == 1


def test_records_of_a_file_are_filtered(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "items.jsonl"
    file.write_text('{"id": {"S": "a"}}\n{"id": {"S": "b"}}\n')
    pattern = '{"dynamodb": {"NewImage": {"id": {"S": ["b"]}}}}'
    document = asked(run, "--records", str(file), "--filter", pattern)
    assert (document["invocations"], document["filtered"]) == ([[2]], 1)


def test_settings_of_a_plan_are_used_and_options_override_them(run: Run, plan: Any) -> None:  # noqa: ANN401
    file = plan(mapping(maximum_retry_attempts=3, function_response_types=["ReportBatchItemFailures"]))
    settings = asked(run, "--plan", file, "--retries", "4")["settings"]
    assert (settings["batch_size"], settings["maximum_retry_attempts"]) == (7, 4)
    assert settings["report_batch_item_failures"] is True


def test_destination_that_the_plan_creates_is_one(run: Run, plan: Any) -> None:  # noqa: ANN401
    planned = mapping(destination_config=[{"on_failure": [{}]}])
    planned["change"]["after_unknown"] = {"destination_config": [{"on_failure": [{"destination_arn": True}]}]}
    assert asked(run, "--plan", plan(planned))["settings"]["destination"] is True


def test_one_of_several_mappings_can_be_chosen(run: Run, plan: Any) -> None:  # noqa: ANN401
    file = plan(mapping("a"), mapping("b", batch_size=9))
    assert asked(run, "--plan", file, "--address", "b")["settings"]["batch_size"] == 9


@pytest.mark.parametrize(
    ("earlier", "name"), [("lasts", "failure-duration"), ("seconds", "invocation-seconds"), ("starts", "mapping-start")]
)
def test_earlier_names_of_options_and_of_the_command_are_accepted(
    capsys: pytest.CaptureFixture[str], earlier: str, name: str
) -> None:
    results = []
    for command, option in (("drill", earlier), ("simulate", name)):
        with pytest.raises(SystemExit) as ended:
            cli.main([command, "--records", "9", "--fail", "2", "--retries", "2", f"--{option}", "0.3", "--json"])
        assert ended.value.code == 0
        results.append(json.loads(capsys.readouterr().out))
    assert results[0] == results[1]
    assert results[0]["scenario"][earlier] == 0.3


def test_earlier_names_are_not_in_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["--help"], ["simulate", "--help"]):
        with pytest.raises(SystemExit):
            cli.main(arguments)
    printed = capsys.readouterr().out
    assert "simulate" in printed
    assert not any(name in printed for name in ("drill", "--lasts", "--seconds", "--starts"))


def test_page_is_written(run: Run, tmp_path: Path) -> None:
    assert run("--html", str(tmp_path / "page.html"))[0] == 0
    assert (tmp_path / "page.html").read_text().startswith("<!doctype html>")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--retries", "10001"], '--retries: "10001" is not accepted. Use -1 to 10000.'),
        (["--max-age", "59"], '--max-age: "59" is not accepted. Use -1, or 60 to 604800.'),
        (["--batch-size", "0"], '--batch-size: "0" is not accepted. Use 1 to 10000.'),
        (["--batching-window", "301"], '--batching-window: "301" is not accepted. Use 0 to 300.'),
        (["--parallelization", "11"], '--parallelization: "11" is not accepted. Use 1 to 10.'),
        (["--tumbling-window", "-1"], '--tumbling-window: "-1" is not accepted. Use 0 to 900.'),
        (["--tumbling-window", "5", "--parallelization", "2"], "parallelization_factor must be 1 with"),
        (["--filter", "nonsense"], "--filter: the pattern nonsense: line 1, column 1: expected JSON"),
        (["--longest-pause", "0"], 'longest_pause must be more than 0 seconds. Got "0".'),
        (["--fail", "101"], "--fail: record 101 does not exist. Use numbers from 1 to 100."),
        (["--fail", "two"], '--fail: "two" is not a list of record numbers. Use numbers such as 2 or 5,8-10.'),
        (["--fail", "3-2"], '--fail: "3-2" is not'),
        (["--records", "0"], '--records: "0" is out of range. Use 1 to 1000000.'),
        (["--records", "1000001"], '--records: "1000001" is out of range. Use 1 to 1000000.'),
        (["--records", "-5"], '--records: "-5" is out of range. Use 1 to 1000000.'),
        (["--records", "missing.jsonl"], '--records: "missing.jsonl" is neither a number nor a file'),
        (["--records", ""], "--records: the value is empty. Set it, or leave it out."),
        (["--rate", "0"], '--rate: "0" is out of range. Use 0.001 or more.'),
        (["--invocation-seconds", "-1"], '--invocation-seconds: "-1" is out of range. Use 0 to 86400.'),
        (["--invocation-seconds", "inf"], '--invocation-seconds: "inf" is out of range. Use 0 to 86400.'),
        (["--timeout", "1801"], '--timeout: "1801" is out of range. Use 0.001 to 1800.'),
        (["--mapping-start", "inf"], '--mapping-start: "inf" is out of range. Use 0 to 604800.'),
        (["--failure-duration", "nan"], '--failure-duration: "nan" is out of range. Use 0 or more.'),
        (["--shards", "1001"], '--shards: "1001" is out of range. Use 1 to 1000.'),
        (["--size", "0"], '--size: "0" is out of range. Use 1 to 1048576.'),
        (["--size", "9" * 400], '--size: "99999999999'),
        (["--keys", "9" * 400], '--keys: "99999999999'),
        (["--shards", "-" + "9" * 400], '--shards: "-9999999999'),
        (["--shards", "1234567890123"], '--shards: "1234567890123" is out of range. Use 1 to 1000.'),
        (["--rate", "nan"], '--rate: "nan" is out of range. Use 0.001 or more.'),
        (["--longest-pause", "nan"], 'longest_pause must be more than 0 seconds. Got "nan".'),
        (["--keys", "-1"], '--keys: "-1" is out of range. Use 0 to 1000000.'),
        (["--fail", "1-300000000"], "--fail: record 300000000 does not exist. Use numbers up to 1000000."),
        (["--address", "a"], "--address: it selects a mapping of a plan."),
        (["--plan", "missing.json"], '--plan: "missing.json": No such file or directory.'),
        (["--plan", "."], '--plan: ".": Is a directory.'),
        (["--plan", "README.md"], '--plan: "README.md": line 1, column 1: expected JSON, got "# ddb_stream_lambda'),
        (
            ["--plan", "tests/mapping/native-cases.json"],
            '"planned_values" is required. Use the output of terraform plan -out or',
        ),
        (["--plan", "a", "--mapping", "b"], "Set only one of --plan and --mapping."),
        (["--html", "missing/page.html"], '--html: cannot write "missing/page.html": No such file or directory.'),
        (["--html", "."], '--html: "." is a directory. Use the name of a file to write.'),
        (["--failure", "explode"], '"explode" is not one of'),
    ],
)
def test_bad_input_is_an_error_of_one_line(
    run: Run, arguments: list[str], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(TOP)
    code, out, err = run(*arguments)
    assert (code, out) == (3, "")
    assert err.startswith("Error: ")
    assert message in err
    assert err.count("\n") == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments",
    [
        "--records 1 --fail 1 --failure throttle --longest-pause 0.000001",
        # They run the same lines
        pytest.param("--records 300000 --batch-size 1", marks=pytest.mark.no_cover),
        pytest.param("--records 200000 --fail 1-200000 --retries 0", marks=pytest.mark.no_cover),
    ],
)
def test_simulation_with_too_many_invocations_is_rejected(run: Run, arguments: str) -> None:
    code, out, err = run(*arguments.split())
    assert (code, out) == (3, "")
    advice = "Use fewer records, larger batches, fewer retries, or longer pauses."
    assert err == f"Error: The simulation exceeds its limit of 250,000 invocations. {advice}\n"


@pytest.mark.slow
def test_simulation_that_sends_too_many_records_is_rejected(run: Run) -> None:
    whole = "--batch-size 10000 --batching-window 60 --no-bisect --longest-pause 1 --retries 200"
    _, _, err = run("--records", "100000", "--fail", "1-100000", *whole.split())
    assert "The simulation exceeds its limit of 10,000,000 records sent to the function, with repetitions." in err


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads Linux's statistics of a process")
def test_most_records_take_little_memory() -> None:
    # getrusage would count what the parent had when it forked, too
    program = """
import pathlib, re, sys
from generator.cli import main
try:
    main(sys.argv[1:])
finally:
    print(re.search(r"VmHWM:\\s+(\\d+) kB", pathlib.Path("/proc/self/status").read_text())[1], file=sys.stderr)
"""
    done = subprocess.run(
        [sys.executable, "-c", program, "simulate", "--records", "1000000", "--shards", "100"],
        cwd=TOP,
        capture_output=True,
        text=True,
        check=True,
    )
    # A list of the records as they are would take more
    assert int(done.stderr) < 400 * 1024


def test_page_that_cannot_be_written_leaves_nothing(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert run("--html", str(tmp_path / "file/page.html"))[0] == 3
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_page_replaces_an_older_one(run: Run, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("older")
    run("--html", str(tmp_path / "page.html"))
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]
    assert "</html>" in (tmp_path / "page.html").read_text()


def test_table_is_not_wrapped_where_there_is_no_terminal(run: Run) -> None:
    _, out, _ = run("--records", "3", "--fail", "2", "--retries", "0")
    assert "RetryAttemptsExhausted after 1 invocation: discarded, with an invocation record at the destination" in out


def test_mapping_of_another_source_is_rejected(run: Run, plan: Any) -> None:  # noqa: ANN401
    file = plan(mapping(event_source_arn="arn:aws:kinesis:us-east-1:123456789012:stream/s"))
    code, _, err = run("--plan", file)
    assert (code, 'The event source "arn:aws:kinesis' in err) == (3, True), err


def test_plan_without_a_mapping_is_rejected(run: Run, plan: Any) -> None:  # noqa: ANN401
    assert "has no event source mapping." in run("--plan", plan())[2]


def test_several_mappings_are_listed(run: Run, plan: Any) -> None:  # noqa: ANN401
    assert "has 2 event source mappings. Set --address to a or b." in run("--plan", plan(mapping("a"), mapping("b")))[2]


def test_unknown_address_is_rejected(run: Run, plan: Any) -> None:  # noqa: ANN401
    assert 'has no event source mapping "c". Use a.' in run("--plan", plan(mapping("a")), "--address", "c")[2]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "has no items."),
        ("{nonsense", "line 1, column 2: expected JSON"),
        ('{"id": ' * 100_000, "levels of nesting"),
        ('{"id": "a"}', 'id is "a", and not one of'),
        ('{"id": {"S": 5}}', "which does not fit its type S"),
        ('{"id": {"N": "five"}}', "which does not fit its type N"),
        ('{"tags": {"SS": []}}', "which does not fit its type SS"),
        ('[{"id": {"M": {"inner": {"X": 1}}}}]', "id.inner is"),
        ("[1]", "item 1 is not DynamoDB JSON"),
    ],
)
def test_records_that_are_no_items_are_rejected(run: Run, tmp_path: Path, content: str, message: str) -> None:
    file = tmp_path / "items.jsonl"
    file.write_text(content)
    code, _, err = run("--records", str(file))
    assert (code, message in err) == (3, True), err


def test_line_of_records_ends_with_a_newline_only(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "items.jsonl"
    file.write_text('{"id": {"S": "a\u2028b\u0085c"}}\r\n\n{"id": {"S": "d"}}')
    assert asked(run, "--records", str(file))["settings"]
    file.write_text('{"id": {"S": "a"}}\n{')
    assert "line 2" in run("--records", str(file))[2]


@pytest.fixture
def encrypted(tmp_path: Path) -> Path:
    """Return a plan that OpenTofu has encrypted, and beside it what it decrypts to."""
    (tmp_path / "decrypted").write_text(json.dumps({"planned_values": {}, "resource_changes": [mapping()]}))
    file = tmp_path / "tfplan"
    file.write_text('{"meta": {}, "encrypted_data": "YQ==", "encryption_version": "v0"}')
    return file


def _tofu(folder: Path, monkeypatch: pytest.MonkeyPatch, show: str) -> None:
    monkeypatch.setenv(terraform.BINARY_VARIABLE, str(program(folder, "tofu", "1.12.6", show, "OpenTofu")))


def test_encrypted_plan_is_read_by_opentofu(run: Run, encrypted: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _tofu(encrypted.parent, monkeypatch, "cat decrypted")
    assert asked(run, "--plan", str(encrypted))["settings"]["batch_size"] == 7


def test_encrypted_plan_that_cannot_be_decrypted_is_named(
    run: Run, encrypted: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _tofu(encrypted.parent, monkeypatch, 'echo "Error: Decryption failed" >&2; exit 1')
    code, _, err = run("--plan", str(encrypted))
    assert code == 3
    assert "of the root module in its directory, with which OpenTofu can decrypt it: " in err
    assert "Decryption failed" in err


@pytest.mark.terraform
def test_plan_in_terraforms_own_form_is_read(run: Run, tmp_path: Path) -> None:
    root = terraform.overlay(TOP / "examples/minimal", tmp_path / "copy")
    terraform.offline(root)
    package = root / "../../dist"
    if not (package / "stream_handler.zip").exists():
        package.mkdir(exist_ok=True)
        (package / "stream_handler.zip").write_bytes(PACKAGE_CONTENT)
    # The command starts the provider that is installed in the directory
    runner = terraform.Terraform(root)
    runner.init()
    runner.run("plan", "-input=false", "-out=tfplan")
    assert asked(run, "--plan", str(root / "tfplan"))["settings"]["maximum_retry_attempts"] == 500
