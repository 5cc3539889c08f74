from hypothesis import HealthCheck, settings

# How long an example takes says more about the machine than about the code. Every run has the same examples, so
# that none fails for somebody who changed something else.
settings.register_profile(
    "project", deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=40, derandomize=True
)
settings.load_profile("project")
