"""How each ufunc continues to a real number with an infinitesimal part.

A number is a pair ``(p, t)``: primal and tangent, standing for ``p + i h t``
with an infinitesimal ``h``.  The four operations of arithmetic act on the pair
as they act on such a number.  A transcendental function ``F`` is evaluated by
NumPy's own complex loop a small step off the real axis,
``t_out = t * Im F(p + i h) / h`` (Lyness and Moler 1967, eq. 1; Squire and
Trapp 1998), with the step chosen for this one operation, so that nothing is
subtracted and nothing underflows, however large ``p`` and ``t`` are.  Where
``F`` obeys a functional equation, the loop is used at the neutral element and the
equation does the rest: ``log(p (1 + i h)) = log p + log(1 + i h)``.

The real domain decides: where the real loop says NaN, the tangent is NaN.
Arrays have a leading axis of replicas, see
:mod:`gradcheck.estimators.continuation.trace`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from gradcheck.arrays import Array
from gradcheck.estimators.continuation.trace import Trace

__all__ = ["BINARY", "COMPARISONS", "JUMPS", "TESTS", "UNARY", "power", "special_rule"]

Pair = tuple[Array, Array]
Unary = Callable[[Trace, Array, Array], Pair]
Binary = Callable[[Trace, Any, Any, Any, Any], Pair]

# Truncation is relative h**2 / 6 where the nearest singularity is at least about 1 away: 2**-80 / 6 for the
# first step.  The second serves functions whose singularities come within 2**-53 of a real argument:
# (2**-100 / 2**-53)**2 = 2**-94.
_H = 2.0**-40
_H_NEAR = 2.0**-100

# Continuations of the neutral elements, Im F(. + i h) / h, from the complex loops.
_EXP: dict[Any, float] = {np.exp: 1.0, np.exp2: 1.0}
_LOG: dict[Any, float] = {np.log: 1.0, np.log2: 1.0, np.log10: 1.0}
for _ufunc in _EXP:
    _EXP[_ufunc] = float(_ufunc(complex(0.0, _H)).imag / _H)
for _ufunc in _LOG:
    _LOG[_ufunc] = float(_ufunc(complex(1.0, _H)).imag / _H)
_SQRT = float(np.sqrt(complex(1.0, _H)).imag / _H)
# Above this a number has all its digits: it is far from the subnormals.
_FULL_DIGITS = 1e-290
_CBRT = float(np.power(complex(1.0, _H), 1.0 / 3.0).imag / _H)


def _unit(loop: np.ufunc, h: float) -> Unary:
    """Continue by the complex loop at the fixed step ``h``."""

    def rule(trace: Trace, p: Array, t: Array) -> Pair:
        slope = loop(p + complex(0.0, h)).imag
        slope *= 1.0 / h
        return trace.rounded(loop(p), slope * t)

    return rule


def _scaled(loop: np.ufunc, h: float, edge: tuple[float, ...] = ()) -> Unary:
    """Continue by the complex loop at ``h max(1, |p|)``; NaN outside the real domain, a tie on its edge."""
    name = loop.__name__

    def rule(trace: Trace, p: Array, t: Array) -> Pair:
        y = loop(p)
        step = h * np.maximum(1.0, np.abs(p))
        z = np.empty(p.shape, dtype=np.complex128)
        z.real = p
        z.imag = step
        for end in edge:
            trace.tie(name, p[0] == end)
        return trace.rounded(y, loop(z).imag / step * t + 0.0 * y)

    return rule


def _exponential(loop: np.ufunc) -> Unary:
    constant = _EXP[loop]

    def rule(trace: Trace, p: Array, t: Array) -> Pair:
        y = loop(p)
        return trace.rounded(y, y * constant * t)

    return rule


def _expm1(trace: Trace, p: Array, t: Array) -> Pair:
    return trace.rounded(np.expm1(p), np.exp(p) * _EXP[np.exp] * t)


def _logarithm(loop: np.ufunc) -> Unary:
    constant = _LOG[loop]

    def rule(trace: Trace, p: Array, t: Array) -> Pair:
        y = loop(p)
        return trace.rounded(y, constant * (t / p) + 0.0 * y)

    return rule


def _root(loop: np.ufunc, constant: float) -> Unary:
    name = loop.__name__

    def rule(trace: Trace, p: Array, t: Array) -> Pair:
        y = loop(p)
        # Even when the tangent is 0 there: sqrt(x * x) is |x|.
        trace.tie(name, p[0] == 0.0)
        return trace.rounded(y, constant * t / p * y)

    return rule


def _linear(loop: np.ufunc) -> Unary:
    def rule(trace: Trace, p: Array, t: Array) -> Pair:
        return trace.rounded(loop(p), loop(t))

    return rule


def _exact(loop: np.ufunc) -> Unary:
    def rule(_trace: Trace, p: Array, t: Array) -> Pair:
        return loop(p), loop(t)

    return rule


def _absolute(trace: Trace, p: Array, t: Array) -> Pair:
    negative = np.signbit(p)
    trace.tie("absolute", ((p[0] == 0.0) & trace.in_any(t != 0.0)) | (negative[0] != negative).any(axis=0))
    return np.abs(p), np.where(negative, -t, t)


def _square(trace: Trace, p: Array, t: Array) -> Pair:
    return trace.rounded(p * p, 2.0 * (p * t))


def _reciprocal(trace: Trace, p: Array, t: Array) -> Pair:
    y = np.reciprocal(p)
    return trace.rounded(y, -y * t / p)


def _spread(values: Array, shape: tuple[int, ...]) -> Array:
    """Return a copy in ``shape``; `np.broadcast_to` alone takes longer than a sum of small arrays."""
    return values.copy() if values.shape == shape else np.broadcast_to(values, shape).copy()


def _added(trace: Trace, a: Any, ta: Any, b: Any, tb: Any) -> Pair:
    y = a + b
    if ta is None:
        tangent = _spread(tb, y.shape)
    elif tb is None:
        tangent = _spread(ta, y.shape)
    else:
        tangent = ta + tb
    return trace.rounded(y, tangent)


def _subtracted(trace: Trace, a: Any, ta: Any, b: Any, tb: Any) -> Pair:
    y = a - b
    if ta is None:
        tangent = _spread(-tb, y.shape)
    elif tb is None:
        tangent = _spread(ta, y.shape)
    else:
        tangent = ta - tb
    return trace.rounded(y, tangent)


def _multiplied(trace: Trace, a: Any, ta: Any, b: Any, tb: Any) -> Pair:
    if ta is None:
        return trace.rounded(a * b, a * tb)
    if tb is None:
        return trace.rounded(a * b, ta * b)
    return trace.rounded(a * b, ta * b + a * tb)


def _divided(trace: Trace, a: Any, ta: Any, b: Any, tb: Any) -> Pair:
    y = np.true_divide(a, b)
    if tb is None:
        return trace.rounded(y, ta / b)
    if ta is None:
        return trace.rounded(y, -y * tb / b)
    return trace.rounded(y, (ta - y * tb) / b)


def _power_factor(b: Any) -> Any:
    """Return ``Im (1 + i h)**b / h``: the exponent, by the complex loop."""
    step = _H / np.maximum(1.0, np.abs(b))
    return np.power(1.0 + 1j * step, b).imag / step


_constant_factor = functools.lru_cache(maxsize=256)(_power_factor)


def _lowered(a: Any, b: Any, y: Any) -> Any:
    """Return ``a**(b - 1)`` where ``y = a**b``.

    ``0.3 - 1`` is rounded, and the error grows with ``ln a``: dividing is better where ``y`` has its digits.
    """
    safe = (np.floor(b) != b) & (a != 0.0) & (np.abs(y) > _FULL_DIGITS) & np.isfinite(y)
    if not np.any(safe):
        return np.power(a, np.subtract(b, 1.0))
    return np.where(safe, y / np.where(a == 0.0, 1.0, a), np.power(a, np.subtract(b, 1.0)))


def power(trace: Trace, a: Any, ta: Any, b: Any, tb: Any) -> Pair:
    """Return ``a**b``: ``a**(b-1) Im (1 + i h)**b / h`` by the base, ``exp(i h log a)`` by the exponent."""
    y = np.power(a, b)
    tangent = np.zeros(y.shape)
    # The two parts are rounded before they may cancel.
    part = trace.disturb if not (ta is None or tb is None) else np.asarray
    if ta is not None:
        edge = (a == 0.0) & (b != np.floor(b)) & ((ta != 0.0) | (b < 1.0))
        if np.any(edge):
            trace.tie("power", edge)
        factor = _constant_factor(float(b)) if isinstance(b, (int, float)) else _power_factor(b)
        tangent += part(np.where(ta == 0.0, 0.0, factor * _lowered(a, b, y) * ta) + 0.0 * y)
        tangent = np.where((factor == 0.0) & (y == 1.0), 0.0, tangent)
    if tb is not None:
        vanishing = (tb == 0.0) | ((a == 0.0) & (b > 0.0))
        tangent += part(np.where(vanishing, 0.0, _EXP[np.exp] * y * np.log(a) * tb))
    return trace.rounded(y, tangent)


def _over(a: Any, ta: Any, b: Any, tb: Any) -> tuple[Array, Array, Array]:
    """Return ``dz / z`` (the logarithm's derivative; 0 for 0 / 0), ``z = b + i a`` and ``dz``."""
    ta = 0.0 if ta is None else ta
    tb = 0.0 if tb is None else tb
    z = np.add(b, np.multiply(1j, a))
    dz = np.add(tb, np.multiply(1j, ta))
    return np.where((z == 0.0) & (dz == 0.0), 0.0, np.divide(dz, z)), z, dz


def _hypot(trace: Trace, a: Any, ta: Any, b: Any, tb: Any) -> Pair:
    ratio, z, dz = _over(a, ta, b, tb)
    trace.tie("hypot", (z == 0.0) & (dz != 0.0))
    y = np.hypot(a, b)
    # |log|z|' * |z|: the real part may cancel, its rounding is one ulp of the modulus and not of itself.
    return trace.rounded(y, y * trace.disturb(ratio).real)


def _arctan2(trace: Trace, a: Any, ta: Any, b: Any, tb: Any) -> Pair:
    ratio, z, _ = _over(a, ta, b, tb)
    trace.tie("arctan2", (z.imag == 0.0) & (z.real <= 0.0))
    return trace.rounded(np.arctan2(a, b), trace.disturb(ratio).imag)


def _logaddexp(loop: np.ufunc, exponential: np.ufunc) -> Binary:
    def rule(trace: Trace, a: Any, ta: Any, b: Any, tb: Any) -> Pair:
        top = np.maximum(a, b)
        # Either weight is rounded, and so is what it is the exponential of, however exact a and b are.
        u, v = (trace.disturb(exponential(trace.disturb(each - top))) for each in (a, b))
        moved = (u * ta if ta is not None else 0.0) + (v * tb if tb is not None else 0.0)
        return trace.rounded(loop(a, b), np.asarray(moved / (u + v)))

    return rule


def _chosen(loop: np.ufunc, first: Callable[[Any, Any], Any]) -> Binary:
    """Maximum and minimum: the branch that the real parts choose; NaN as the real loop has it."""
    name = loop.__name__

    def rule(trace: Trace, a: Any, ta: Any, b: Any, tb: Any) -> Pair:
        y = loop(a, b)
        ta = 0.0 if ta is None else ta
        tb = 0.0 if tb is None else tb
        take_first = np.broadcast_to(first(a, b) | np.isnan(b), y.shape)
        moved = np.broadcast_to(np.not_equal(ta, tb), y.shape)
        equal = np.broadcast_to(np.equal(a, b), y.shape)
        unsure = (take_first != take_first[0]).any(axis=0)
        trace.tie(name, (equal[0] & trace.in_any(moved)) | (unsure & moved.any(axis=0)))
        return y, np.where(take_first, ta, tb) + 0.0 * y

    return rule


def _copysign(trace: Trace, a: Any, ta: Any, b: Any, tb: Any) -> Pair:
    y = np.copysign(a, b)
    if tb is not None:
        trace.tie("copysign", b[0] == 0.0)
    if ta is None:
        return y, np.zeros(y.shape)
    trace.tie("copysign", (a[0] == 0.0) & trace.in_any(ta != 0.0))
    return y, np.where(np.signbit(a) != np.signbit(y), -ta, ta)


def _remainder(loop: np.ufunc, whole: Callable[[Any], Any]) -> Binary:
    """``a - q b`` with the whole number ``q`` held: a jump where the remainder is zero."""
    name = loop.__name__

    def rule(trace: Trace, a: Any, ta: Any, b: Any, tb: Any) -> Pair:
        y = loop(a, b)
        quotient = whole(np.true_divide(a, b))
        tangent = np.zeros(y.shape)
        if ta is not None:
            tangent = tangent + ta
        if tb is not None:
            tangent = tangent - quotient * tb
        trace.tie(name, y[0] == 0.0)
        return trace.rounded(y, tangent)

    return rule


def _ldexp(_trace: Trace, a: Any, ta: Any, b: Any, tb: Any) -> Pair:
    del tb
    exponent = np.asarray(b, dtype=np.int64)
    return np.ldexp(a, exponent), np.ldexp(ta, exponent)


UNARY: dict[np.ufunc, Unary] = {
    **{loop: _unit(loop, _H) for loop in (np.sin, np.cos, np.sinh, np.cosh, np.tanh)},
    np.tan: _unit(np.tan, _H_NEAR),
    np.arcsin: _scaled(np.arcsin, _H_NEAR, (-1.0, 1.0)),
    np.arccos: _scaled(np.arccos, _H_NEAR, (-1.0, 1.0)),
    np.arccosh: _scaled(np.arccosh, _H_NEAR, (1.0,)),
    np.arctanh: _scaled(np.arctanh, _H_NEAR),
    np.log1p: _scaled(np.log1p, _H_NEAR),
    np.arctan: _scaled(np.arctan, _H),
    np.arcsinh: _scaled(np.arcsinh, _H),
    **{loop: _exponential(loop) for loop in _EXP},
    np.expm1: _expm1,
    **{loop: _logarithm(loop) for loop in _LOG},
    np.sqrt: _root(np.sqrt, _SQRT),
    np.cbrt: _root(np.cbrt, _CBRT),
    np.square: _square,
    np.reciprocal: _reciprocal,
    **{loop: _exact(loop) for loop in (np.negative, np.positive)},
    np.conjugate: _exact(np.positive),
    np.absolute: _absolute,
    np.fabs: _absolute,
    **{loop: _linear(loop) for loop in (np.deg2rad, np.rad2deg, np.radians, np.degrees)},
}

BINARY: dict[np.ufunc, Binary] = {
    np.add: _added,
    np.subtract: _subtracted,
    np.multiply: _multiplied,
    np.true_divide: _divided,
    np.power: power,
    np.float_power: power,
    np.hypot: _hypot,
    np.arctan2: _arctan2,
    np.logaddexp: _logaddexp(np.logaddexp, np.exp),
    np.logaddexp2: _logaddexp(np.logaddexp2, np.exp2),
    **{loop: _chosen(loop, np.greater_equal) for loop in (np.maximum, np.fmax)},
    **{loop: _chosen(loop, np.less_equal) for loop in (np.minimum, np.fmin)},
    np.copysign: _copysign,
    np.remainder: _remainder(np.remainder, np.floor),
    np.fmod: _remainder(np.fmod, np.trunc),
    np.ldexp: _ldexp,
}

# Piecewise constant, the result a plain real array.  Where it jumps: at 0, at whole numbers, or halfway.
JUMPS: dict[np.ufunc, str] = {
    **dict.fromkeys((np.sign, np.heaviside), "zero"),
    **dict.fromkeys((np.floor, np.ceil, np.trunc, np.floor_divide), "whole"),
    np.rint: "half",
}

# Answer with plain truth values from the real parts; comparisons note ties.
COMPARISONS = (np.greater, np.greater_equal, np.less, np.less_equal, np.equal, np.not_equal)
TESTS = (
    np.isnan,
    np.isfinite,
    np.isinf,
    np.signbit,
    np.logical_not,
    np.logical_and,
    np.logical_or,
    np.logical_xor,
)


def special_rule(ufunc: np.ufunc) -> Unary | Binary | None:
    """Return the continuation of one of ``scipy.special``'s ufuncs, by its name; None when there is none."""
    from gradcheck.estimators.continuation.special import SPECIAL

    factory = SPECIAL.get(ufunc.__name__)
    return None if factory is None else factory(ufunc)
