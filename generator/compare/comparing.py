"""Brings the rules together."""

import posixpath
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Final

from generator.compare.context import Context, renamed
from generator.compare.findings import BUMPS, Finding
from generator.compare.policy import Policy
from generator.compare.reading.configuration import Configuration, load
from generator.compare.reading.module import is_module_file
from generator.compare.reading.sources import Version
from generator.compare.rules.addresses import renamed_variables
from generator.compare.rules.arguments import changed_arguments
from generator.compare.rules.lifecycle import changed_lifecycles
from generator.compare.rules.modules import changed_modules
from generator.compare.rules.moves import changed_moves, moved
from generator.compare.rules.others import changed_blocks, changed_files, not_understood
from generator.compare.rules.outputs import changed_outputs
from generator.compare.rules.permissions import changed_permissions
from generator.compare.rules.resources import changed_resources
from generator.compare.rules.validations import changed_validations
from generator.compare.rules.variables import changed_variables
from generator.compare.rules.versions import changed_versions
from generator.errors import ModuleError

_RULES: Final[tuple[Callable[[Context], Iterator[Finding]], ...]] = (
    changed_variables,
    changed_validations,
    changed_outputs,
    changed_versions,
    changed_resources,
    changed_arguments,
    changed_lifecycles,
    changed_modules,
    changed_permissions,
    changed_blocks,
    changed_moves,
    changed_files,
    not_understood,
)
_LISTED: Final = 5
"""Most submodules that a note names."""

_PERMISSIONS: Final = ("permission-", "principal-", "deny-")
_POLICIES: Final = ("policy", "assume_role_policy", "inline_policy", "statement", "access_policies")
"""Arguments that hold the statements of a policy."""


@dataclass
class Comparison:
    """What a comparison found, the modules that it compared, and what a reader must know of it."""

    findings: list[Finding]
    modules: list[str]
    notes: list[str] = field(default_factory=list)


def compare(old: Version, new: Version, policy: Policy | None = None, *, recursive: bool = False) -> Comparison:
    """Return what a new version of a module changes, what breaks most first.

    ``recursive`` compares the modules below this one, too. A repository that holds only such modules always has them
    compared.

    Raises:
        ModuleError: a file cannot be read.
    """
    policy = policy or Policy()
    roots = [is_module(version, version.directory) for version in (old, new)]
    if not any(roots) or recursive:
        return _recursive(old, new, policy, root=any(roots))
    if not all(roots):
        bare = (old, new)[roots.index(False)]
        raise ModuleError(f"{bare.name}: there is no module at its root; pass --recursive to compare its submodules")
    return Comparison(compare_module(old, new, policy), ["."], _not_compared(old, new))


def _not_compared(old: Version, new: Version) -> list[str]:
    """Return a note if submodules differ, which others may call without the root module."""
    texts = [_texts_of_submodules(version) for version in (old, new)]
    names = {posixpath.dirname(path) for path, _ in texts[0].items() ^ texts[1].items()}
    if not names:
        return []
    listed = ", ".join(sorted(names)[:_LISTED])
    more = f", and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return [f"Not compared: submodules that differ ({listed}{more}). To compare them, pass --recursive."]


def _texts_of_submodules(version: Version) -> dict[str, bytes | None]:
    """Return the files of the modules below ``modules/``, by their paths from the root module."""
    if not any(one.startswith("modules/") for one in version.submodules()):
        return {}
    top = posixpath.join(version.directory, "modules")
    paths = {f"modules/{path}" for path in version.files.below(top) if is_module_file(posixpath.basename(path))}
    called = {path for path in paths if posixpath.dirname(path) in version.submodules()}
    return {path: version.files.read(posixpath.join(version.directory, path)) for path in called}


def is_module(version: Version, directory: str) -> bool:
    """Return whether a directory of a version contains files of a module."""
    return any(map(is_module_file, version.files.names(directory)))


