"""Do the pages name the present version, and the versions that are supported?"""

import calendar
import re
from datetime import date

from generator import __version__
from tests.support.planning import TOP

NAMED = re.compile(r"(?:ddb_stream_lambda-|ddb-stream-lambda:|layout:|\?tag=|`v)(\d+\.\d+\.\d+)")
RELEASES = [
    (tuple(map(int, version.split("."))), date.fromisoformat(day))
    for version, day in re.findall(r"^## \[([\d.]+)\] - (\S+)$", (TOP / "CHANGELOG.md").read_text(), re.MULTILINE)
]


def test_pages_name_the_archives_and_tags_of_this_version() -> None:
    pages = [TOP / "README.md", *(TOP / "docs").rglob("*.md")]
    named = {page.relative_to(TOP).as_posix(): {*NAMED.findall(page.read_text())} for page in pages}
    found = {page: versions for page, versions in named.items() if versions}
    assert {"README.md", "docs/releases.md"} <= set(found)
    assert {page: versions for page, versions in found.items() if versions != {__version__}} == {}


def test_newest_release_is_this_version() -> None:
    assert ".".join(map(str, max(RELEASES)[0])) == __version__


def six_months_after(day: date) -> date:
    """Return the same day six months later, or the last one of a shorter month."""
    year, month = day.year + (day.month > 6), (day.month + 5) % 12 + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def test_supported_versions_are_those_of_the_releases() -> None:
    newest = max(RELEASES)[0]
    lines = [f"| {newest[0]}.{newest[1]}, the newest minor version of the newest major version | yes |"]
    if before := [version for version, _ in RELEASES if version[0] < newest[0]]:
        last = max(before)
        first, day = min((version, day) for version, day in RELEASES if version[0] == newest[0])
        lines.append(
            f"| {last[0]}.{last[1]}, the newest minor version of the major version before it | until "
            f"{six_months_after(day)}, six months after {'.'.join(map(str, first))} |"
        )
    assert "\n".join([*lines, "| others | no |"]) in (TOP / "SECURITY.md").read_text()
