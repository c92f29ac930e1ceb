"""What fools checkers, each with the verdict that is right.

``"accepted"``: the claim is right, or inside Clarke's generalised derivative at a kink.  ``"rejected"``: it
is wrong.  ``"undecided"``: nothing can be told, and the right answer is to say so; of a checker that knows
only yes and no, anything but yes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

__all__ = ["Trap", "traps"]

YES, NO, OPEN = "accepted", "rejected", "undecided"


@dataclass(frozen=True)
class Trap:
    """``f`` is made anew for each tool, for some remember their calls."""

    name: str
    make: Callable[[], Callable[[Any], Any]]
    jac: Callable[[Any], Any]
    x: Any
    right: str


def _is(f: Callable[[Any], Any]) -> Callable[[], Callable[[Any], Any]]:
    return lambda: f


def _off(jac: Callable[[Any], Any], index: tuple[int, ...], shift: float) -> Callable[[Any], Any]:
    def wrong(x: Any) -> Any:
        found = np.array(jac(x), dtype=float)
        found[index] += shift
        return found

    return wrong


def _times(factor: float, jac: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda x: factor * np.asarray(jac(x))


def _zero(shape: tuple[int, ...]) -> Callable[[Any], Any]:
    return lambda x: np.zeros(shape, np.asarray(x).dtype)


def _always(value: Any) -> Callable[[Any], Any]:
    return lambda x: np.array(value, dtype=np.asarray(x).dtype if np.asarray(x).dtype.kind == "f" else float)


def _squares_jac(x: Any) -> Any:
    return np.diag(2 * x)


class _Noise:
    """Adds noise of 1e-8."""

    def __init__(self) -> None:
        self.rng = np.random.default_rng(0)

    def __call__(self, x: Any) -> Any:
        return x**2 + 1e-8 * self.rng.standard_normal(np.shape(x))


class _Dropout:
    """Leaves out half of its input."""

    def __init__(self) -> None:
        self.rng = np.random.default_rng(0)

    def __call__(self, x: Any) -> Any:
        return x**2 * (self.rng.random(np.shape(x)) < 0.5)


class _Counter:
    """Changes from the fifth call on."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, x: Any) -> Any:
        self.calls += 1
        return x**2 * (1 + (self.calls > 4))


def _mutating(x: Any) -> Any:
    x[0] = 0.0
    return x**2


def _buffer(x: Any) -> Any:
    out = np.zeros(np.shape(x))
    out[:] = x**2
    return out


def _coupled(x: Any) -> Any:
    return np.array([x[0] + 5 * x[1], x[1], x[0] + x[1]])


def _without_an_entry(x: Any) -> Any:
    return sparse.csr_matrix(np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]) + 0.0 * np.asarray(x)[0])


def _whole(x: Any) -> Any:
    return sparse.csr_matrix(np.array([[1.0, 5.0], [0.0, 1.0], [1.0, 1.0]]) + 0.0 * np.asarray(x)[0])


_P = np.array([0.2, -0.8, 1.5])
_X = np.array([0.4, -1.2, 2.2])
_UP = np.array([0.3, 0.9, 1.6])
_MANY = np.linspace(-2.0, 2.0, 100)
_F32 = np.linspace(-1.5, 1.5, 40, dtype=np.float32)
_HALF = np.array([0.2, 0.6, 1.1], dtype=np.float16)
_PAIR = np.array([1.0, 0.4])
_TIED = np.array([2.0, 2.0, -1.0])
_NEGATIVE = np.array([-1.0, 4.0, 9.0])
_M = np.array([[2.0, 0.3, -0.4], [0.1, 1.5, 0.2], [-0.6, 0.5, 1.1]])
_BIT = np.float32(1e-3)


def _sum_squares(scale: Any) -> Callable[[], Callable[[Any], Any]]:
    return _is(lambda x: scale * np.sum(x**2))


def _roots_jac(x: Any) -> Any:
    with np.errstate(invalid="ignore"):
        return np.diag(0.5 / np.sqrt(x))


