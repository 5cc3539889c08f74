"""Which resources and variables of two versions are the same under another name."""

from difflib import SequenceMatcher
from typing import Final

from generator.compare.reading.configuration import Configuration, Resource
from generator.compare.reading.document import Block
from generator.compare.terms.term import entries

RENAME_SIMILARITY: Final = 0.6
"""Part of the descriptions, or of the arguments, that are the same if one name is taken for the other's new one."""


def similar_resources(old: Configuration, new: Configuration) -> dict[str, str]:
    """Guess which resources have another address: those of one type with most arguments the same."""
    found: dict[str, str] = {}
    come = [address for address in sorted(new.resources) if address not in old.resources]
    for address in sorted(old.resources.keys() - new.resources.keys()):
        gone = old.resources[address]
        best, likeness = "", RENAME_SIMILARITY
        for other in come:
            here = new.resources[other]
            if (here.mode, here.type) != (gone.mode, gone.type) or other in found.values() or gone.mode != "resource":
                continue
            alike = _likeness(gone, here)
            if alike >= likeness:
                best, likeness = other, alike
        if best:
            found[address] = best
    return found


def _likeness(one: Resource, other: Resource) -> float:
    arguments, others = (set(entries(resource.body).items()) for resource in (one, other))
    return len(arguments & others) / max(len(arguments | others), 1)


def renamed_variables(old: Configuration, new: Configuration) -> dict[str, str]:
    """Guess which removed variables have a new name: type, default and most of the description are the same."""
    found: dict[str, str] = {}
    for name in sorted(old.module.variables.keys() - new.module.variables.keys()):
        gone = old.module.variables[name]
        for other in sorted(new.module.variables.keys() - old.module.variables.keys() - set(found.values())):
            here = new.module.variables[other]
            alike = SequenceMatcher(None, _description(gone), _description(here)).ratio()
            same = (old.types[name], old.defaults.get(name)) == (new.types[other], new.defaults.get(other))
            if same and alike >= RENAME_SIMILARITY:
                found[name] = other
                break
    return found


def _description(block: Block) -> str:
    return block.text("description").strip('"')
