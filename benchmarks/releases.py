"""``python -m benchmarks.releases DIR...``: what ``diff`` finds in the releases of public modules.

Each DIR is a clone of a repository with tags such as ``v1.2.3``. Consecutive releases are compared, and a matrix shows
the bumps that the maintainers chose against the bumps that ``diff`` asks for. ``--labels`` names a file with judgments
of releases, in Markdown rows such as ``| owner/name | v1.2.0 T, v1.3.0 F |``: T means that callers break, P that a
policy decides, B a bug fix, F a false alarm, U undecided.
"""

import posixpath
import re
import subprocess
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click

from generator.compare.comparing import compare, is_module
from generator.compare.findings import BUMPS, Finding, largest
from generator.compare.reading.sources import Version, at_revision
from generator.errors import ModuleError

_TAG: Final = re.compile(r"v?(\d+)\.(\d+)\.(\d+)")
_ROW: Final = re.compile(r"^\|\s*([\w.-]+/[\w.-]+)[^|]*\|([^|]+)\|", re.MULTILINE)
_LABEL: Final = re.compile(r"(v?\d+\.\d+\.\d+)\s+([TPBFU])")
_ACTION: Final = re.compile(r'"([a-z][a-z0-9-]*:[A-Z]\w*\*?)"')
_COMMENT: Final = re.compile(r"^\s*(?:#|//).*$", re.MULTILINE)
_PERMISSIONS: Final = ("permission-", "principal-", "deny-")
_LABELS: Final = "TPBFU"
_INITIAL: Final = "0.y"


@dataclass(frozen=True)
class Release:
    """A release that was compared with the one before it."""

    repository: str
    tag: str
    chosen: str
    findings: tuple[Finding, ...]
    seconds: float
    adds_actions: bool

    @property
    def bump(self) -> str:
        """The bump that ``diff`` asks for."""
        return largest(self.findings)

    @property
    def contradicts(self) -> bool:
        """Whether ``diff`` asks for major, and the maintainers chose less."""
        return self.bump == "major" != self.chosen

    @property
    def is_policy(self) -> bool:
        """Whether a policy decided about every finding that asks for major."""
        return all(finding.policy for finding in self.findings if finding.bump == "major")

    @property
    def reports_permissions(self) -> bool:
        """Whether a finding is about permissions."""
        return any(finding.rule.startswith(_PERMISSIONS) for finding in self.findings)


def _tags(repository: Path) -> list[str]:
    """Return the tags of releases, oldest first, without pre-releases."""
    done = subprocess.run(
        ["git", "-C", str(repository), "tag", "--list"],  # noqa: S607
        capture_output=True,
        text=True,
        check=True,
    )
    tags = {tuple(map(int, match.groups())): match[0] for match in map(_TAG.fullmatch, done.stdout.split()) if match}
    return [tags[number] for number in sorted(tags)]


def _chosen(old: str, new: str) -> str:
    """Return the bump between two versions.

    In 0.y.z, a new y may break (https://semver.org, item 4) or not: it is ``0.y``, and a new z counts as minor.
    """
    before, after = (tuple(map(int, re.findall(r"\d+", tag))) for tag in (old, new))
    index = next(number for number, (one, other) in enumerate(zip(before, after, strict=True)) if one != other)
    parts = ("major", _INITIAL, "minor") if after[0] == 0 else ("major", "minor", "patch")
    return parts[index]


def _actions(version: Version) -> set[str]:
    """Return the IAM actions that the text of a module mentions outside of comments."""
    directories = {version.directory} if is_module(version, version.directory) else version.submodules()
    paths = [posixpath.join(one, name) for one in directories for name in version.files.names(one)]
    texts = [(version.files.read(path) or b"").decode("utf-8", "replace") for path in paths if path.endswith(".tf")]
    return {action for text in texts for action in _ACTION.findall(_COMMENT.sub("", text))}


def _releases(repository: Path, newest: int, labels: Mapping[str, str], *, recursive: bool) -> Iterator[Release]:
    """Compare the newest releases of a repository, and older ones that have labels, each with the one before it."""
    pairs = list(zip(tags := _tags(repository), tags[1:], strict=False))
    for number, (old, new) in enumerate(pairs):
        before, after = at_revision(repository, old), at_revision(repository, new)
        if (number < len(pairs) - newest and new not in labels) or before is None or after is None:
            continue
        start = time.process_time()
        try:
            findings = compare(before, after, recursive=recursive).findings
        except ModuleError as error:
            click.echo(f"Warning: {repository} {new} was not compared: {error}", err=True)
            continue
        seconds = time.process_time() - start
        adds = bool(_actions(after) - _actions(before))
        yield Release(str(repository), new, _chosen(old, new), tuple(findings), seconds, adds)


