"""Numbers with their units, and a console that a program can read."""

import io

import pytest

from generator.console import WIDTH, console, count, duration


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0, "0 s"),
        (0.25, "0.25 s"),
        (59.4, "59.4 s"),
        (60, "1 min"),
        (61, "1 min 1 s"),
        (3600, "1 h"),
        (3661, "1 h 1 min"),
        (86_399.6, "1 d"),
        (86_400, "1 d"),
        (86_401, "1 d 1 s"),
        (97_200, "1 d 3 h"),
        (1_209_600, "14 d"),
    ],
)
def test_duration_has_its_two_largest_units(seconds: float, expected: str) -> None:
    assert duration(seconds) == expected


@pytest.mark.parametrize(("number", "expected"), [(0, "0 items"), (1, "1 item"), (1200, "1,200 items")])
def test_count_agrees_with_its_noun(number: int, expected: str) -> None:
    assert count(number, "item") == expected


def test_lines_are_not_folded_when_output_is_not_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    monkeypatch.setattr("sys.stdout", out := io.StringIO())
    console().print("x " * (WIDTH // 2 - 1))
    assert out.getvalue().count("\n") == 1


def test_standard_error_is_used_when_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    console(stderr=True).print("here")
    assert capsys.readouterr() == ("", "here\n")
