"""What the plugin does in a run with checks: it gathers those of each test, its report carries them on."""

from __future__ import annotations

import json
import sys
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from gradcheck.journal.checks import check_entry
from gradcheck.journal.draws import Draws
from gradcheck.journal.encoding import to_json
from gradcheck.pytest_plugin.places import Place, own_place, place_of, test_facts
from gradcheck.pytest_plugin.settings import defaults_for, marked
from gradcheck.results import CheckResult

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from gradcheck.pytest_plugin.listening import Listener
    from gradcheck.pytest_plugin.receiving import Receiver

Found = dict[str, Any] | Draws | CheckResult

_FEW = 64
_SMALL = 256
"""Results wait to be made entries together, which is faster, unless they are many or hold large matrices."""

__all__ = ["PROPERTY", "Collector", "carried", "unpacked"]

_CARRIED = "gradcheck_checks"
"""The attribute of a report that carries the checks of its test."""
PROPERTY = "gradcheck"
_FACTS = ("verdict", "reason", "entries", "nfev", "method", "expected", "gates")


class _Attempt:
    """One run of a test, or all that is outside of tests.

    Attributes
    ----------
    found
        By identity: where the check was made, and its entry, its result, or its results at drawn points.
    waiting
        The identities of results that are not entries yet.
    defaults
        The keywords that hold in it.
    outcome
        Of the test so far.
    """

    def __init__(self, item: pytest.Item | None, defaults: dict[str, Any]) -> None:
        self.item = item
        self.place = own_place(item)
        self.defaults = defaults
        self.found: dict[str, tuple[Place, Found]] = {}
        self.waiting: list[str] = []
        self.outcome = "passed"
        self.forgiven = False
        self._test: dict[str, Any] | None = None
        self._numbers: Counter[str] = Counter()
        self._drawn: Counter[str] = Counter()
        self._example: object = None

    @property
    def test(self) -> dict[str, Any] | None:
        """What the record says of the test, one object for all of its checks."""
        if self.item is None:
            return None
        if self._test is None:
            self._test = test_facts(self.item, self.outcome)
        self._test["outcome"] = self.outcome
        return self._test

    def add(self, place: Place, result: CheckResult) -> None:
        """Keep ``result``; those of the examples of a property test are counted together."""
        base = f"{place.prefix}::{result.name}" if place.prefix else result.name
        example = _example()
        if example is None:
            identity = _numbered(base, self._numbers)
            # A property's points may share its name with a check beside it.
            while identity in self.found:
                identity = _numbered(base, self._numbers)
            self._keep(identity, place, result)
            return
        if example is not self._example:
            self._example = example
            self._drawn.clear()
        identity = _numbered(base, self._drawn)
        draws = self.found.setdefault(identity, (place, Draws()))[1]
        if isinstance(draws, Draws):
            draws.add(result)
        else:
            self._keep(_numbered(base, self._numbers), place, result)

    def _keep(self, identity: str, place: Place, result: CheckResult) -> None:
        self.found[identity] = (place, result)
        self.waiting.append(identity)


def _numbered(base: str, numbers: Counter[str]) -> str:
    numbers[base] += 1
    return base if numbers[base] == 1 else f"{base}#{numbers[base]}"


def _example() -> object:
    """Return what stands for the running example of a Hypothesis test; None outside of one."""
    hypothesis = sys.modules.get("hypothesis.control")
    if hypothesis is None or not hypothesis.currently_in_test_context():
        return None
    return hypothesis.current_build_context()