def _labels(text: str) -> dict[str, dict[str, str]]:
    """Return the labels of releases by repository and tag."""
    return {row[1]: dict(_LABEL.findall(row[2])) for row in _ROW.finditer(text)}


def _labels_of(repository: Path, labels: Mapping[str, Mapping[str, str]]) -> Mapping[str, str]:
    """Return the labels of the repository whose name is in the path of a clone."""
    for name, found in labels.items():
        if re.search(rf"(?<![\w-]){re.escape(name.split('/')[1])}(?![\w-])", str(repository.resolve())):
            return found
    return {}


def _matrix(releases: list[Release]) -> Iterator[str]:
    """Yield the lines of the matrix of chosen bumps and found bumps."""
    counts = Counter((release.chosen, release.bump) for release in releases)
    yield f"{'chosen / diff':<14}" + "".join(f"{bump:>8}" for bump in BUMPS)
    for chosen in (*BUMPS, _INITIAL):
        yield f"{chosen:<14}" + "".join(f"{counts[chosen, bump]:>8}" for bump in BUMPS)


def _summary(releases: list[Release], labeled: Mapping[tuple[str, str], str]) -> Iterator[str]:
    """Yield the figures below the matrix."""
    declared = [release for release in releases if release.chosen == "major"]
    smaller = [release for release in releases if release.chosen in ("patch", "minor")]
    adding = [release for release in releases if release.adds_actions]
    times = [release.seconds for release in releases]
    yield f"declared majors with a major finding: {_part(declared, [one.bump == 'major' for one in declared])}"
    yield f"releases below major with a major finding: {_part(smaller, [one.bump == 'major' for one in smaller])}"
    yield f"added IAM actions reported: {_part(adding, [one.reports_permissions for one in adding])}"
    yield f"processor time: mean {sum(times) / max(len(times), 1):.2f} s, maximum {max(times, default=0):.2f} s"
    yield from _contradictions(releases, labeled)
    for label in _LABELS:
        found = [one for one in releases if labeled.get((one.repository, one.tag)) == label]
        if found:
            yield f"label {label} with a major finding: {_part(found, [one.bump == 'major' for one in found])}"


def _contradictions(releases: list[Release], labeled: Mapping[tuple[str, str], str]) -> Iterator[str]:
    """Yield how many of the releases about which ``diff`` and the maintainers differ are breaks, or a policy's."""
    contradicted = [(one, labeled.get((one.repository, one.tag), "U")) for one in releases if one.contradicts]
    judged = [(one, label) for one, label in contradicted if label != "U"]
    if judged:
        right = sum(label in "TP" or one.is_policy for one, label in judged)
        yield (
            f"contradicted releases that are right or a policy: {right} of {len(judged)} ({right / len(judged):.1%}), "
            f"and {len(contradicted) - len(judged)} without a judgment"
        )


def _part(releases: list[Release], hits: list[bool]) -> str:
    return f"{sum(hits)} of {len(releases)}"


@click.command()
@click.argument("repositories", metavar="DIR...", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--newest", default=40, show_default=True, help="Number of releases of each repository to compare.")
@click.option("--labels", type=click.Path(exists=True, path_type=Path), help="File with judgments of releases.")
@click.option("--recursive", is_flag=True, help="Compare the modules in subdirectories, too.")
@click.option("--verbose", is_flag=True, help="Print the largest findings of each release with a label or a break.")
def main(repositories: tuple[Path, ...], newest: int, labels: Path | None, *, recursive: bool, verbose: bool) -> None:
    """Compare the consecutive releases of public modules, each with the release before it."""
    judgments = _labels(labels.read_text("utf-8")) if labels else {}
    releases: list[Release] = []
    labeled: dict[tuple[str, str], str] = {}
    for repository in repositories:
        own = _labels_of(repository, judgments)
        releases += _releases(repository, newest, own, recursive=recursive)
        labeled |= {(str(repository), tag): label for tag, label in own.items()}
    for release in releases if verbose else ():
        label = labeled.get((release.repository, release.tag), "")
        if label or release.contradicts or (release.chosen == "major" != release.bump):
            click.echo(f"{release.repository} {release.tag} {label}: chosen {release.chosen}, found {release.bump}")
            for finding in release.findings:
                if finding.bump == release.bump == "major":
                    click.echo(f"    {finding.rule} {finding.subject}: {finding.message}")
    click.echo("\n".join([*_matrix(releases), *_summary(releases, labeled)]))


if __name__ == "__main__":
    main()
