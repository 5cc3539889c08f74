"""Whatever happens: is nothing lost, mixed up or set back?"""

import pytest
from hypothesis import settings

from tests.operate.model.machine import Redrive
from tests.support.properties import examples

pytestmark = [pytest.mark.slow, pytest.mark.no_cover]

TestRedrive = Redrive.TestCase
TestRedrive.settings = settings(examples(2.5), stateful_step_count=30)
