"""The runtimes of Lambda, with their dates.

Identifiers: model of botocore 1.44.8 (2026-11-20). Dates: AWS, "Lambda runtimes", as cfn-lint 1.58.0 has them
(LmbdRuntimeLifecycle.json); a runtime without one is newer. A date in the past is compared with :data:`AS_OF`, never with
the day of a plan, so that the same module always says the same.
"""

from typing import Final, NamedTuple

from generator.spec.provider import OLDEST, has

AS_OF: Final = "2026-11-27"
"""The date of the table."""


class Runtime(NamedTuple):
    """A runtime, when it is deprecated, and when AWS rejects it for new functions (dates as YYYY-MM-DD).

    ``since_provider`` is the first version of the AWS provider that accepts it; empty if that is only known to be newer
    than 5.100.
    """

    name: str
    deprecated: str = ""
    blocked: str = ""
    since_provider: str = OLDEST

    @property
    def is_deprecated(self) -> bool:
        """Whether it is deprecated at the date of the table."""
        return bool(self.deprecated) and self.deprecated <= AS_OF

    @property
    def is_blocked(self) -> bool:
        """Whether AWS rejects new functions with it at the date of the table."""
        return bool(self.blocked) and self.blocked <= AS_OF

    def known_to(self, provider: str) -> bool:
        """Return whether every provider of a build accepts it."""
        return has(provider, self.since_provider) if self.since_provider else provider == "6"


# Provider 5.100 accepts what its SDK of 2025-06 has. The first versions with others: provider #45024
RUNTIMES: Final = (
    Runtime("dotnetcore1.0", "2019-06-27", "2019-06-30"),
    Runtime("dotnetcore2.0", "2019-05-30", "2019-04-30"),
    Runtime("dotnetcore2.1", "2022-01-05", "2022-01-05"),
    Runtime("dotnetcore3.1", "2023-04-03", "2023-04-03"),
    Runtime("dotnet6", "2024-12-20", "2027-02-01"),
    Runtime("dotnet8", "2026-11-10", "2027-02-01"),
    Runtime("dotnet10", "2028-11-14", "2028-12-14", ""),
    Runtime("go1.x", "2024-01-08", "2024-02-08"),
    Runtime("java8", "2024-01-08", "2024-02-08"),
    Runtime("java8.al2", "2027-06-30", "2027-07-31"),
    Runtime("java8.al2023", since_provider=""),
    Runtime("java11", "2027-06-30", "2027-07-31"),
    Runtime("java11.al2023", since_provider=""),
    Runtime("java17", "2027-06-30", "2027-07-31"),
    Runtime("java17.al2023", since_provider=""),
    Runtime("java21", "2029-06-30", "2029-07-31"),
    Runtime("java25", "2029-06-30", "2029-07-31", "6.20"),
    Runtime("nodejs", "2016-08-30", "2016-09-30"),
    Runtime("nodejs4.3", "2020-03-05", "2020-02-03"),
    Runtime("nodejs4.3-edge", "2020-03-05", "2019-03-31"),
    Runtime("nodejs6.10", "2019-08-12", "2019-07-12"),
    Runtime("nodejs8.10", "2020-03-06", "2020-02-04"),
    Runtime("nodejs10.x", "2021-07-30", "2021-07-30"),
    Runtime("nodejs12.x", "2023-03-31", "2023-03-31"),
    Runtime("nodejs14.x", "2023-12-04", "2024-01-09"),
    Runtime("nodejs16.x", "2024-06-12", "2027-02-01"),
    Runtime("nodejs18.x", "2025-09-01", "2027-02-01"),
    Runtime("nodejs20.x", "2026-04-30", "2027-02-01"),
    Runtime("nodejs22.x", "2027-04-30", "2027-06-01"),
    Runtime("nodejs24.x", "2028-04-30", "2028-06-01", "6.19"),
    Runtime("nodejs26.x", since_provider=""),
    Runtime("provided", "2024-01-08", "2024-02-08"),
    Runtime("provided.al2", "2026-07-31", "2027-02-01"),
    Runtime("provided.al2023", "2029-06-30", "2029-07-31"),
    Runtime("python2.7", "2021-07-15", "2021-07-15"),
    Runtime("python3.6", "2022-07-18", "2022-07-18"),
    Runtime("python3.7", "2023-12-04", "2024-01-09"),
    Runtime("python3.8", "2024-10-14", "2027-02-01"),
    Runtime("python3.9", "2025-12-15", "2027-02-01"),
    Runtime("python3.10", "2026-10-31", "2027-02-01"),
    Runtime("python3.11", "2027-06-30", "2027-07-31"),
    Runtime("python3.12", "2028-10-31", "2028-11-30"),
    Runtime("python3.13", "2029-06-30", "2029-07-31"),
    Runtime("python3.14", "2029-06-30", "2029-07-31", "6.20"),
    Runtime("python3.15", since_provider=""),
    Runtime("ruby2.5", "2021-07-30", "2021-07-30"),
    Runtime("ruby2.7", "2023-12-07", "2024-01-09"),
    Runtime("ruby3.2", "2026-03-31", "2027-02-01"),
    Runtime("ruby3.3", "2027-03-31", "2027-04-30"),
    Runtime("ruby3.4", "2028-03-31", "2028-04-30"),
    Runtime("ruby4.0", "2029-03-31", "2029-04-30", ""),
)

BLOCKED: Final = tuple(one.name for one in RUNTIMES if one.is_blocked)
DEPRECATED: Final = tuple(one.name for one in RUNTIMES if one.is_deprecated and not one.is_blocked)


def unknown_to(provider: str) -> tuple[str, ...]:
    """Return the runtimes that a provider of a build does not accept."""
    return tuple(one.name for one in RUNTIMES if not one.known_to(provider))


def first_providers(names: tuple[str, ...]) -> dict[str, str]:
    """Return which versions of the provider accept each of these runtimes, where it is known, in words."""
    return {one.name: f"{one.since_provider} or newer" for one in RUNTIMES if one.name in names and one.since_provider}


def newest(language: str, provider: str) -> str:
    """Return the newest runtime of a language, such as ``python``, whose first provider is known and has the build."""
    usable = [one for one in RUNTIMES if one.name.startswith(language) and one.since_provider]
    return [one.name for one in usable if one.known_to(provider)][-1]
