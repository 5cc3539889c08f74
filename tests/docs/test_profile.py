"""The profile that the documentation shows is one."""

import re
import tomllib

from generator.profile.document import Profile
from generator.profile.variants import variant
from tests.support.planning import TOP


def test_profile_of_the_documentation_makes_a_variant() -> None:
    shown = re.search(r"```toml\n(.*?)```", (TOP / "docs/variants.md").read_text(), re.DOTALL)
    assert shown
    made = variant(Profile(source="acme.toml", document=tomllib.loads(shown[1])))
    assert made.module.name == "acme_stream"
    assert made.fixed["table_deletion_protection_enabled"] is True
