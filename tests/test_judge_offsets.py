"""Data with an offset: standardising loses the digits of its mean, in the function as in its derivative."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import gradcheck
from gradcheck.judge.references.witnesses import Witnesses
from gradcheck.results import Verdict

OFFSETS = (1e2, 1e3, 1e4, 1e5)


def normalised(x: Any) -> Any:
    return (x - x.mean(0)) / np.sqrt(x.var(0) + 1e-5)


def jacobian(x: Any, mean_term: float = 1.0) -> Any:
    """Ioffe and Szegedy (2015), section 3: the batch's mean and variance are differentiated too."""
    count, width = x.shape
    found = np.zeros((count, width, count, width))
    scale = np.sqrt(x.var(0) + 1e-5)
    z = (x - x.mean(0)) / scale
    for k in range(width):
        whole = np.eye(count) - mean_term / count - np.outer(z[:, k], z[:, k]) / count
        found[:, k, :, k] = whole / scale[k]
    return found


def batch(seed: int, offset: float) -> Any:
    return np.random.default_rng(seed).normal(size=(6, 3)) + offset


def failures(seeds: range) -> int:
    found = [gradcheck.check(normalised, jacobian, batch(s, offset)) for offset in OFFSETS for s in seeds]
    return sum(one.verdict is Verdict.FAIL for one in found)


def test_a_right_derivative_passes_whatever_the_offset():
    assert failures(range(12)) == 0


@pytest.mark.parametrize("offset", OFFSETS)
def test_the_mean_left_out_fails(offset):
    found = gradcheck.check(normalised, lambda x: jacobian(x, mean_term=0.0), batch(0, offset))
    assert found.verdict is Verdict.FAIL


def test_bars_are_measured_anew_before_a_fail(monkeypatch):
    # The twin: of a thousand columns one has three copies that are near the first by chance.
    monkeypatch.setattr(Witnesses, "_measured_anew", lambda self, columns: False)
    assert failures(range(30)) > 0
