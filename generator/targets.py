"""The options that choose what is rendered: a version of the AWS provider, and a profile."""

from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from generator.arguments import PATH
from generator.console import warn

if TYPE_CHECKING:
    from generator.variant import Variant


class TargetType(click.ParamType):  # type: ignore[type-arg] # generic in newer versions of click only
    """A version of the AWS provider that a build can be for."""

    name = "VERSION"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the version as it was given."""
        from generator.spec.provider import ProviderError, target  # noqa: PLC0415 - only what builds needs it

        try:
            return target(value)
        except ProviderError as error:
            self.fail(f"{error}.", param, ctx)


PROVIDER: Final = click.option(
    "--provider",
    type=TargetType(),
    help="Version of the AWS provider: 5, 6, or such as 6.40. [5, or that of --profile]",
)
PROFILE: Final = click.option("--profile", type=PATH, help="Profile of the variant. [none: the whole module]")


def chosen_variant(profile: Path | None, provider: str | None) -> "Variant":
    """Return the whole module, or the variant of a profile. Warns about variables that are newer than the profile."""
    from generator.variant import Variant  # noqa: PLC0415 - the command line without a command needs none

    if profile is None:
        return Variant(provider=provider or "5")
    from generator.profile.document import read  # noqa: PLC0415 - most builds have none
    from generator.profile.variants import new_variables, variant  # noqa: PLC0415

    content = read(profile)
    built = variant(content, provider)
    if warning := new_variables(content, built):
        warn(warning)
    return built