def _singular_jac(a: Any) -> Any:
    left, _, right = np.linalg.svd(a)
    return np.einsum("ik,kj->kij", left, right)


def _steep_and_flat(x: Any) -> Any:
    return np.array([1e6 * x[0], np.sin(x[1])])


def _column_minus_row(p: Any) -> Any:
    return np.mean((p - _P) ** 2)


def _min_of_moduli(x: Any) -> Any:
    return np.minimum(np.abs(x[0]), np.abs(x[1]))


def _wrong_accepted_elsewhere() -> list[Trap]:
    """Wrong derivatives that a checker is known to accept, and their right twins."""
    spread = [
        Trap("sum of squares times 1e-6, claim 0", _sum_squares(1e-6), _zero((3,)), _X, NO),
        Trap("sum of squares times 1e-6", _sum_squares(1e-6), lambda x: 2e-6 * x, _X, YES),
        Trap(
            "sum of fourth powers times 1e-8, claim 0",
            _is(lambda x: 1e-8 * np.sum(x**4)),
            _zero((3,)),
            _X,
            NO,
        ),
        Trap("mean of 100 squares, claim 0", _is(lambda x: np.mean(x**2)), _zero((100,)), _MANY, NO),
        Trap("float32 squares times 1e-3, claim 0", _sum_squares(_BIT), _zero((40,)), _F32, NO),
        Trap("float32 squares times 1e-3", _sum_squares(_BIT), lambda x: 2 * _BIT * x, _F32, YES),
        Trap("float32 sine, sign", _is(np.sin), lambda x: -np.diag(np.cos(x)), _F32, NO),
        Trap("float32 sine", _is(np.sin), lambda x: np.diag(np.cos(x)), _F32, YES),
        Trap("float16 sine, claim 0", _is(np.sin), _zero((3, 3)), _HALF, NO),
        Trap("float16 sine", _is(np.sin), lambda x: np.diag(np.cos(x)), _HALF, YES),
        Trap("one of 10000 entries off by 0.2", _is(np.square), _off(_squares_jac, (3, 7), 0.2), _MANY, NO),
        Trap("3 x at 1e12, claim 0", _is(lambda x: 3 * x), _always(0.0), 1e12, NO),
        Trap("3 x at 1e12", _is(lambda x: 3 * x), _always(3.0), 1e12, YES),
        Trap("7 sqrt beside a NaN", _is(np.sqrt), _times(7.0, _roots_jac), _NEGATIVE, NO),
        Trap("sqrt beside a NaN", _is(np.sqrt), _roots_jac, _NEGATIVE, OPEN),
    ]
    masked = [
        Trap("sine dropped below 1e6", _is(_steep_and_flat), _always([[1e6, 0.0], [0.0, 0.0]]), _PAIR, NO),
        Trap(
            "1e4 x² + y, y doubled",
            _is(lambda x: 1e4 * x[0] ** 2 + x[1]),
            lambda x: np.array([2e4 * x[0], 2.0]),
            _PAIR,
            NO,
        ),
        Trap(
            "1e10 x and y, sign of y",
            _is(lambda x: np.array([1e10, 1.0]) * x),
            _always([[1e10, 0.0], [0.0, -1.0]]),
            _PAIR,
            NO,
        ),
        Trap("9e-4 too large", _is(np.sin), lambda x: (1 + 9e-4) * np.cos(x), 0.8, NO),
        Trap("1e-7 too large", _is(np.sin), lambda x: (1 + 1e-7) * np.cos(x), 0.8, NO),
        Trap("NaN claimed", _is(np.sin), _always(np.nan), 0.8, NO),
        Trap("infinity claimed", _is(np.sin), _always(np.inf), 0.8, NO),
        Trap("sparse claim without an entry", _is(_coupled), _without_an_entry, _PAIR, NO),
        Trap("sparse claim", _is(_coupled), _whole, _PAIR, YES),
        Trap(
            "column minus row inside, gradient as meant",
            _is(_column_minus_row),
            lambda p: 2 * (p - _P[:, None]) / 3,
            _P[:, None] + 0.5,
            NO,
        ),
        Trap("changes its input", _is(_mutating), _squares_jac, _X, OPEN),
        Trap("changes after four calls", _Counter, _squares_jac, _X, OPEN),
    ]
    return spread + masked


