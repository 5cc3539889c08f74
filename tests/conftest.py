import os

from hypothesis import HealthCheck, settings

# How long an example takes says more about the machine than about the code. Every run has the same examples, so
# that none fails for somebody who changed something else.
settings.register_profile(
    "project", deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=40, derandomize=True
)
settings.load_profile("project")

# Terraform and its provider read the provider's schema for every command, and collect garbage all the while: by
# default, that is a third of their work.
os.environ.setdefault("GOGC", "800")
os.environ.setdefault("GOMEMLIMIT", "1GiB")
