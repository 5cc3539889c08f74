"""Rules about other blocks, files that a module reads, and differences that no other rule understands."""

import posixpath
from collections.abc import Iterator, Mapping
from typing import Final

from generator.compare.context import Context
from generator.compare.findings import Finding, finding
from generator.compare.reading.configuration import Configuration
from generator.compare.reading.document import Block
from generator.compare.reading.module import ParsedModule, is_module_file
from generator.compare.rules import outputs, variables
from generator.compare.scenarios import REWRITTEN, SAME
from generator.compare.terms.files import FILE_FUNCTIONS
from generator.compare.terms.known import path_of
from generator.compare.terms.term import BLOCK, CALL, OBJECT, TEMPLATE, Term, const, entries, is_const, walk

_LIFECYCLE: Final = frozenset({"create_before_destroy", "prevent_destroy", "ignore_changes", "replace_triggered_by"})
_SHOWN: Final = 160
_SOURCE: Final = const("source_dir")


def changed_blocks(context: Context) -> Iterator[Finding]:
    """Find what changed in providers, checks, settings, and other blocks that are not resources."""
    old, new = context.old.module, context.new.module
    found = [
        *_named("check", old.checks, new.checks, ("a check only warns", "patch")),
        *_providers(old, new),
    ]
    yield from found
    told = {one.subject for one in found}
    told |= {f"output.{name}" for name in old.outputs if _preconditions(old, name) != _preconditions(new, name)}
    yield from _values(context, told)
    for block in new.imports:
        if str(block) not in map(str, old.imports):
            message = "Terraform takes import blocks in root modules only: callers get an error"
            yield finding("import-added", f"import.{block.text('to')}", message, "major", new=block.place)
    for block in old.imports:
        if str(block) not in map(str, new.imports):
            yield finding("import-removed", f"import.{block.text('to')}", "it is gone", "patch", old=block.place)
    yield from _removed(context)
    yield from _settings(old, new)
    was, now = ([inner for block in module.settings for inner in block.blocks] for module in (old, new))
    for kind in sorted({block.type for block in (*was, *now)} - {"required_providers"}):
        texts = [[str(block) for block in blocks if block.type == kind] for blocks in (was, now)]
        if texts[0] != texts[1]:
            place = next((block.place for block in now if block.type == kind), None)
            yield finding("settings-changed", f"terraform.{kind}", f"{kind} has another content", "patch", new=place)


def _named(kind: str, old: Mapping[str, Block], new: Mapping[str, Block], effect: tuple[str, str]) -> Iterator[Finding]:
    message, bump = effect
    for name in sorted(old.keys() | new.keys()):
        was, now = old.get(name), new.get(name)
        if was is None or now is None or str(was) != str(now):
            verb = "added" if was is None else "removed" if now is None else "changed"
            yield finding(
                f"{kind}-{verb}",
                f"{kind}.{name}",
                message,
                bump,
                old=was.place if was else None,
                new=now.place if now else None,
            )


def _preconditions(module: ParsedModule, name: str) -> list[str]:
    return list(map(str, module.outputs[name].of_type("precondition"))) if name in module.outputs else []


def _values(context: Context, told: set[str]) -> Iterator[Finding]:
    """Find other values in blocks that have the same text, or that stand in child modules."""
    old, new = context.old.beside, context.new.beside
    for address in sorted((old.keys() & new.keys()) - context.old.resources.keys() - told):
        if context.scenarios.verdict(old[address], new[address]).kind not in (SAME, REWRITTEN):
            rule = "provider-configuration-changed" if ".provider." in f".{address}" else "not-understood"
            yield finding(rule, address, "values that it refers to are others", "minor")


def _providers(old: ParsedModule, new: ParsedModule) -> Iterator[Finding]:
    for found in _named("provider-configuration", old.providers, new.providers, ("", "minor")):
        name = found.subject.split(".", 1)[1]
        block = (new if found.rule.endswith("added") else old).providers[name]
        if not block.blocks and set(block.arguments) <= {"alias", "version"}:
            # Before Terraform 0.15, such a block only said that callers pass the configuration
            continue
        message, bump = "resources are created with other settings of the provider", "minor"
        if found.rule.endswith("added"):
            message, bump = "callers that use count, for_each or depends_on with the module get an error", "major"
        elif found.rule.endswith("removed"):
            message, bump = "the caller's configuration of the provider is used", "major"
        yield finding(found.rule, f"provider.{name}", message, bump, old=found.old, new=found.new)


def _removed(context: Context) -> Iterator[Finding]:
    """Find ``removed`` blocks that no longer keep what was there, for callers that skip a version."""
    for address, (destroyed, place) in sorted(context.old.removed.items()):
        now = context.new.removed.get(address)
        if now is not None and now[0] != destroyed:
            verb = "destroys it and did not before" if now[0] else "no longer destroys it"
            message = f"the removed block is another one: for callers that skip a version, Terraform {verb}"
            yield finding("removed-block-changed", address, message, "minor", old=place, new=now[1])
        elif now is None and not destroyed and address not in context.new.resources:
            message = "the removed block is gone: for callers that skip a version, Terraform destroys it"
            yield finding("removed-block-removed", address, message, "minor", old=place)


