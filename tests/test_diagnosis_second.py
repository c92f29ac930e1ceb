"""The last of two mistakes has to mend everything: what cannot is left out early, and nothing else is."""

from __future__ import annotations

import numpy as np
import pytest

from gradcheck.diagnosis import parts, scalings
from gradcheck.diagnosis.context import Context
from gradcheck.diagnosis.state import State

REFERENCE = np.random.default_rng(5).uniform(0.3, 2.0, (4, 4)) * [[1], [-1], [1], [1]]
VECTOR = np.array([2.0, -3.0, 0.5, 7.0])
CONTEXT = Context(vectors={"w": VECTOR})
MADE = {
    "factor": REFERENCE * 3,
    "row factors": REFERENCE * np.array([[2.0], [3.0], [2.0], [3.0]]),
    "column factors": REFERENCE * np.array([2.0, 3.0, 2.0, 3.0]),
    "known rows": REFERENCE * VECTOR[:, None],
    "known columns, missing": REFERENCE / VECTOR,
    "offset": REFERENCE + 1,
    **{name: form(REFERENCE) for name, form in parts.FORMS.items()},
}


def mending(claim, *, robust):
    bars = 1e-14 * np.abs(claim)
    state = State.of(claim, bars, REFERENCE, 1e-14 * np.abs(REFERENCE))
    steps = [*scalings.propose(state, CONTEXT, robust=robust), *parts.propose(state, robust=robust)]
    found = [step for step in steps if step.state.agrees]
    return sorted(
        {(str(one.finding.mistake), one.finding.label, str(one.finding.parameter)) for one in found}
    )


@pytest.mark.parametrize("name", MADE)
def test_what_mends_all_is_kept(name):
    mended = mending(MADE[name], robust=False)
    assert mended
    assert mended == mending(MADE[name], robust=True)


@pytest.mark.parametrize("name", MADE)
def test_what_one_further_entry_spoils_is_left_out(name):
    claim = MADE[name].copy()
    claim[1, 2] += 0.77
    assert mending(claim, robust=False) == []


def test_most_of_what_cannot_mend_is_not_even_tried():
    claim = REFERENCE + np.random.default_rng(6).uniform(0.1, 1.0, (4, 4))
    state = State.of(claim, 0 * claim, REFERENCE, 0 * claim)
    second = [*scalings.propose(state, CONTEXT, robust=False), *parts.propose(state, robust=False)]
    assert second == []
    state = State.of(claim, 0 * claim, REFERENCE, 0 * claim)
    assert len([*scalings.propose(state, CONTEXT, robust=True), *parts.propose(state, robust=True)]) > 4
