"""Hypothesis profiles: ``dev`` by default, ``ci`` when CI is set, ``nightly`` (random, many) on request.

Processes under test answer Ctrl-C, wherever the tests themselves were started.
"""

from __future__ import annotations

import os
import signal
import sys

import pytest
from hypothesis import HealthCheck, settings

# `pytester` runs the plugin on small suites; only a top-level conftest may ask for it.
pytest_plugins = ["pytester"]

# JAX compiles on the first example of a shape, so no example has a deadline, and slow ones are not a fault.
_COMMON = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}

settings.register_profile("dev", derandomize=True, database=None, max_examples=50, **_COMMON)
settings.register_profile("ci", settings.get_profile("dev"), print_blob=True)
settings.register_profile("nightly", max_examples=1000, print_blob=True, **_COMMON)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "dev"))

# A shell makes what it starts in the background deaf to Ctrl-C, and children inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def own_registry(monkeypatch, tmp_path):
    """Give a test a registry, a folder and a set of modules of its own."""
    from gradcheck import selection
    from gradcheck.rules.registry import Registry

    monkeypatch.setattr(selection, "USER_RULES", fresh := Registry())
    monkeypatch.setattr("gradcheck.rules.registry.USER_RULES", fresh)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    for name, module in list(sys.modules.items()):
        # Their own dictionaries: asking a module for a name that it lacks may run its `__getattr__`.
        known = getattr(module, "__dict__", {})
        places = [known.get("__file__"), *(known.get("__path__") or ())]
        if any(str(place).startswith(str(tmp_path)) for place in places):
            del sys.modules[name]


@pytest.fixture(scope="session")
def markup():
    """Return the page of the sample record."""
    pytest.importorskip("jinja2", reason="the extra `report` is not installed")
    from sample_record import full_record

    from gradcheck.reporting.html import render

    return render(full_record())


@pytest.fixture(scope="session")
def tree(markup):
    """Return the page of the sample record, taken apart."""
    from page_tree import Tree

    return Tree(markup)
