"""The pytest plugin: hooks only.

pytest loads this module in every run of every project that has gradcheck installed.  It imports neither
NumPy nor JAX nor Hypothesis; what gathers checks is loaded when the first check has been made.

PYTEST_DONT_REWRITE: there is no assertion here, and rewriting costs time at every start.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from gradcheck.pytest_plugin.listening import Listener

if TYPE_CHECKING:
    from collections.abc import Sequence

_LISTENER = pytest.StashKey[Listener]()
_MARKER = (
    "gradcheck(rtol, method, max_nfev, layout, bounds, rng, expect, allow_inconclusive, max_detectable): "
    "keywords of the checks made in this test, class or module, where a call does not give them; the nearest "
    "marker wins."
)
# Since 8.4 an ini option may be declared a number; in pytest's own TOML tables it then is one.
_WHOLE: Any = "int" if pytest.version_tuple >= (8, 4) else "string"
_REAL: Any = "float" if pytest.version_tuple >= (8, 4) else "string"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options; each stands in the configuration file too, and the command line wins."""
    group = parser.getgroup("gradcheck", "derivative checks")
    record, page = "Write the record of all derivative checks to PATH.", "Write the HTML report to PATH."
    group.addoption("--gradcheck-html", metavar="PATH", default=None, help=page)
    group.addoption("--gradcheck-json", metavar="PATH", default=None, help=record)
    points = "Draw N points in every property test of a derivative."
    group.addoption("--gradcheck-examples", metavar="N", default=None, help=points)
    ceiling = "Fail where a check that passed could have missed a relative error above E."
    group.addoption("--gradcheck-max-detectable", metavar="E", default=None, help=ceiling)
    lenient = "Let inconclusive checks be."
    group.addoption("--gradcheck-allow-inconclusive", action="store_true", default=None, help=lenient)
    parser.addini("gradcheck_html", f"{page} Relative to the root folder.", default="")
    parser.addini("gradcheck_json", f"{record} Relative to the root folder.", default="")
    parser.addini("gradcheck_examples", points, type=_WHOLE, default=None)
    parser.addini("gradcheck_max_detectable", ceiling, type=_REAL, default=None)
    parser.addini("gradcheck_allow_inconclusive", lenient, type="bool", default=False)


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Listen before the first conftest is imported: it may make checks."""
    _listener(early_config)


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker, and read the options: a bad one ends the run here."""
    config.addinivalue_line("markers", _MARKER)
    _listener(config).configure()


def pytest_report_header(config: pytest.Config) -> str | None:
    """Return one line when an option is given."""
    return _listener(config).header()


def pytest_sessionstart(session: pytest.Session) -> None:
    """Open the record, when one is asked for."""
    _listener(session.config).start()


def pytest_collection_modifyitems(config: pytest.Config, items: Sequence[pytest.Item]) -> None:
    """Find markers that cannot be used; their tests fail at setup."""
    _listener(config).examine(items)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Remember the test that runs."""
    item.config.stash[_LISTENER].begin(item)


def _listener(config: pytest.Config) -> Listener:
    found = config.stash.get(_LISTENER, None)
    if found is None:
        found = config.stash[_LISTENER] = Listener(config)
    return found
