"""Rules as strategies see them, points drawn from them, and what may be wrong with a point."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.strategies import SearchStrategy

from gradcheck.domains import (
    Input,
    Interval,
    Kinks,
    Signature,
    interval,
    nonzero,
    positive,
    real,
)
from gradcheck.strategies import strata_of


@dataclass(frozen=True)
class Spec:
    """The fields of a rule that say which points are legal, and nothing else."""

    signature: str
    inputs: tuple[Input, ...]
    functions: Mapping[str, Any] = field(default_factory=dict)
    minimum: Mapping[str, int] = field(default_factory=dict)
    kinks: Kinks | None = None
    arrange: Callable[[dict[str, Any]], dict[str, Any]] | None = None

    @property
    def parsed(self):
        return Signature.parse(self.signature)


def spec(signature, names, domains=None, **facts):
    shapes = Signature.parse(signature).inputs
    known = domains or {}
    given_inputs = (Input(n, s, known.get(n, real())) for n, s in zip(names.split(), shapes, strict=True))
    return Spec(signature, tuple(given_inputs), **facts)


def place_tie(arguments, index, offset):
    moved = arguments["w"].copy()
    moved.reshape(-1)[index] = arguments["x"].reshape(-1)[index] + offset
    return {**arguments, "w": moved}


def place_bias(arguments, index, offset):
    rest = arguments["w"] @ arguments["x"]
    return {**arguments, "b": np.asarray(offset - rest)}


def place_sample(arguments, index, offset):
    rest = arguments["X"][index] @ arguments["w"]
    return {**arguments, "b": np.asarray(offset - rest)}


def all_active(arguments):
    """Raise the bias until every sample is active by 1."""
    least = np.min(arguments["X"] @ arguments["w"] + arguments["b"], initial=1.0)
    return {**arguments, "b": np.asarray(arguments["b"] + max(0.0, 1.0 - least))}


TIES = Kinks(lambda w, x: w - x, place_tie)
PLAIN = spec("(n),(n)->(n)", "w x")
MAXIMUM = spec("(n),(n)->(n)", "w x", kinks=TIES)
POSITIVE_MAXIMUM = spec("(n),(n)->(n)", "w x", {"w": positive(), "x": positive()}, kinks=TIES)
NARROW_MAXIMUM = spec("(n),(n)->(n)", "w x", {"w": interval(0, 1), "x": interval(0, 1)}, kinks=TIES)
NEURON = spec("(n),(n),()->()", "w x b", kinks=Kinks(lambda w, x, b: w @ x + b, place_bias))
BATCH = Kinks(lambda X, y, w, b: X @ w + b, place_sample)
LOSS = spec("(N,n),(N),(n),()->()", "X y w b", kinks=BATCH, minimum={"N": 1})
ACTIVE_LOSS = spec("(N,n),(N),(n),()->()", "X y w b", kinks=BATCH, minimum={"N": 1}, arrange=all_active)
STEP = spec("(n),(n)->(n)", "w x", kinks=Kinks(TIES.surface, TIES.place, jump=True))
DIVISION = spec("(n),(n)->(n)", "w x", {"x": nonzero()})
LOGARITHM = spec("(n)->(n)", "x", {"x": positive()})
ARCSINE = spec("(n)->(n)", "x", {"x": interval(-1, 1)})
TANGENT = spec("()->()", "x", {"x": Interval(-2.0, 3.0, holes=(0.5, 2.0), tame=3.0, extreme=3.0)})
CONVOLUTION = spec("(k+p-1),(k)->(p)", "x w")
SPECS = {
    name: value for name, value in globals().items() if isinstance(value, Spec) and not name.startswith("_")
}
CASES = [(name, stratum) for name, one in SPECS.items() for stratum in strata_of(one)]


def drawn(strategy: SearchStrategy, *, count: int = 60, start: int = 1) -> list:
    """Return ``count`` values drawn with a fixed seed."""
    found = []

    @seed(start)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def collect(value):
        found.append(value)

    collect()
    return found