def _recursive(old: Version, new: Version, policy: Policy, *, root: bool) -> Comparison:
    before, after = old.submodules(), new.submodules()
    findings: list[Finding] = []
    modules: list[str] = []
    pairs = [("", "")] if root else []
    for directory in sorted(before | after):
        if directory not in after:
            message = "callers whose source names it get an error"
            findings.append(Finding(rule="submodule-removed", subject=directory, message=message, bump="major"))
        elif directory not in before:
            findings.append(Finding(rule="submodule-added", subject=directory, message="it is new", bump="minor"))
        else:
            pairs.append((directory, directory))
    for directory, _ in pairs:
        one, other = (
            replace(version, directory="/".join(part for part in (version.directory, directory) if part))
            for version in (old, new)
        )
        modules.append(directory or ".")
        findings += [replace(finding, module=directory) for finding in compare_module(one, other, policy)]
    notes = [] if root else [f"There is no module at the root: compared {len(modules)} submodules."]
    return Comparison(sorted(findings, key=_order), modules, notes)


def compare_module(old: Version, new: Version, policy: Policy) -> list[Finding]:
    """Return what one module changes, as Terraform reads it, and as OpenTofu does if it has files of its own.

    Raises:
        ModuleError: a file cannot be read.
    """
    for_terraform = [
        any(name.endswith((".tf", ".tf.json")) for name in version.files.names(version.directory))
        for version in (old, new)
    ]
    terraform = all(for_terraform)
    try:
        found = _compare(old, new, policy, tofu=False) if terraform else []
        if for_terraform == [True, False]:
            message = "all of its files are for OpenTofu (*.tofu): callers that use Terraform get an error"
            found.append(Finding(rule="terraform-dropped", subject="terraform", message=message, bump="major"))
        # OpenTofu may have files of its own in a local child module only
        if any(path.endswith((".tofu", ".tofu.json")) for version in (old, new) for path in version.files.paths()):
            known = {(one.rule, one.subject, one.message) for one in found}
            for one in _compare(old, new, policy, tofu=True):
                if (one.rule, one.subject, one.message) not in known:
                    found.append(replace(one, message=f"OpenTofu: {one.message}") if terraform else one)
    except RecursionError:
        raise ModuleError(f"{old.name}, {new.name}: a value refers to others over too many levels") from None
    return sorted(found, key=_order)


def _compare(old: Version, new: Version, policy: Policy, *, tofu: bool) -> list[Finding]:
    before, after = _load(old, tofu=tofu), _load(new, tofu=tofu)
    names = renamed_variables(before, after)
    addresses = moved(before, after)
    after = renamed(after, {new: old for old, new in addresses.items()}, {new: old for old, new in names.items()})
    context = Context(before, after, policy, addresses, names)
    findings = {finding: None for rule in _RULES for finding in rule(context)}
    told = {finding.subject for finding in findings if finding.rule.startswith(_PERMISSIONS)}
    return [finding for finding in findings if not _is_policy(finding, told)]


def _load(version: Version, *, tofu: bool) -> Configuration:
    try:
        return load(version.files, version.directory, tofu=tofu)
    except ModuleError as error:
        # Files of the two versions have the same names
        text, of = str(error), ", ".join(filter(None, (version.name, version.directory)))
        raise ModuleError(text if text.startswith(version.name) else f"{of}: {text}") from None


def _is_policy(finding: Finding, told: set[str]) -> bool:
    """Return whether a finding is that a policy changed, which the permissions in it say better."""
    changed = finding.rule in ("argument-changed", "argument-added", "argument-removed", "data-changed")
    place = next((one for one in told if finding.subject.startswith(f"{one}.")), None)
    return changed and place is not None and finding.subject[len(place) + 1 :].split(".")[0] in _POLICIES


def _order(finding: Finding) -> tuple[object, ...]:
    return (
        -BUMPS.index(finding.bump),
        not finding.security,
        finding.module,
        finding.subject,
        finding.rule,
        finding.message,
    )
