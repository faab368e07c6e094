from hypothesis import HealthCheck, settings

# The same examples in every run, so that a red run is red again; no deadline, because a shared machine stutters.
settings.register_profile(
    "unit", derandomize=True, deadline=None, max_examples=100, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("unit")
