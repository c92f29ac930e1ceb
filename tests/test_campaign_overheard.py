"""What functions under test print and warn is counted, and does not reach standard output."""

from __future__ import annotations

import contextlib
import sys
import threading
import warnings

import numpy as np
import pytest
from trial_rules import trial

from gradcheck.campaign.examination import check_rule
from gradcheck.campaign.overheard import overhearing
from gradcheck.campaign.sampling import Settings
from gradcheck.journal import encode, violation

say = print  # A test may not print; what a user writes may.


def loud(x):
    say("value", x)
    return x * x


def warned(x):
    warnings.warn("old way", UserWarning, stacklevel=1)
    return np.array([[2 * x]])


@pytest.mark.filterwarnings("default")
def test_a_rule_that_prints_and_warns_says_so_in_its_row(capsys):
    rule = trial("t/loud", loud, warned, "()->()")
    row = encode(check_rule(rule, "float64", Settings(examples=5), None))
    assert violation(row, "check") is None
    assert row["verdict"] == "pass"
    printed, warns = row["remarks"]
    assert printed.startswith("printed ")
    assert "the first: 'value " in printed
    assert warns.startswith("warned (")
    assert warns.endswith("UserWarning: old way")
    assert capsys.readouterr() == ("", "")


def test_a_silent_rule_has_no_remarks():
    row = check_rule(
        trial("t/x", lambda x: x * x, lambda x: np.array([[2 * x]]), "()->()"),
        "float64",
        Settings(examples=5),
        None,
    )
    assert "remarks" not in row


def test_other_threads_print_where_they_always_did(capsys):
    with overhearing() as heard:
        other = threading.Thread(target=print, args=("from elsewhere",))
        other.start()
        other.join()
        say("from here")
    assert capsys.readouterr().out == "from elsewhere\n"
    assert heard.lines == 1


def test_everything_is_put_back_after_nested_use_and_exceptions():
    before = sys.stdout, warnings.showwarning
    with overhearing() as outer:
        say("one")
        with contextlib.suppress(ZeroDivisionError), overhearing() as inner:
            say("two")
            raise ZeroDivisionError
        say("three")
    assert (sys.stdout, warnings.showwarning) == before
    assert (outer.lines, inner.lines) == (2, 1)


def test_the_stand_keeps_what_standard_output_says_of_itself():
    terminal = sys.stdout.isatty()
    with overhearing():
        assert sys.stdout.isatty() is terminal
        assert sys.stdout.writable()
