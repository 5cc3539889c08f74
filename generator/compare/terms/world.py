"""What a simplification asks about the module that a term belongs to."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

from generator.compare.terms.term import CALL, LIST, Term, call
from generator.compare.terms.types import Type

SINGLE: Final = "single"
COUNT: Final = "count"
FOR_EACH: Final = "for_each"


@dataclass(frozen=True)
class Repetition:
    """How many instances a resource has: one, as many as ``count``, or one for each element."""

    mode: str
    term: Term | None = None
    depth: int = 0
    """How many loops there are around the resource: those of the modules that it is in."""

    @property
    def keys(self) -> Term | None:
        """What decides which instances there are: the ``count``, or the keys of the ``for_each`` as a list."""
        return keys_of(self.term) if self.mode == FOR_EACH and self.term is not None else self.term


def keys_of(collection: Term) -> Term:
    """Return the keys of what a ``for_each`` goes through, as a list."""
    if collection.kind == CALL and collection.data in ("toset", "tomap") and collection.parts:
        return keys_of(collection.parts[0])
    return call("keys", collection) if collection.kind != LIST else collection


@dataclass
class World:
    """The resources and variables of a module version, by their addresses and names."""

    repetitions: dict[str, Repetition] = field(default_factory=dict)
    arguments: dict[str, dict[str, Term]] = field(default_factory=dict)
    """The arguments of resources, and the outputs of local child modules, by address and name."""
    children: set[str] = field(default_factory=set)
    """The addresses of local child modules, whose outputs are always put where they are used."""
    types: dict[str, Type] = field(default_factory=dict)
    nullable: set[str] = field(default_factory=set)
    """The variables that can be ``null``."""
    bare: set[str] = field(default_factory=set)
    """The addresses of data sources without arguments."""

    read: Callable[[str], bytes | None] = lambda _path: None
    """Returns the content of a file by its path from the module, ``None`` if there is no such file."""
    fresh: Callable[[Term, str], Term | None] = lambda _of, _key: None
    """Returns the value of an attribute that callers of the other version cannot have set, ``None`` for any other."""
    _inputs: dict[str, frozenset[str]] = field(default_factory=dict)

    def inputs(self, of: Term) -> frozenset[str]:
        """Return the names of the variables that decide about a term, also through the resources that it refers to."""
        return of.variables.union(*map(self._inputs_of, of.addresses)) if of.addresses else of.variables

    def _inputs_of(self, address: str) -> frozenset[str]:
        if address not in self._inputs:
            seen, waiting, found = {address}, [address], set[str]()
            while waiting:
                one = waiting.pop()
                repetition = self.repetitions.get(one)
                terms = [*self.arguments.get(one, {}).values()]
                terms += [repetition.term] if repetition and repetition.term is not None else []
                for of in terms:
                    found |= of.variables
                    waiting += of.addresses - seen
                    seen |= of.addresses
            self._inputs[address] = frozenset(found)
        return self._inputs[address]


class Simplify(Protocol):
    """What the rules about calls and operators need of :class:`generator.compare.terms.simplify.Simplifier`."""

    world: World

    def __call__(self, of: Term) -> Term:
        """Return a term in its one form."""

    def all(self, of: Iterable[Term]) -> list[Term]:
        """Return terms in their one form."""

    def get(self, of: Term, key: Term) -> Term:
        """Return the value at a key of a value in its one form."""

    def knowing(self, values: Mapping[Term, Term]) -> "Simplify":
        """Return a simplifier that knows more values."""

    def repetition(self, address: str) -> Term:
        """Return the value of the ``count`` or ``for_each`` of a resource."""

    def cannot_fail(self, of: Term) -> bool:
        """Return whether the evaluation of a term succeeds with all inputs."""
