"""Whatever happens: is nothing lost, mixed up or set back?"""

import pytest
from hypothesis import settings

from tests.operate.model.machine import Redrive

pytestmark = pytest.mark.slow

TestRedrive = Redrive.TestCase
TestRedrive.settings = settings(max_examples=100, stateful_step_count=30)
