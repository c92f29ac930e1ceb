"""What one run of the complex step remembers: rounding noise, ties, jumps, and the user's line.

Rounding is measured by random perturbation of every operation's result
(Vignes 1993, "A stochastic arithmetic for reliable scientific computation",
Math. Comput. Simul. 35; Parker 1997, "Monte Carlo arithmetic"): an array is
carried :data:`REPLICAS` times, the first time as it is, the others with each
result moved by half a unit in the last place to two.  How far the copies drift
apart is how far rounding can have moved the first.  Further copies may be
carried undisturbed from points beside the first's: what they have in common with
the others is the run itself, so that they cost no call of the function.  All of
these may be carried once for each of several directions, for the same reason.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
import os
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

import numpy as np

from gradcheck.arrays import Array
from gradcheck.errors import RefusedOperation

__all__ = [
    "BESIDE",
    "REPLICAS",
    "TOGETHER",
    "Trace",
    "place_of",
    "raised_at",
    "refuse",
    "user_frame",
    "user_place",
]


# One undisturbed copy and five disturbed ones: with three, where few operations matter, as beside a zero of
# the derivative, all of them may come out unmoved or alike (once in 3,000 values of one function).
REPLICAS = 6
# Points beside the first that a run can carry along.
BESIDE = 3
# Most directions that one run carries, and most numbers of an array that it is to hold for them.
TOGETHER = 32
_ROOM = 2**16

# The largest relative rounding of one operation is 2**-53; NumPy's loops are off by up to two of these.
_ULP = 2.0**-52
# A move of less than half an ulp rounds to none at all; those of one size would cancel each other.
_LEAST, _MOST = 0.5, 2.0
# Factors drawn once and used again: drawing them for each operation takes longer than the operation.
_POOL = 8192
# Where in the pool the noise of a run starts, from that of the run before.
_APART = 977
_SEED = 20240229

_SITE = Path(np.__file__).parent.parent
_PACKAGE = Path(__file__).parents[2]
_FOREIGN = (
    *(str(folder) + os.sep for folder in (_PACKAGE, _SITE / "numpy", _SITE / "scipy")),
    "<__array_function__",
)
# The functions of the built-in rules are what is under test, as a user's are.
_UNDER_TEST = str(_PACKAGE / "rules") + os.sep


def _is_foreign(name: str) -> bool:
    return name.startswith(_FOREIGN) and not name.startswith(_UNDER_TEST)


def _shown(name: str) -> str:
    """Return a file's name that is the same on every machine: below its package or the working folder."""
    for folder in (_PACKAGE.parent, _SITE, Path.cwd()):
        with contextlib.suppress(ValueError, OSError):
            return Path(name).relative_to(folder).as_posix()
    return Path(name).name


def user_frame() -> FrameType | None:
    """Return the innermost frame that is neither ours nor NumPy's nor SciPy's."""
    frame = inspect.currentframe()
    while frame is not None and _is_foreign(frame.f_code.co_filename):
        frame = frame.f_back
    return frame


def place_of(name: str, line: int) -> str:
    """Return ``file:line`` for a file's whole name."""
    return f"{_shown(name)}:{line}"


def user_place() -> str:
    """Return ``file:line`` of the innermost frame that is neither ours nor NumPy's nor SciPy's.

    Examples
    --------
    >>> ":" in user_place()
    True
    """
    frame = user_frame()
    return "unknown line" if frame is None else place_of(frame.f_code.co_filename, frame.f_lineno)


def raised_at(cause: BaseException) -> str:
    """Return ``file:line`` of the innermost frame of ``cause``'s traceback that is the user's.

    Examples
    --------
    >>> raised_at(ValueError("never raised"))
    'unknown line'
    """
    place = "unknown line"
    entry = cause.__traceback__
    while entry is not None:
        name = entry.tb_frame.f_code.co_filename
        if not _is_foreign(name):
            place = f"{_shown(name)}:{entry.tb_lineno}"
        entry = entry.tb_next
    return place


def refuse(operation: str, reason: str, fix: str = "") -> NoReturn:
    """Raise ``RefusedOperation`` that names the operation, the user's line, the reason and a way out."""
    remedy = fix or "write it with operations that continue analytically, or use method='central'"
    raise RefusedOperation(f"`{operation}` at {user_place()}: {reason}; {remedy}")


