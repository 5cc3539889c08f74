"""Validations that take the place of a declared type (see :class:`generator.spec.types.Checked`).

One rejects unknown keys by name, the other missing keys and values of another type.
"""

from typing import Any

from generator.spec.model import SpecificationError, Validation
from generator.spec.rules import Rule, Subject
from generator.spec.text import listed
from generator.spec.types import Checked, List, Map, Object, Optional, Primitive, Type, compact, literal

_PREFIX = 3
"""Letters that a key has in common with the accepted key that a message suggests."""

_CONVERSIONS = {"string": "tostring", "number": "tonumber", "bool": "tobool"}


def key_rules(of: Checked) -> tuple[Rule, ...]:
    """Return the rules of a variable of this type: an object, or a map of objects."""
    inner = of.of.of if isinstance(of.of, Map) else of.of
    if not isinstance(inner, Object):
        raise SpecificationError(f"no keys can be checked in a {of.of.hcl()}")
    return (_known_keys(inner, mapped=inner is not of.of), _fits(of.of))


def ignores_keys(of: Type | Optional) -> bool:
    """Return whether Terraform accepts a misspelled key in a value of a type: it then uses the default of that key."""
    if isinstance(of, Optional):
        return ignores_keys(of.type)
    if isinstance(of, (List, Map)):
        return ignores_keys(of.of)
    attributes = of.attributes.values() if isinstance(of, Object) else ()
    return any(isinstance(attribute, Optional) or ignores_keys(attribute) for attribute in attributes)


def _known_keys(of: Object, *, mapped: bool) -> Rule:
    """Reject unknown keys; the message has each, with the accepted key that begins alike."""
    known = literal(sorted(of.attributes))
    hint = (
        f'join("", [for known in {known} : " (did you mean ${{known}}?)" '
        f"if startswith(lower(key), substr(known, 0, {_PREFIX}))])"
    )

    def unknown(value: str) -> str:
        return f"setsubtract(try(keys({value}), []), {known})"

    if mapped:
        condition = f"alltrue([for entry in values(self) : length({unknown('entry')}) == 0])"
        found = f'flatten([for id, entry in self : [for key in {unknown("entry")} : "${{id}}.${{key}}${{{hint}}}"]])'
    else:
        condition = f"length({unknown('self')}) == 0"
        found = f'[for key in {unknown("self")} : "${{key}}${{{hint}}}"]'

    def rule(subject: Subject) -> Validation:
        text = f'The keys in {subject.name} must be {listed(list(of.attributes), "or")}. Got ${{join(", ", {found})}}.'
        wrong = {f"{next(iter(of.attributes))}_": None}
        example = {key: {**one, **wrong} for key, one in subject.example.items()} if mapped else subject.example | wrong
        return Validation(
            condition=subject.condition(condition),
            message=subject.hcl(text),
            invalid_examples=({**subject.given, subject.name: example},),
        )

    return rule


def _fits(of: Type) -> Rule:
    """Reject missing keys and values of another type."""
    text = compact(of.hcl()).replace('"', '\\"')

    def rule(subject: Subject) -> Validation:
        if isinstance(of, Map):
            condition = f"alltrue([for entry in values(self) : can({_converted(of.of, 'entry')})])"
            got = f"{{ for id, entry in self : id => entry if !can({_converted(of.of, 'entry')}) }}"
            bad: Any = dict.fromkeys(subject.example, "text")
        else:
            condition, got, bad = f"can({_converted(of, 'self')})", "self", "text"
        return Validation(
            condition=subject.condition(condition),
            message=subject.message("", f"of type {text}", f"jsonencode({got})"),
            invalid_examples=({**subject.given, subject.name: bad},),
        )

    return rule


def _converted(of: Type | Optional, value: str) -> str:
    """Return HCL that fails if a value does not have a type."""
    if isinstance(of, Optional):
        unset = "[]" if isinstance(of.type, List) else "null"
        if isinstance(of.type, Primitive):
            return _converted(of.type, f"try({value}, null)")
        return f"try({value}, null) == null ? {unset} : {_converted(of.type, value)}"
    if isinstance(of, Primitive):
        return f"{_CONVERSIONS[of.name]}({value})"
    if isinstance(of, List):
        return f"[for item in tolist({value}) : {_converted(of.of, 'item')}]"
    if isinstance(of, Map):
        return f"{{ for key, inner in {value} : key => {_converted(of.of, 'inner')} }}"
    if isinstance(of, Object):
        # keys() fails for what is not an object; so does a required attribute
        optional = all(isinstance(attribute, Optional) for attribute in of.attributes.values())
        before = f"keys({value}), " if optional else ""
        return f"[{before}{', '.join(_converted(attribute, f'{value}.{name}') for name, attribute in of.attributes.items())}]"
    raise SpecificationError(f"no check of a value of type {of.hcl()}")