def _at_kinks() -> list[Trap]:
    relu = _is(lambda x: np.maximum(x, 0.0))
    moduli = _is(lambda x: np.abs(x[0]) - np.abs(x[1]))
    at = np.array([-1.0, 0.0, 2.0])
    return [
        Trap("abs at 0, claim 0", _is(np.abs), _always(0.0), 0.0, YES),
        Trap("abs at 0, claim 1", _is(np.abs), _always(1.0), 0.0, YES),
        Trap("abs at 0, claim -1.2", _is(np.abs), _always(-1.2), 0.0, NO),
        Trap("relu at 0, claim 0", relu, lambda x: np.diag((x > 0) * 1.0), at, YES),
        Trap("relu at 0, claim 1", relu, lambda x: np.diag((x >= 0) * 1.0), at, YES),
        Trap("relu at 0, claim 1.1", relu, lambda x: np.diag(np.where(x == 0, 1.1, x > 0)), at, NO),
        Trap("relu at 4e-7", relu, lambda x: np.diag((x > 0) * 1.0), np.array([4e-7]), YES),
        Trap("relu at 4e-7, claim 0", relu, _zero((1, 1)), np.array([4e-7]), NO),
        Trap("max at a tie, one half each", _is(np.max), _always([0.5, 0.5, 0.0]), _TIED, YES),
        Trap("max at a tie, both whole", _is(np.max), _always([1.0, 1.0, 0.0]), _TIED, NO),
        Trap("sort at a tie", _is(np.sort), lambda x: np.eye(3)[np.argsort(x, kind="stable")], _TIED, YES),
        Trap("|x| - |y| at 0, inside", moduli, _always([1.0, 0.5]), np.zeros(2), YES),
        Trap("|x| - |y| at 0, outside", moduli, _always([1.0, 1.1]), np.zeros(2), NO),
        Trap("min(|x|, |y|) at 0, inside", _is(_min_of_moduli), _always([0.5, 0.25]), np.zeros(2), YES),
        Trap("min(|x|, |y|) at 0, outside", _is(_min_of_moduli), _always([0.8, 0.8]), np.zeros(2), NO),
        Trap("norm at 0, claim 0", _is(np.linalg.norm), _zero((3,)), np.zeros(3), YES),
        Trap("norm at 0, claim 3", _is(np.linalg.norm), _always([3.0, 0.0, 0.0]), np.zeros(3), NO),
        Trap("jump", _is(lambda x: np.where(x > 0, 1 + x, x)), _always(1.0), 0.0, OPEN),
        Trap("sqrt at 0", _is(np.sqrt), _always(0.0), 0.0, OPEN),
    ]


