"""What the plugin does in a run with checks: it gathers those of each test, its report carries them on."""

from __future__ import annotations

import json
import sys
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from gradcheck.journal.checks import identified, unended
from gradcheck.journal.draws import Draws
from gradcheck.journal.encoding import encode, to_json
from gradcheck.pytest_plugin.kept import Row, kept, why_it_gates
from gradcheck.pytest_plugin.places import Place, own_place, place_of, test_facts
from gradcheck.pytest_plugin.settings import defaults_for, marked
from gradcheck.results import CheckResult, Verdict

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from gradcheck.pytest_plugin import Listener
    from gradcheck.pytest_plugin.receiving import Receiver

__all__ = ["PROPERTY", "Collector", "taken_from"]

_CARRIED = "gradcheck_checks"
"""The attribute of a report that carries the checks of its test."""
PROPERTY = "gradcheck"

_Found = tuple[Place, CheckResult | Draws, str]
"""Where a check was made, its result or those at its points, and its entry where it could not wait."""


class _Attempt:
    """One run of a test, or all that is outside of tests.

    Attributes
    ----------
    found
        By identity.
    defaults
        The keywords that hold in it.
    outcome
        Of the test so far.
    forgiven
        Whether the test is marked as known to fail.
    """

    def __init__(self, item: pytest.Item | None, defaults: dict[str, Any]) -> None:
        self.item = item
        self.place = own_place(item)
        self.defaults = defaults
        self.found: dict[str, _Found] = {}
        self.outcome = "passed"
        self.forgiven = False
        self._numbers: Counter[str] = Counter()
        self._drawn: Counter[str] = Counter()
        self._example: object = None

    def facts(self) -> dict[str, Any] | None:
        """Return what the record says of the test."""
        return None if self.item is None else test_facts(self.item, self.outcome)

    def identity(self, place: Place, name: str) -> str:
        """Return the identity of one more check called ``name``, made at ``place``."""
        base = identified(f"{place.prefix}::{name}" if place.prefix else name)
        found = _numbered(base, self._numbers)
        # A property's points may share its name with a check beside it.
        while found in self.found:
            found = _numbered(base, self._numbers)
        return found

    def draw(self, place: Place, result: CheckResult, example: object) -> bool:
        """Count ``result`` as one point of a property test; False where its name is another's."""
        if example is not self._example:
            self._example = example
            self._drawn.clear()
        base = identified(f"{place.prefix}::{result.name}" if place.prefix else result.name)
        draws = self.found.setdefault(_numbered(base, self._drawn), (place, Draws(), ""))[1]
        if isinstance(draws, Draws):
            draws.add(result)
            return True
        return False


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
        self._recording = self._settings.recording
        self._outside = _Attempt(None, defaults_for(self._settings))
        self._attempt = self._outside
        self._with_properties = bool(listener.config.getoption("xmlpath", None))

    def add(self, result: CheckResult) -> None:
        """Keep the result of a check that was just made."""
        attempt = self._current()
        place = place_of(attempt.place, self._root)
        example = _example()
        if example is not None and attempt.draw(place, result, example):
            return
        identity, beginning = attempt.identity(place, result.name), ""
        if result.evidence is not None and result.verdict is not Verdict.PASS:
            # Its matrices need not stay until the test ends.
            beginning = self._beginning(identity, result)
            result = replace(result, evidence=None)
        attempt.found[identity] = (place, result, beginning)

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

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Remember the test that runs."""
        self._listener.item = item

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
        rows = self._taken(attempt)
        if rows:
            setattr(report, _CARRIED, rows)
        self._listener.item = None
        self._attempt = self._outside

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Hand on what no report carried: a test that was cut short, and checks outside of tests."""
        with self._listener.lock:
            rows = self._taken(self._attempt)
        if self._receiver is not None:
            self._receiver.add(rows)
        else:
            session.config.workeroutput[PROPERTY] = rows  # type: ignore[attr-defined]

    def _taken(self, attempt: _Attempt) -> list[Row]:
        """Return the checks of ``attempt`` and those outside of tests, and forget them."""
        rows: list[Row] = []
        for one in (self._outside,) if attempt is self._outside else (self._outside, attempt):
            if one.found:
                test = to_json(one.facts()) if self._recording else ""
                rows += [self._row(one, identity, *found, test) for identity, found in one.found.items()]
                one.found.clear()
        return rows

    def _row(
        self,
        attempt: _Attempt,
        identity: str,
        place: Place,
        found: CheckResult | Draws,
        beginning: str,
        test: str,
    ) -> Row:
        result = found.settled() if isinstance(found, Draws) else found
        gate = self._gate(attempt, place, result)
        if self._recording and not beginning:
            beginning = self._beginning(identity, result)
        if place.item is not None:
            return kept(result, identity, gate, attempt.outcome, beginning, test, forgiven=attempt.forgiven)
        outcome = place.test["outcome"] if place.test else ""
        return kept(result, identity, gate, outcome, beginning, to_json(place.test), forgiven=False)

    def _gate(self, attempt: _Attempt, place: Place, result: CheckResult) -> str:
        return why_it_gates(result, (self._outside if place.item is None else attempt).defaults)

    def _beginning(self, identity: str, result: CheckResult) -> str:
        return unended(result, identity) if self._recording else ""

    def _add_properties(self, item: pytest.Item) -> None:
        properties = [one for one in item.user_properties if one[0] != PROPERTY]
        attempt = self._current()
        for identity, (place, found, _) in attempt.found.items():
            if place.item is None:
                # A fixture that outlives the test: which test sets it up depends on the order.
                continue
            result = found.settled() if isinstance(found, Draws) else found
            gates = bool(self._gate(attempt, place, result)) and not attempt.forgiven
            # ASCII without control characters, whatever the names are: it goes into XML.
            properties.append((PROPERTY, json.dumps(_facts(identity, result, gates=gates))))
        item.user_properties[:] = properties


def _facts(identity: str, result: CheckResult, *, gates: bool) -> dict[str, Any]:
    """Return what a JUnit file says of a check."""
    return {
        "check": identity,
        "verdict": result.verdict.value,
        "reason": result.reason.slug,
        "entries": int(result.entries),
        "nfev": int(result.nfev),
        "method": result.method,
        "expected": result.expect,
        "gates": gates,
        "detectable": None if result.power is None else encode(result.power.worst),
    }


def _judge(attempt: _Attempt, report: pytest.TestReport) -> None:
    """Update what is known of the test by the report of a phase."""
    if hasattr(report, "wasxfail"):
        attempt.forgiven = True
        attempt.outcome = "xfailed" if report.outcome == "skipped" else "xpassed"
    elif report.failed:
        attempt.outcome = "failed" if report.when == "call" else "error"
    elif report.skipped:
        attempt.outcome = "skipped"


def taken_from(report: pytest.TestReport) -> list[Row]:
    """Return the checks that ``report`` carries; it carries them no longer, for pytest keeps every report."""
    rows: list[Row] = vars(report).pop(_CARRIED, [])
    return rows
