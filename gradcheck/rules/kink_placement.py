"""How to put one surface of a kink exactly where it is wanted.

Each builder returns a :class:`~gradcheck.domains.Kinks` whose ``place`` answers
with copies and touches as little as it can, so that the other samples of a
batch stay on their side.  Arithmetic stays in the dtype of the arguments.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from gradcheck.domains import Arguments, Kinks

__all__ = ["activation", "augmented_activation", "augmented_batch", "batch", "itself", "ties"]


def copied(arguments: Arguments) -> Arguments:
    """Return the arguments with every array copied; whatever else they hold is shared."""
    return {
        name: value.copy() if isinstance(value, np.ndarray) else value for name, value in arguments.items()
    }


def _with_entry(array: Any, index: int, value: Any) -> Any:
    changed = np.array(array)
    changed.flat[index] = value
    return changed if isinstance(array, np.ndarray) else changed[()]


def ties(first: str, second: str, *, jump: bool = False) -> Kinks:
    """Ties of two arguments of one shape, ``first - second = 0``: moves ``second``.

    Examples
    --------
    >>> kinks = ties("w", "x")
    >>> kinks.place({"w": np.array([2.0, 3.0]), "x": np.array([5.0, 7.0])}, 1, 0.5)["x"].tolist()
    [5.0, 2.5]
    """

    def surface(**arguments: Any) -> Any:
        return arguments[first] - arguments[second]

    def place(arguments: Arguments, index: int, offset: float) -> Arguments:
        wanted = np.asarray(arguments[first]).reshape(-1)[index] - offset
        return copied(arguments) | {second: _with_entry(arguments[second], index, wanted)}

    return Kinks(surface, place, jump)


def itself(name: str) -> Kinks:
    """The argument ``name`` is its own surface: ``max(0, z)`` bends at ``z = 0``."""

    def surface(**arguments: Any) -> Any:
        # A copy: whoever marks entries of the surface must not write into the point.
        return np.array(arguments[name])

    def place(arguments: Arguments, index: int, offset: float) -> Arguments:
        return copied(arguments) | {name: _with_entry(arguments[name], index, offset)}

    return Kinks(surface, place)


def activation() -> Kinks:
    """One neuron, ``w·x + b = 0``: moves ``b`` alone."""

    def surface(**arguments: Any) -> Any:
        return arguments["w"] @ arguments["x"] + arguments["b"]

    def place(arguments: Arguments, index: int, offset: float) -> Arguments:
        wanted = offset - arguments["w"] @ arguments["x"]
        return copied(arguments) | {"b": _with_entry(arguments["b"], index, wanted)}

    return Kinks(surface, place)


def augmented_activation() -> Kinks:
    """One neuron in augmented form, ``ŵ·[x; 1] = 0``: moves the last entry of ``w_hat``, the bias."""

    def surface(**arguments: Any) -> Any:
        return arguments["w_hat"][:-1] @ arguments["x"] + arguments["w_hat"][-1]

    def place(arguments: Arguments, index: int, offset: float) -> Arguments:
        w_hat, x = arguments["w_hat"], arguments["x"]
        return copied(arguments) | {"w_hat": _with_entry(w_hat, w_hat.size - 1, offset - w_hat[:-1] @ x)}

    return Kinks(surface, place)


def batch() -> Kinks:
    """A batch, ``X w + b = 0`` sample by sample: moves one entry of one row of ``X``."""

    def surface(**arguments: Any) -> Any:
        return arguments["X"] @ arguments["w"] + arguments["b"]

    def place(arguments: Arguments, index: int, offset: float) -> Arguments:
        rows, w, b = _place_sample(arguments["X"], arguments["w"], arguments["b"], index, offset)
        return copied(arguments) | {"X": rows, "w": w, "b": b}

    return Kinks(surface, place)


def augmented_batch() -> Kinks:
    """A batch in augmented form, ``[X, 1⃗] ŵ = 0``; see :func:`batch`."""

    def surface(**arguments: Any) -> Any:
        return arguments["X"] @ arguments["w_hat"][:-1] + arguments["w_hat"][-1]

    def place(arguments: Arguments, index: int, offset: float) -> Arguments:
        w_hat = arguments["w_hat"]
        rows, w, b = _place_sample(arguments["X"], w_hat[:-1], w_hat[-1], index, offset)
        return copied(arguments) | {"X": rows, "w_hat": np.append(w, b).astype(w_hat.dtype)}

    return Kinks(surface, place)


Sample = tuple[Any, Any, Any]


def _place_sample(rows: Any, w: Any, b: Any, index: int, offset: float) -> Sample:
    """Return ``X, w, b`` with ``w·x_index + b == offset``.

    Where ``x_index`` alone cannot reach it exactly (3 t = 1), a weight is replaced
    by a power of two beside it; the candidate that hits the offset and keeps the
    sign of every other sample is taken, the least intrusive first.
    """
    before = np.sign(rows @ w + b)
    best: tuple[int, Sample] | None = None
    for candidate in _candidates(rows, w, b, index, offset):
        now = candidate[0] @ candidate[1] + candidate[2]
        others = np.delete(np.sign(now) - before, index)
        hit = bool(now[index] == offset)
        score = 4 * hit + 2 * bool(np.all(np.delete(now, index) != 0)) + bool(np.all(others == 0))
        if best is None or score > best[0]:
            best = (score, candidate)
        if score == 7:
            break
    assert best is not None
    return best[1]


def _candidates(rows: Any, w: Any, b: Any, index: int, offset: float) -> Iterator[Sample]:
    if not w.size:
        yield rows.copy(), w.copy(), _with_entry(b, 0, offset)
        return
    if not np.any(w):
        w = _with_entry(w, 0, 1)
    j = int(np.argmax(np.abs(w)))
    exponent = np.floor(np.log2(np.abs(w[j])))
    weights = [w[j], *(np.copysign(2.0**power, w[j]) for power in (exponent, exponent + 1, 0.0))]
    for alone in (False, True):
        for weight in weights:
            yield _solved(rows, _with_entry(w, j, weight), b, (index, j), offset, alone=alone)


def _solved(rows: Any, w: Any, b: Any, where: tuple[int, int], offset: float, *, alone: bool) -> Sample:
    """Solve for one entry of one row; ``alone`` clears the rest of the row first, so that nothing rounds."""
    changed = rows.copy()
    index, j = where
    changed[index, j] = 0
    if alone:
        changed[index, :] = 0
    changed[index, j] = (offset - b - changed[index] @ w) / w[j]
    return changed, w.copy(), np.array(b)