@functools.cache
def _pool() -> Array:
    """Return factors ``1 + ulp * u``, shape ``(copies, pool)``: 1 in the first and behind the disturbed.

    ``u`` is at least a half, of either sign: less would be rounded away, and where one operation alone
    decides all copies would stand still at once.  Up to 2, so that two operations hardly cancel.
    """
    rng = np.random.default_rng(_SEED)
    factors = np.ones((REPLICAS + BESIDE, _POOL))
    moves = rng.uniform(_LEAST, _MOST, (REPLICAS - 1, _POOL)) * rng.choice([-1, 1], (REPLICAS - 1, _POOL))
    factors[1:REPLICAS] += _ULP * moves
    factors.setflags(write=False)
    return factors


@functools.cache
def _pool_together() -> Array:
    """Return those factors for each of :data:`TOGETHER` directions, ``(directions, copies, pool)``.

    Each begins where the run of its own that many numbers later would.  What one number needs lies together
    in memory: most functions that loop take them one at a time.
    """
    alone = np.tile(_pool(), 2 + TOGETHER * _APART // _POOL).T
    factors = np.stack([alone[_APART * k : _APART * k + _POOL] for k in range(TOGETHER)], axis=1)
    factors.setflags(write=False)
    return np.moveaxis(factors, 0, 2)


class Trace:
    """The state of one run: where the noise stands, and what was met on the way.

    Parameters
    ----------
    offset
        Where the noise starts.
    beside
        Copies carried from points beside the first's, undisturbed.
    directions
        How many directions are carried, each with all these copies; at most :data:`TOGETHER`.

    Attributes
    ----------
    copies
        All copies: of each direction in turn the first, those disturbed, and those from points beside.
    ties
        Places where a branch was taken at a tie, so that the derivative is one-sided.
    jumps
        Places where a piecewise constant operation (``floor``, ``rint``, ``sign``) was met.
    boxed
        Whether ``np.asarray`` has made an object array of continued numbers.
    apart
        Whether it has done so with a whole array, whose numbers ``f`` then takes one by one.
    largest
        Numbers of the largest array met that was rounded, of one copy.
    """

    __slots__ = ("_offset", "_pool", "apart", "boxed", "copies", "directions", "jumps", "largest", "ties")

    def __init__(self, offset: int = 0, beside: int = 0, directions: int = 1) -> None:
        self.directions = directions
        self.copies = directions * (REPLICAS + beside)
        together = _pool()[None] if directions == 1 else _pool_together()
        self._pool = together[:directions, : REPLICAS + beside]
        self._offset = (offset * _APART) % _POOL
        self.boxed = False
        self.apart = False
        self.largest = 0
        self.ties: list[str] = []
        self.jumps: list[str] = []

    def _factors(self, shape: tuple[int, ...], size: int) -> Array:
        if size > self.largest:
            self.largest = size
        start = self._offset
        end = start + size
        if end <= _POOL:
            self._offset = end
            return self._pool[:, :, start:end].reshape(shape)
        # An odd stride visits the whole pool before it repeats; a plain wrap would align a matrix's rows.
        columns = (start + 4099 * np.arange(size)) % _POOL
        self._offset = (start + 1013) % _POOL
        return self._pool[:, :, columns].reshape(shape)

    def disturb(self, values: Array) -> Array:
        """Return ``values`` with every copy but the first moved by half an ulp to two, entry by entry."""
        return np.multiply(values, self._factors(values.shape, values.size // self.copies))

    def rounded(self, primals: Array, tangents: Array, ulps: int = 1) -> tuple[Array, Array]:
        """Disturb fresh results in place by the rounding, of so many ulps, that was made here."""
        size = primals.size // self.copies
        np.multiply(primals, self._factors(primals.shape, size), out=primals)
        factors = self._factors(tangents.shape, size)
        if ulps != 1:
            factors = 1.0 + ulps * (factors - 1.0)
        np.multiply(tangents, factors, out=tangents)
        return primals, tangents

    def room(self) -> int:
        """Return how many directions a further run of the same function may carry.

        An operation costs what NumPy takes to begin it, up to some thousand numbers; beyond, memory.
        """
        if self.apart:
            return TOGETHER
        each = self.copies // self.directions * max(self.largest, 1)
        return max(1, min(TOGETHER, _ROOM // each))

    def in_any(self, holds: Array) -> Array:
        """Return where ``holds``, ``(copies, ...)``, is true of the undisturbed copy of any direction."""
        return np.asarray(holds[:: self.copies // self.directions].any(axis=0))

    def tie(self, operation: str, where: Any) -> None:
        """Note a tie of ``operation`` if ``where`` holds anywhere."""
        if np.any(where):
            self.ties.append(f"`{operation}` at {user_place()}")

    def jump(self, operation: str) -> None:
        """Note that ``operation`` is piecewise constant: its derivative is taken as 0."""
        self.jumps.append(f"`{operation}` at {user_place()}")
