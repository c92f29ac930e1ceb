"""Hypothesis profiles: ``dev`` by default, ``ci`` when CI is set, ``nightly`` (random, many) on request."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

# `pytester` runs the plugin on small suites; only a top-level conftest may ask for it.
pytest_plugins = ["pytester"]

# JAX compiles on the first example of a shape, so no example has a deadline, and slow ones are not a fault.
_COMMON = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}

settings.register_profile("dev", derandomize=True, database=None, max_examples=50, **_COMMON)
settings.register_profile("ci", settings.get_profile("dev"), print_blob=True)
settings.register_profile("nightly", max_examples=1000, print_blob=True, **_COMMON)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "dev"))
