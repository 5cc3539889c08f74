"""Two versions of a module, as the rules see them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from generator.compare.policy import Policy
from generator.compare.reading.configuration import Configuration, Resource
from generator.compare.scenarios import Scenarios
from generator.compare.terms.term import INSTANCE, REFERENCE, TIMEOUTS, VARIABLE, Term, entries, object_of, term
from generator.compare.terms.world import Repetition, World


@dataclass
class Context:
    """Both versions, with the addresses and the variables of the new one under their names in the old one."""

    old: Configuration
    new: Configuration
    policy: Policy
    addresses: dict[str, str] = field(default_factory=dict)
    """New addresses of what a ``moved`` block moves, by the old ones."""
    renamed_variables: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.scenarios = Scenarios(self.old, self.new)
        self.effects: dict[tuple[str, Term, Term], str] = {}
        """Verdicts about two values of a variable in the new version; they are expensive."""
        self._dependents: dict[str, list[tuple[Term, Repetition | None]]] = {}

    @cached_property
    def new_scenarios(self) -> Scenarios:
        """The new version compared with itself, to compare different values of a variable."""
        return Scenarios(self.new, self.new)

    def dependents(self, name: str) -> list[tuple[Term, Repetition | None]]:
        """Return the terms of the new version that mention a variable, with the repetition of their resource."""
        if name not in self._dependents:
            self._dependents[name] = list(_dependents(self.new, name))
        return self._dependents[name]


def _dependents(configuration: Configuration, name: str) -> Iterator[tuple[Term, Repetition | None]]:
    for address, resource in configuration.resources.items():
        # What a local child module is given has an effect on the resources in it only
        for key, value in entries(resource.body).items() if address not in configuration.children else ():
            if name in value.variables and key is not TIMEOUTS:
                yield object_of({key: value}, block=True), resource.repetition
        conditions = [condition for one in resource.conditions.values() for condition, _, _ in one]
        for of in (resource.repetition.keys, resource.triggers, *conditions):
            if of is not None and name in of.variables:
                yield of, None
    validations = (ones for variable, ones in configuration.validations.items() if variable != name)
    conditions = [condition for ones in validations for condition, _, _ in ones]
    for address, of in configuration.beside.items():
        if name in of.variables:
            yield of, configuration.world.repetitions.get(address)
    yield from ((of, None) for of in (*configuration.outputs.values(), *conditions) if name in of.variables)


def renamed(configuration: Configuration, addresses: Mapping[str, str], names: Mapping[str, str]) -> Configuration:  # noqa: C901 - one case a line
    """Return a configuration with some addresses and variables under other names."""
    if not addresses and not names:
        return configuration
    done: dict[Term, Term] = {}

    def address(of: str) -> str:
        if of in addresses:
            return addresses[of]
        for prefix, other in addresses.items():
            if of.startswith(f"{prefix}."):
                return f"{other}{of[len(prefix) :]}"
        return of

    def inner(of: Term) -> Term:
        found = done.get(of)
        if found is None:
            data = of.data
            if of.kind in (REFERENCE, INSTANCE):
                data = address(data)
            elif of.kind == VARIABLE:
                data = names.get(data, data)
            found = done[of] = term(of.kind, data, *map(inner, of.parts))
        return found

    def repetition(of: Repetition) -> Repetition:
        return replace(of, term=None if of.term is None else inner(of.term))

    def resource(of: Resource) -> Resource:
        return replace(
            of,
            address=address(of.address),
            body=inner(of.body),
            repetition=repetition(of.repetition),
            conditions={
                kind: [(inner(condition), message, place) for condition, message, place in conditions]
                for kind, conditions in of.conditions.items()
            },
            depends_on=inner(of.depends_on),
            triggers=inner(of.triggers),
        )

    before = configuration.world
    world = World(
        repetitions={address(of): repetition(one) for of, one in before.repetitions.items()},
        arguments={
            address(of): {name: inner(value) for name, value in one.items()} for of, one in before.arguments.items()
        },
        children={address(of) for of in before.children},
        types={names.get(name, name): kind for name, kind in before.types.items()},
        nullable={names.get(name, name) for name in before.nullable},
        bare={address(of) for of in before.bare},
        read=before.read,
    )
    module = replace(
        configuration.module,
        variables={names.get(name, name): block for name, block in configuration.module.variables.items()},
    )
    return replace(
        configuration,
        module=module,
        world=world,
        resources={address(of): resource(one) for of, one in configuration.resources.items()},
        outputs={name: inner(value) for name, value in configuration.outputs.items()},
        defaults={names.get(name, name): value for name, value in configuration.defaults.items()},
        beside={address(of): inner(one) for of, one in configuration.beside.items()},
        children={address(of): module for of, module in configuration.children.items()},
    )