class Collector:
    """Gathers the checks of the running test.

    Parameters
    ----------
    listener
        Knows the options and the running test.
    receiver
        Keeps the record in this process; None where another process keeps it.
    """

    def __init__(self, listener: Listener, receiver: Receiver | None) -> None:
        self._listener = listener
        self._receiver = receiver
        self._settings = listener.settings
        self._root = str(listener.config.rootpath)
        self._outside = _Attempt(None, defaults_for(listener.settings))
        self._attempt = self._outside
        self._with_properties = bool(listener.config.getoption("xmlpath", None))

    def add(self, result: CheckResult) -> None:
        """Keep the result of a check that was just made."""
        attempt = self._current()
        place = place_of(attempt.place, self._root)
        attempt.add(place, result)
        if len(attempt.waiting) >= _FEW or result.entries > _SMALL:
            self._enter(attempt)

    def defaults(self) -> Mapping[str, Any]:
        """Return the keywords that hold for a check made now: a marker's for the checks of its test alone."""
        attempt = self._current()
        marked_alone = attempt.defaults is not self._outside.defaults
        if marked_alone and place_of(attempt.place, self._root) is not attempt.place:
            return self._outside.defaults
        return attempt.defaults

    def _current(self) -> _Attempt:
        item = self._listener.item
        if item is not self._attempt.item:
            self._attempt = self._outside if item is None else self._begun(item)
        return self._attempt

    def _begun(self, item: pytest.Item) -> _Attempt:
        own = marked(item)
        return _Attempt(item, self._outside.defaults | own if own else self._outside.defaults)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[Any]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Give the report of a test's last phase the checks of all three."""
        if item is not self._listener.item:
            return (yield)
        if call.when == "teardown" and self._with_properties:
            with self._listener.lock:
                self._add_properties(item)
        report = yield
        with self._listener.lock:
            attempt = self._current()
            _judge(attempt, report)
            if call.when == "teardown":
                self._hand_on(attempt, report)
        return report

    def _hand_on(self, attempt: _Attempt, report: pytest.TestReport) -> None:
        entries = self._taken(attempt)
        # A report that travels between processes must hold nothing but builtin types: one text is safe.
        setattr(report, _CARRIED, entries if self._receiver is not None else to_json(entries))
        self._listener.item = None
        self._attempt = self._outside

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Hand on what no report carried: a test that was cut short, and checks outside of tests."""
        with self._listener.lock:
            entries = self._taken(self._attempt)
        if self._receiver is not None:
            self._receiver.add(entries)
        else:
            session.config.workeroutput[PROPERTY] = to_json(entries)  # type: ignore[attr-defined]

    def _taken(self, attempt: _Attempt) -> list[dict[str, Any]]:
        outside = list(self._outside.found.items()) if attempt is not self._outside else []
        entries = [self._entry(attempt, *one) for one in [*outside, *attempt.found.items()]]
        for emptied in (self._outside, attempt):
            emptied.found.clear()
            emptied.waiting.clear()
        return entries

    def _enter(self, attempt: _Attempt) -> None:
        for identity in attempt.waiting:
            found = attempt.found[identity]
            attempt.found[identity] = (found[0], self._entry(attempt, identity, found))
        attempt.waiting.clear()

    def _entered(self, place: Place, identity: str, result: CheckResult) -> dict[str, Any]:
        own = self._outside.defaults if place.item is None else self._current().defaults
        return check_entry(
            result,
            identity=identity,
            test=place.test,
            allow_inconclusive=bool(own.get("allow_inconclusive", False)),
            max_detectable=own.get("max_detectable", self._settings.max_detectable),
        )

    def _entry(self, attempt: _Attempt, identity: str, found: tuple[Place, Found]) -> dict[str, Any]:
        place, entry = found
        if isinstance(entry, Draws):
            entry = entry.settled()
        if isinstance(entry, CheckResult):
            entry = self._entered(place, identity, entry)
        if place.item is not None:
            entry["test"] = attempt.test
            if attempt.forgiven:
                entry |= {"gates": False, "gate_reason": ""}
        return entry

    def _add_properties(self, item: pytest.Item) -> None:
        kept = [one for one in item.user_properties if one[0] != PROPERTY]
        attempt = self._current()
        for identity, found in attempt.found.items():
            if found[0].item is None:
                # A fixture that outlives the test: which test sets it up depends on the order.
                continue
            entry = self._entry(attempt, identity, found)
            facts = {"check": identity} | {name: entry[name] for name in _FACTS}
            detectable = entry["detectable"]
            facts["detectable"] = None if detectable is None else detectable["worst"]
            # ASCII without control characters, whatever the names are: it goes into XML.
            kept.append((PROPERTY, json.dumps(facts)))
        item.user_properties[:] = kept


def _judge(attempt: _Attempt, report: pytest.TestReport) -> None:
    """Update what is known of the test by the report of a phase."""
    if hasattr(report, "wasxfail"):
        attempt.forgiven = True
        attempt.outcome = "xfailed" if report.outcome == "skipped" else "xpassed"
    elif report.failed:
        attempt.outcome = "failed" if report.when == "call" else "error"
    elif report.skipped:
        attempt.outcome = "skipped"


def carried(report: pytest.TestReport) -> list[dict[str, Any]]:
    """Return the checks that ``report`` carries."""
    return unpacked(getattr(report, _CARRIED, None))


def unpacked(entries: Any) -> list[dict[str, Any]]:
    """Return entries that came as JSON, or as they are."""
    found: list[dict[str, Any]] = json.loads(entries) if isinstance(entries, str) else entries or []
    return found
