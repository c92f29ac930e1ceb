"""The pytest plugin: the hooks, and what hears the checks of a run.

pytest loads this module in every run of every project that has gradcheck installed, and each module more
would cost a third of a millisecond.  It imports neither NumPy nor JAX nor Hypothesis; what gathers checks
is loaded when the first check has been made.

PYTEST_DONT_REWRITE: there is no assertion here, and rewriting costs time at every start.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from gradcheck.context import attach

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gradcheck.pytest_plugin.collecting import Collector
    from gradcheck.pytest_plugin.receiving import Receiver
    from gradcheck.pytest_plugin.settings import Settings
    from gradcheck.results import CheckResult

__all__ = ["Listener"]

_OPTIONS = ("html", "json", "examples", "max_detectable", "allow_inconclusive")
_MARKER = (
    "gradcheck(rtol, method, max_nfev, layout, bounds, rng, expect, allow_inconclusive, max_detectable): "
    "keywords of the checks made in this test, class or module, where a call does not give them; the nearest "
    "marker wins."
)
# Since 8.4 an ini option may be declared a number; in pytest's own TOML tables it then is one.
_WHOLE: Any = "int" if pytest.version_tuple >= (8, 4) else "string"
_REAL: Any = "float" if pytest.version_tuple >= (8, 4) else "string"


class Listener:
    """Hears every check of the process from the moment it is made, and hands each to a collector.

    Attributes
    ----------
    config
        Of this run.
    item
        The test that runs; None outside tests, and until the first check of the run.
    lock
        Held while a check is taken or handed on.
    """

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.item: pytest.Item | None = None
        self._asked: bool | None = None
        self._settings: Settings | None = None
        self._collector: Collector | None = None
        self._receiver: Receiver | None = None
        self._early: list[CheckResult] | None = []
        self.lock = threading.RLock()
        self._detach = attach(self.observe, self.defaults)
        # `add_cleanup` runs even where `pytest_configure` never did.
        config.add_cleanup(lambda: self._detach())

    @property
    def is_worker(self) -> bool:
        """Whether this process runs tests for another one (pytest-xdist)."""
        return hasattr(self.config, "workerinput")

    @property
    def is_asked(self) -> bool:
        """Whether an option is given, on the command line or in the configuration."""
        if self._asked is None:
            config = self.config
            self._asked = any(
                config.getoption(f"gradcheck_{name}", None) is not None or config.getini(f"gradcheck_{name}")
                for name in _OPTIONS
            )
        return self._asked

    @property
    def settings(self) -> Settings:
        """The options, read once."""
        if self._settings is None:
            from gradcheck.pytest_plugin.settings import Settings

            self._settings = Settings.of(self.config)
        return self._settings

    def configure(self) -> None:
        """Read the options if there are any; take the checks that the first conftests made before."""
        if self.is_asked:
            self.settings.require_possible()
        if not (self.is_asked and self.settings.recording):
            # The numbers behind a verdict would go nowhere.
            self._detach()
            self._detach = attach(self.observe, self.defaults, evidence=False)
        early, self._early = self._early or [], None
        for result in early:
            self.collector().add(result)

    def header(self) -> str | None:
        """Return the line that says what was asked for; None when nothing was."""
        return self.settings.header() if self.is_asked else None

    def start(self) -> None:
        """Receive from the start where a report is asked for, or where other processes make the checks."""
        if self.is_worker or self.config.getoption("collectonly", False):
            return
        if self.is_asked or self.config.pluginmanager.hasplugin("dsession"):
            self.receiver().start()

    def receiver(self) -> Receiver:
        """Return what keeps the record of this run, registered on first use."""
        if self._receiver is None:
            from gradcheck.pytest_plugin.receiving import Receiver

            self._receiver = Receiver(self.config, self.settings)
            self.config.pluginmanager.register(self._receiver, "gradcheck-receiver")
        return self._receiver

    def examine(self, items: Sequence[pytest.Item]) -> None:
        """Where a test is marked, let those whose markers cannot be used fail at setup."""
        seen: set[Any] = set()
        for item in items:
            marks = item.own_markers
            if item.parent not in seen:
                # Parents are shared, and nearly no node has markers of its own.
                seen.add(item.parent)
                marks = list(item.iter_markers())
            if any(mark.name == "gradcheck" for mark in marks):
                from gradcheck.pytest_plugin.settings import Refusal

                self.config.pluginmanager.register(Refusal(), "gradcheck-refusal")
                return

    def observe(self, result: CheckResult) -> None:
        """Take the result of a check, in whichever thread."""
        with self.lock:
            if self._early is not None:
                self._early.append(result)
            else:
                self.collector().add(result)

    def collector(self) -> Collector:
        """Return what gathers the checks of each test, registered on first use."""
        if self._collector is None:
            from gradcheck.pytest_plugin.collecting import Collector
            from gradcheck.pytest_plugin.places import running

            self.item = running(self.config)
            receiver = None if self.is_worker else self.receiver()
            self._collector = Collector(self, receiver)
            self.config.pluginmanager.register(self._collector, "gradcheck-collector")
        return self._collector

    def defaults(self) -> Mapping[str, Any]:
        """Return the keywords that hold for a check made now."""
        if self._early is not None:
            # The options are not read yet.
            return {}
        with self.lock:
            return self.collector().defaults()


_LISTENER = pytest.StashKey[Listener]()


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


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: Sequence[pytest.Item]) -> None:
    """Find markers that cannot be used; their tests fail at setup."""
    _listener(config).examine(items)


def _listener(config: pytest.Config) -> Listener:
    found = config.stash.get(_LISTENER, None)
    if found is None:
        found = config.stash[_LISTENER] = Listener(config)
    return found
