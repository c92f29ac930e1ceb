"""Rules on trial: small ones for the tests, right and wrong, none of them registered for good."""

from __future__ import annotations

import numpy as np

from gradcheck.autodiff.protocol import Availability, Derivatives
from gradcheck.campaign.examination import check_rule
from gradcheck.campaign.sampling import Settings
from gradcheck.domains import Kinks, Stratum, interval
from gradcheck.journal import encode, violation
from gradcheck.rules.registry import Registry, rule
from gradcheck.strategies import Point


def trial(rule_id, f, claim, signature="(n)->(n)", *, names="x", wrt="x", **facts):
    """Return a rule that no registry of the package holds; without a ``claim`` one that is never asked."""
    registry = Registry()
    if wrt is None:
        facts.setdefault("kind", "value")
    made = rule(rule_id, signature, names=names, wrt=wrt, f=f, registry=registry, **facts)
    made(claim or (lambda *arrays, **functions: None))
    return registry[rule_id]


def at(stratum=Stratum.SMOOTH, **arguments):
    """Return a point with these arrays."""
    return Point({name: np.array(value, float) for name, value in arguments.items()}, {}, stratum)


def cube(x):
    return x * x * x


def cube_slope(x):
    return np.diag(3 * x**2)


def relu(x):
    return (x > 0) * x


def relu_slope(x):
    return np.diag((x > 0).astype(x.dtype))


def _onto_zero(arguments, index, offset):
    arguments["x"].reshape(-1)[index] = offset
    return arguments


AT_ZERO = Kinks(surface=lambda x: x, place=_onto_zero)
JUMP_AT_ZERO = Kinks(surface=lambda x: x, place=_onto_zero, jump=True)


def right(rule_id="trial/right", **facts):
    return trial(rule_id, cube, cube_slope, **facts)


def wrong(rule_id="trial/wrong", **facts):
    return trial(rule_id, cube, lambda x: -cube_slope(x), **facts)


def relu_rule(rule_id="trial/relu", claim=relu_slope, **facts):
    return trial(rule_id, relu, claim, kinks=AT_ZERO, **facts)


def blurred_rule(rule_id="trial/blurred"):
    """Return a right rule whose function rounds so coarsely that an error of a millionth goes unseen."""

    def f(x):
        return np.sin(np.asarray(x * np.pi, dtype=np.float32)).astype(np.float64)

    def slope(x):
        return np.diag(np.pi * np.cos(np.pi * x))

    return trial(rule_id, f, slope, domain=interval(0.55, 0.95))


def broken(*_, **__):
    raise ZeroDivisionError("broken on purpose")


FEW = Settings(examples=8, sizes=(1, 2, 3))


def examined(rule, settings=FEW, dtype="float64", autodiff=None):
    """Return the record's row of ``rule``, which must follow the schema whatever the rule does."""
    row = encode(check_rule(rule, dtype, settings, autodiff))
    assert violation(row, "check") is None
    assert row["id"] == rule.id
    return row


class Declared:
    """An automatic differentiation system that says what it is told to say."""

    name = "declared"

    def __init__(self, forward=None, reverse=None, value=None, usable=True, raises=None):
        self.said = forward, reverse if reverse is not None else forward
        self.value, self.usable, self.raises = value, usable, raises
        self.keys = []

    def available(self):
        return Availability(self.usable, "declared by a test")

    def _answer(self, table, args):
        if self.raises is not None:
            raise self.raises
        return np.asarray(table(*args) if callable(table) else table, float)

    def value_of(self, f, args, *, dtype=None, key=None):
        self.keys.append(key)
        return self._answer(self.value if self.value is not None else f, args)

    def jacobian_of(self, f, args, argnum=0, *, mode="forward", dtype=None, key=None):
        self.keys.append(key)
        return self._answer(self.said[mode == "reverse"], args)

    def shapes_of(self, f, args, argnum=0, *, dtype=None):
        forward, reverse = (self._answer(table, args) for table in self.said)
        return forward.shape, reverse.shape

    def derivatives_of(self, f, args, argnum=0, *, dtype=None, key=None):
        self.keys.append(key)
        forward, reverse = (self._answer(table, args) for table in self.said)
        return Derivatives(np.asarray(f(*args)), forward, reverse)