def _settings(old: ParsedModule, new: ParsedModule) -> Iterator[Finding]:
    """Find arguments of the ``terraform`` block without rules of their own, such as ``experiments``."""
    places = [[block.place for block in module.settings] for module in (old, new)]
    if not any(places):
        return
    blocks = [
        Block(
            "terraform",
            (),
            [*own, *places[0], *places[1]][0],
            {name: one for block in module.settings for name, one in block.arguments.items()},
        )
        for module, own in zip((old, new), places, strict=True)
    ]
    yield from _rest("terraform", (blocks[0], blocks[1]), frozenset({"required_version"}), frozenset())


# --- files ------------------------------------------------------------------------------------------------------------


def changed_files(context: Context) -> Iterator[Finding]:
    """Find files that the module names, to read them or to run them, or whose directory it reads, that are others."""
    named, read = _paths(context.old) | _paths(context.new), _read_paths(context.new)
    below = {path for one in (context.old, context.new) for each in _directories(one) for path in one.below(each)}
    for path in sorted(named | below):
        was, now = context.old.read(path), context.new.read(path)
        if path in below - read and (was is None) != (now is None):
            verb = "has" if was is None else "no longer has"
            rule = "file-added" if was is None else "file-removed"
            yield finding(rule, path, f"the directory, which the module reads, {verb} this file", "minor")
        if was is not None and now is not None and was != now and not is_module_file(posixpath.basename(path)):
            yield finding("file-changed", path, "the module names this file, and its content is another one", "patch")
        elif was is not None and now is None and path in read:
            yield finding("file-missing", path, "the module reads this file, which does not exist any more", "major")


def _paths(configuration: Configuration) -> set[str]:
    """Return the paths in the texts of a module, as far as they are constant."""
    found: set[str] = set()
    for of in _values_of(configuration):
        for one in walk(of):
            path = path_of(one) if one.kind == TEMPLATE or is_const(one, str) else None
            if path is not None and "/" in path and len(path) < _SHOWN:
                found.add(posixpath.normpath(path))
    return found


def _directories(configuration: Configuration) -> set[str]:
    """Return the paths of directories whose files the module reads: all of ``fileset``, or an archive of them."""
    found: set[str | None] = set()
    repetitions = [one.repetition.term for one in configuration.resources.values() if one.repetition.term is not None]
    for of in (*_values_of(configuration), *repetitions):
        for one in walk(of):
            if one.kind == CALL and one.data == "fileset" and one.parts:
                found.add(path_of(one.parts[0]))
            elif one.kind in (OBJECT, BLOCK) and _SOURCE in entries(one):
                found.add(path_of(entries(one)[_SOURCE]))
    return {posixpath.normpath(path) for path in found if path}


def _read_paths(configuration: Configuration) -> set[str]:
    """Return the paths of files that functions read, where no function asks first whether they exist."""
    found: set[str] = set()
    for of in _values_of(configuration):
        calls = [one for one in walk(of) if one.kind == CALL and one.parts]
        if not any(one.data in ("try", "can", "fileexists") for one in calls):
            paths = (path_of(one.parts[0]) for one in calls if one.data in FILE_FUNCTIONS)
            found |= {posixpath.normpath(path) for path in paths if path is not None}
    return found


def _values_of(configuration: Configuration) -> list[Term]:
    return [*(resource.body for resource in configuration.resources.values()), *configuration.outputs.values()]


# --- the safety net ---------------------------------------------------------------------------------------------------


def not_understood(context: Context) -> Iterator[Finding]:
    """Find what differs in places that no rule is about."""
    old, new = context.old, context.new
    for name in sorted(old.module.variables.keys() & new.module.variables.keys()):
        blocks = old.module.variables[name], new.module.variables[name]
        yield from _rest(f"variable.{name}", blocks, variables.KNOWN, frozenset({"validation"}))
    for name in sorted(old.module.outputs.keys() & new.module.outputs.keys()):
        blocks = old.module.outputs[name], new.module.outputs[name]
        yield from _rest(f"output.{name}", blocks, outputs.KNOWN, frozenset({"precondition"}))
    for address in sorted(old.resources.keys() & new.resources.keys()):
        lifecycles = [
            next(
                iter(one.resources[address].block.of_type("lifecycle")),
                Block("lifecycle", (), one.resources[address].block.place),
            )
            for one in (old, new)
        ]
        known = frozenset({"precondition", "postcondition"})
        yield from _rest(f"{address}.lifecycle", (lifecycles[0], lifecycles[1]), _LIFECYCLE, known)
    others = [{str(block): block for block in one.module.others} for one in (old, new)]
    for text, block in others[1].items():
        if text not in others[0]:
            yield finding("not-understood", block.type, f"not understood: {text[:_SHOWN]}", "minor", new=block.place)
    for text, block in others[0].items():
        if text not in others[1]:
            yield finding(
                "not-understood", block.type, f"not understood, and gone: {text[:_SHOWN]}", "minor", old=block.place
            )


def _rest(
    subject: str, blocks: tuple[Block, Block], arguments: frozenset[str], nested: frozenset[str]
) -> Iterator[Finding]:
    """Yield the arguments and nested blocks that differ and that do not have rules of their own."""
    texts = [
        {
            **{name: " ".join(one.text.split()) for name, one in block.arguments.items() if name not in arguments},
            **{one.type: str(one) for one in block.blocks if one.type not in nested},
        }
        for block in blocks
    ]
    for name in sorted(texts[0].keys() | texts[1].keys()):
        was, now = (text.get(name, "not set") for text in texts)
        if was != now:
            message = f"not understood: it was {was[:_SHOWN]} and is {now[:_SHOWN]}"
            yield finding(
                "not-understood", f"{subject}.{name}", message, "minor", old=blocks[0].place, new=blocks[1].place
            )