def _right_rejected_elsewhere() -> list[Trap]:
    return [
        Trap("log at 1e-7", _is(np.log), lambda x: 1 / x, 1e-7, YES),
        Trap("log at 1e-7, 1 % off", _is(np.log), lambda x: 1.01 / x, 1e-7, NO),
        Trap("1/x at 3e-5", _is(lambda x: 1 / x), lambda x: -1 / x**2, 3e-5, YES),
        Trap("sin 1e6 x", _is(lambda x: np.sin(1e6 * x)), lambda x: 1e6 * np.cos(1e6 * x), 1.0, YES),
        Trap("sin 1e6 x, sign", _is(lambda x: np.sin(1e6 * x)), lambda x: -1e6 * np.cos(1e6 * x), 1.0, NO),
        Trap("exp 50 x", _is(lambda x: np.exp(50 * x)), lambda x: 50 * np.exp(50 * x), 1.5, YES),
        Trap("fourth powers times 1e8", _is(lambda x: 1e8 * np.sum(x**4)), lambda x: 4e8 * x**3, _X, YES),
        Trap("linear", _is(lambda x: _P @ x), lambda x: 1.0 * _P, _X, YES),
        Trap("arccosh at one half", _is(np.arccosh), _always(np.nan), 0.5, OPEN),
        Trap("log at -1", _is(np.log), lambda x: 1 / x, -1.0, OPEN),
        Trap("noise of 1e-8", _Noise, _squares_jac, _X, OPEN),
        Trap("dropout", _Dropout, _squares_jac, _X, OPEN),
        Trap("boolean output, claim 0", _is(lambda x: x > 0.5), lambda x: np.zeros((3, 3)), _X, YES),
        Trap("boolean output, claim 1", _is(lambda x: x > 0.5), lambda x: np.eye(3), _X, NO),
        Trap("straight through a rounding", _is(np.round), lambda x: np.eye(3), _X, NO),
        Trap(
            "logistic at 20, slope s (1 - s)",
            _is(_logistic),
            lambda x: _logistic(x) * (1 - _logistic(x)),
            20.0,
            YES,
        ),
        Trap(
            "logistic at 30, slope doubled",
            _is(_logistic),
            lambda x: 2 * _logistic(x) * (1 - _logistic(x)),
            30.0,
            NO,
        ),
        Trap(
            "1e-150 sine", _is(lambda x: 1e-150 * np.sin(x)), lambda x: np.diag(1e-150 * np.cos(x)), _X, YES
        ),
        Trap("1e-150 sine, claim 0", _is(lambda x: 1e-150 * np.sin(x)), _zero((3, 3)), _X, NO),
        Trap(
            "1e8 + sine, 1e-4 off",
            _is(lambda x: 1e8 + np.sin(x)),
            lambda x: np.diag(1.0001 * np.cos(x)),
            _X,
            NO,
        ),
    ]


def _logistic(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


def _where_numbers_lie() -> list[Trap]:
    bump, ripple = _is(lambda x: np.exp(-1e6 * x**2)), _is(lambda x: np.sin(x) + 1e-8 * np.sin(1e9 * x))
    return [
        Trap("sum of moduli", _is(lambda x: np.sum(np.abs(x))), np.sign, _X, YES),
        Trap("sum of moduli, claim 0", _is(lambda x: np.sum(np.abs(x))), _zero((3,)), _X, NO),
        Trap("real part", _is(lambda x: np.real(x) ** 2), _squares_jac, _X, YES),
        Trap("standard deviation", _is(np.std), lambda x: (x - x.mean()) / (3 * np.std(x)), _X, YES),
        Trap("standard deviation, claim 0", _is(np.std), _zero((3,)), _X, NO),
        Trap("sign times x, twice", _is(lambda x: np.sign(x) * x), lambda x: 2 * np.diag(np.sign(x)), _X, NO),
        Trap("float buffer", _is(_buffer), _squares_jac, _X, YES),
        Trap("float buffer, claim 0", _is(_buffer), _zero((3, 3)), _X, NO),
        Trap("singular values", _is(lambda a: np.linalg.svd(a, compute_uv=False)), _singular_jac, _M, YES),
        Trap(
            "singular values, sign",
            _is(lambda a: np.linalg.svd(a, compute_uv=False)),
            _times(-1.0, _singular_jac),
            _M,
            NO,
        ),
        Trap("narrow bump", bump, lambda x: -2e6 * x * np.exp(-1e6 * x**2), 1e-3, YES),
        Trap("narrow bump, claim 0", bump, _always(0.0), 1e-3, NO),
        Trap("sin 1e4 x, claim 0", _is(lambda x: np.sin(1e4 * x)), _always(0.0), 1.0, NO),
        Trap("sine at 1e4", _is(np.sin), np.cos, 1e4, YES),
        Trap("ripple, its slope left out", ripple, np.cos, 1.0, NO),
        Trap("step away from its jump", _is(np.sign), _always(0.0), 0.7, YES),
    ]


def traps() -> list[Trap]:
    """Return them all."""
    return [*_wrong_accepted_elsewhere(), *_at_kinks(), *_right_rejected_elsewhere(), *_where_numbers_lie()]
