"""What the plugin does in the process that reports: it merges the checks of all tests into one record."""

from __future__ import annotations

import contextlib
import json
import shlex
import time
from typing import TYPE_CHECKING, Any

import pytest

from gradcheck.counts import tally
from gradcheck.errors import MissingExtra
from gradcheck.journal import Journal, UnwritableRecord, environment
from gradcheck.pytest_plugin.collecting import PROPERTY, taken_from
from gradcheck.pytest_plugin.kept import Kept, Row
from gradcheck.pytest_plugin.summary import FAILED, write_summary

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gradcheck.pytest_plugin.settings import Settings

__all__ = ["Receiver"]

_WHOLE = (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.NO_TESTS_COLLECTED)
_MESSAGES = 20


class Receiver:
    """Keeps the checks of a session, each once, and says at the end what they come to.

    Attributes
    ----------
    checks
        By identity; of several with the same identity the one with the gravest verdict.
    notes, unwritten
        Where the reports are, and which could not be written.
    cut_short
        Why the record is not whole.
    """

    def __init__(self, config: pytest.Config, settings: Settings) -> None:
        self.config, self.settings = config, settings
        self.checks: dict[str, Kept] = {}
        self.notes: list[str] = []
        self.cut_short: list[str] = []
        self.unwritten: list[str] = []
        self._reporting = False
        self._journal: Journal | None = None
        self._header: dict[str, Any] = {}
        self._started = time.perf_counter()
        self._rerun: set[tuple[Any, str]] = set()

    @property
    def gating(self) -> list[Kept]:
        """The checks that stop the build although the tests that made them passed."""
        found = [check for check in self.checks.values() if check.gate_reason]
        return [check for check in found if check.outcome not in FAILED]

    def start(self) -> None:
        """Remove the reports of the last run, and open the record: a killed run shows no old green."""
        self._reporting = True
        try:
            if self.settings.html is not None:
                self.settings.html.unlink(missing_ok=True)
            if self.settings.json is not None:
                journal = Journal(self.settings.json.parent, self.settings.json.stem)
                self._header = _header(self.config, self.settings)
                journal.__enter__()
                self.config.add_cleanup(lambda: _left(journal))
                journal.header(self._header)
                self._journal = journal
        except UnwritableRecord as cause:
            raise pytest.UsageError(f"--gradcheck-json: {cause}") from cause
        except OSError as cause:
            raise pytest.UsageError(
                f"--gradcheck-html: cannot replace {self.settings.html}: {cause}"
            ) from cause

    def add(self, rows: Sequence[Row]) -> None:
        """Take checks; of two with one identity the graver stays."""
        checks = [Kept(*row) for row in rows]
        for check in checks:
            known = self.checks.get(check.id)
            if known is None or check.severity > known.severity:
                self.checks[check.id] = check
        if self._journal is not None and checks:
            self._journal.append([check.text for check in checks])

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take the checks of a test with its last report, unless it is run again."""
        place = (getattr(report, "node", None), report.nodeid)
        # The word is pytest-rerunfailures'.
        if str(report.outcome) == "rerun":
            self._rerun.add(place)
        elif report.when == "setup":
            self._rerun.discard(place)
        if report.when == "teardown":
            rows = taken_from(report)
            if place in self._rerun:
                self._rerun.discard(place)
            else:
                self.add(rows)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Note what could not be collected: its checks are missing."""
        if report.failed:
            self.cut_short.append(f"{report.nodeid} could not be collected")

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: object) -> None:
        """Take what a worker process had beside its tests; note a process that died."""
        self.add(getattr(node, "workeroutput", {}).get(PROPERTY, ()))
        if error:
            name = getattr(getattr(node, "gateway", None), "id", "a worker")
            self.cut_short.append(f"worker {name} died, and with it the checks of the test that it ran")

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Write the reports; fail a session that would pass although a check gates or a report is missing."""
        self._close(session, exitstatus)
        if self._reporting and (self.settings.json or self.settings.html):
            self._write_reports()
        calm = (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED)
        if (self.gating or self.unwritten) and session.exitstatus in calm:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def _close(self, session: pytest.Session, exitstatus: int) -> None:
        if exitstatus not in _WHOLE:
            self.cut_short.append("the session was interrupted")
        elif session.shouldfail or session.shouldstop:
            self.cut_short.append(f"the session stopped early: {session.shouldfail or session.shouldstop}")

    def _write_reports(self) -> None:
        checks = [self.checks[identity] for identity in sorted(self.checks)]
        record = self._record(checks)
        if self._journal is not None:
            try:
                self._journal.end(record, [check.text for check in checks])
                self.notes.append(f"record: {self.settings.json}")
            except UnwritableRecord as cause:
                self.unwritten.append(f"no record: {cause}")
        if self.settings.html is not None:
            self._write_page(record | {"checks": [json.loads(check.text) for check in checks]})

    def _write_page(self, record: dict[str, Any]) -> None:
        from gradcheck.reporting.html import render

        page = self.settings.html
        assert page is not None
        try:
            page.parent.mkdir(parents=True, exist_ok=True)
            page.write_text(render(record), encoding="utf-8", newline="\n")
            self.notes.append(f"report: {page}")
        except OSError as cause:
            self.unwritten.append(f"no page: cannot write {page}: {cause.strerror}")
        except MissingExtra as cause:
            self.unwritten.append(f"no page: {cause}")

    def _record(self, checks: Sequence[Kept]) -> dict[str, Any]:
        """Return the record, but for its checks."""
        gating = [check for check in checks if check.gate_reason]
        entries = sum(check.entries for check in checks)
        messages = [f"{check.id}: {check.gate_reason}" for check in gating[:_MESSAGES]]
        messages += [f"and {len(gating) - _MESSAGES} more"] if len(gating) > _MESSAGES else []
        messages += self.cut_short if entries or self.cut_short else ["nothing was checked"]
        code = 2 if self.cut_short else 1 if gating else 0 if entries else 5
        counts = tally([check.counted for check in checks], messages=messages)
        header = self._header or _header(self.config, self.settings)
        took = round(time.perf_counter() - self._started, 3)
        return {
            **header,
            "schema_version": 1,
            "tool": "gradcheck",
            "complete": not self.cut_short,
            "summary": counts | {"exit_code": code},
            "self_test": None,
            "environment": header["environment"] | {"duration_seconds": took},
        }

    @pytest.hookimpl(trylast=True)
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Write the section of the terminal."""
        write_summary(terminalreporter, self)


def _left(journal: Journal) -> None:
    # That it cannot be written was said when the session ended.
    with contextlib.suppress(UnwritableRecord):
        journal.__exit__(None, None, None)


def _header(config: pytest.Config, settings: Settings) -> dict[str, Any]:
    seed = config.getoption("hypothesis_seed", None)
    return {
        "command": shlex.join(["pytest", *map(str, config.invocation_params.args)]),
        "seed": int(seed) if str(seed).isdecimal() else None,
        "examples": settings.examples or 0,
        "dtypes": [],
        "sizes": [],
        "witnesses": [],
        "not_checkable": [],
        "environment": environment(("pytest", "numpy", "scipy", "hypothesis", "jax")),
    }
