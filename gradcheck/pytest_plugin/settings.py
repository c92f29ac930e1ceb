"""Options and markers: what holds for a check, and what cannot be used."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from gradcheck.reporting.pages import is_foreign

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["KEYWORDS", "Refusal", "Settings", "defaults_for", "marked", "unusable"]

_OF_A_PAGE = ("jinja2", "latex2mathml", "matplotlib")
KEYWORDS = (
    "rtol",
    "method",
    "max_nfev",
    "layout",
    "bounds",
    "rng",
    "expect",
    "allow_inconclusive",
    "max_detectable",
)
"""Keywords that a marker may give: those of the checks that do not belong to one point, and the ceiling."""


@dataclass(frozen=True)
class Settings:
    """The options of a run; None where not given.

    Attributes
    ----------
    html, json
        Where the page and the record go.
    examples
        Points to draw in every property test of a derivative.
    max_detectable
        The largest relative error that a check may have missed.
    allow_inconclusive
        Whether INCONCLUSIVE is good enough.
    """

    html: Path | None = None
    json: Path | None = None
    examples: int | None = None
    max_detectable: float | None = None
    allow_inconclusive: bool = False

    @property
    def recording(self) -> bool:
        """Whether the entries of the checks are wanted, with the numbers behind their verdicts."""
        return self.json is not None or self.html is not None

    @classmethod
    def of(cls, config: pytest.Config) -> Settings:
        """Read the options: the command line first, then the configuration file.

        Raises
        ------
        pytest.UsageError
            If a value cannot be used; given and expected are named.
        """
        return cls(
            html=_path(config, "html"),
            json=_path(config, "json"),
            examples=_number(config, "examples", int, "a whole number of at least 1"),
            max_detectable=_number(config, "max_detectable", float, "a number above 0"),
            allow_inconclusive=bool(_given(config, "allow_inconclusive")),
        )

    def require_possible(self) -> None:
        """Refuse a report that could not be written at the end."""
        if self.json is not None and self.json.suffix != ".json":
            raise pytest.UsageError(
                f"--gradcheck-json: given {str(self.json)!r}, expected a name that ends in .json"
            )
        self._require_apart()
        if self.html is not None and not all(map(_is_found, _OF_A_PAGE)):
            raise pytest.UsageError(
                '--gradcheck-html needs the extra `report`: python -m pip install "gradcheck[report]"'
            )

    def _require_apart(self) -> None:
        if self.html is None:
            return
        page = self.html.resolve()
        record = None if self.json is None else self.json.resolve()
        if record is not None and page in (record, record.with_suffix(".jsonl")):
            raise pytest.UsageError(
                f"--gradcheck-html: given {str(self.html)!r}, expected another file than the record and its "
                "journal; give each a name of its own"
            )
        if is_foreign(self.html):
            raise pytest.UsageError(
                f"--gradcheck-html: given {str(self.html)!r}, expected a name that ends in .html; that file "
                "exists and is no page of gradcheck's: it would be lost"
            )

    def header(self) -> str:
        """Return what was asked for in one line."""
        from gradcheck import __version__

        facts = [f"record {self.json}"] if self.json else []
        facts += [f"page {self.html}"] if self.html else []
        facts += [f"{self.examples} points a property test"] if self.examples else []
        facts += [f"detectable at most {self.max_detectable:g}"] if self.max_detectable else []
        facts += ["inconclusive allowed"] if self.allow_inconclusive else []
        return f"gradcheck {__version__}: {', '.join(facts)}"


def _is_found(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ValueError:
        # What stands in its place was imported by no loader.
        return False


def _given(config: pytest.Config, name: str) -> Any:
    given = config.getoption(f"gradcheck_{name}", None)
    return config.getini(f"gradcheck_{name}") if given is None else given


def _path(config: pytest.Config, name: str) -> Path | None:
    typed = config.getoption(f"gradcheck_{name}", None)
    if typed:
        return Path(config.invocation_params.dir, typed).absolute()
    written = config.getini(f"gradcheck_{name}")
    return Path(config.rootpath, written) if written else None


def _number(config: pytest.Config, name: str, read: Callable[[Any], Any], expected: str) -> Any:
    given = _given(config, name)
    if given is None or given == "":
        return None
    try:
        number = read(given)
    except ValueError:
        number = 0
    # Not `number <= 0`: NaN must not pass.
    if not 0 < number < float("inf"):
        option = name.replace("_", "-")
        raise pytest.UsageError(
            f"--gradcheck-{option} (or gradcheck_{name}): given {given!r}, expected {expected}"
        )
    return number


def marked(item: pytest.Item) -> dict[str, Any]:
    """Return the keywords of the markers on ``item``, its class and its module; the nearest wins."""
    found: dict[str, Any] = {}
    for marker in item.iter_markers("gradcheck"):
        found = {**marker.kwargs, **found}
    return found


def defaults_for(settings: Settings) -> dict[str, Any]:
    """Return the keywords that hold for every check of a run."""
    found: dict[str, Any] = {}
    if settings.allow_inconclusive:
        found["allow_inconclusive"] = True
    if settings.examples is not None:
        found["examples"] = settings.examples
    if settings.max_detectable is not None:
        found["max_detectable"] = settings.max_detectable
    return found


def unusable(markers: Iterable[pytest.Mark]) -> str:
    """Return what is wrong with the first of ``markers`` that cannot be used; empty when all can."""
    for marker in markers:
        if marker.args:
            return f"given {marker.args[0]!r} without a keyword; write @pytest.mark.gradcheck(rtol=1e-4), say"
        for name in marker.kwargs:
            if name not in KEYWORDS:
                near = difflib.get_close_matches(name, KEYWORDS, n=1)
                hint = f"did you mean {near[0]!r}? " if near else ""
                return f"unknown keyword {name!r}; {hint}known: {', '.join(KEYWORDS)}"
    return ""


class Refusal:
    """Fails the tests whose markers cannot be used."""

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Fail a test because of its marker."""
        fault = unusable(item.iter_markers("gradcheck"))
        if fault:
            pytest.fail(f"@pytest.mark.gradcheck: {fault}", pytrace=False)
