"""What the plugin does in a run without checks: it knows which test runs, and listens."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from gradcheck.context import attach

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pytest

    from gradcheck.pytest_plugin.collecting import Collector
    from gradcheck.pytest_plugin.receiving import Receiver
    from gradcheck.pytest_plugin.settings import Settings
    from gradcheck.results import CheckResult

__all__ = ["Listener"]

_OPTIONS = ("html", "json", "examples", "max_detectable", "allow_inconclusive")


class Listener:
    """Hears every check of the process from the moment it is made, and hands each to a collector.

    Attributes
    ----------
    config
        Of this run.
    item
        The test that runs; None outside tests.
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
        self._unusable: dict[pytest.Item, str] = {}
        self._early: list[CheckResult] | None = []
        self.lock = threading.RLock()
        # `add_cleanup` runs even where `pytest_configure` never did.
        config.add_cleanup(attach(self.observe, self.defaults))

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
        """Keep the tests whose markers cannot be used."""
        seen: set[Any] = set()
        for item in items:
            # Nearly no node has markers of its own, and parents are shared.
            if item.own_markers or item.parent not in seen:
                seen.update(item.listchain()[:-1])
                self._examine(item)

    def _examine(self, item: pytest.Item) -> None:
        markers = list(item.iter_markers("gradcheck"))
        if markers:
            from gradcheck.pytest_plugin.settings import unusable

            fault = unusable(markers)
            if fault:
                self._unusable[item] = fault

    def begin(self, item: pytest.Item) -> None:
        """Remember the test that is set up; fail it if its marker cannot be used."""
        self.item = item
        if self._unusable:
            from gradcheck.pytest_plugin.settings import refuse

            refuse(self._unusable.get(item, ""))

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
