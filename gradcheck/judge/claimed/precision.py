"""What a format costs: the rounding granted to a claim in it, its range, and what is said of it.

Half precision leaves no room for guesses: eight roundings of bfloat16 are 6%.  A claim that can be called is
therefore evaluated once more at the same inputs in float64; the difference is its own rounding, exactly.
"""

from __future__ import annotations

import numpy as np

from gradcheck import diagnosis
from gradcheck.arrays import Array
from gradcheck.claims import ClaimMatrix
from gradcheck.compare import compare
from gradcheck.judge.claimed.claim import Claim
from gradcheck.judge.question.problem import Problem
from gradcheck.pytree import Structure, flatten
from gradcheck.tolerance import COARSE_FORMATS, FEW_EPS, eps_of, max_detectable

__all__ = [
    "beneath_rounding",
    "format_error",
    "granted",
    "limit_of",
    "loosest",
    "out_of_range",
    "precision_notes",
    "unrounded",
]

_FEW_BFLOAT16 = 2.0
"""Roundings granted to bfloat16 before its own are measured: 1.6%; eight would be 6%, beyond any use."""
_QUANTUM = {"bfloat16": 2.0**-133, "float16": 2.0**-24, "float32": 2.0**-149}
"""The smallest subnormal number of each format: the spacing near 0."""
_LARGEST = {"bfloat16": (2 - 2.0**-7) * 2.0**127, "float16": 65504.0, "float32": (2 - 2.0**-23) * 2.0**127}
"""The largest finite number of each."""
_SHARES = 3.0
"""What may be missed under a caller's tolerance, in shares of it: itself, and twice a bar as wide."""


def unrounded(claim: Claim, claimed: ClaimMatrix) -> Array:
    """Return the claim evaluated in float64 at the same inputs, ``(m, n)``; as it came where it cannot be."""
    value = claimed.value
    precise = None if claimed.dtype == "float64" else claim.at(claim.problem.x)
    if precise is None or precise.shape != value.shape:
        return value
    return np.where(np.isfinite(precise) & np.isfinite(value), precise, value)


def granted(claim: Claim, claimed: ClaimMatrix, precise: Array | None = None) -> Array:
    """Return the error that the claim's format explains, ``(m, n)``, units of f per unit of x.

    A few eps of each entry in its own format, the spacing of the numbers near 0, and, where the claim can be
    called with float64 arguments, what its own arithmetic lost against that (``precise``, if known already).
    """
    value = claimed.value
    error = format_error(claimed, value)
    if claimed.dtype == "float64":
        return error
    precise = unrounded(claim, claimed) if precise is None else precise
    with np.errstate(invalid="ignore"):
        own = np.abs(precise - value)
    return error + np.where(np.isfinite(own), own, 0.0)


def format_error(claimed: ClaimMatrix, value: Array) -> Array:
    """Return a few eps of ``value`` in the claim's format, and the spacing of its numbers near 0."""
    few = np.where(claimed.eps >= eps_of("bfloat16"), _FEW_BFLOAT16, FEW_EPS)
    with np.errstate(invalid="ignore"):
        error: Array = few * claimed.eps * np.abs(value)
    if claimed.dtype == "float64":
        return error
    return error + np.where(claimed.eps > eps_of("float64"), _QUANTUM[claimed.dtype], 0.0)


def beneath_rounding(
    claimed: ClaimMatrix, precise: Array, error: Array, reference: Array, reference_error: Array
) -> tuple[Array, Array]:
    """Return which entries are wrong before they are rounded, and their bars.

    Parameters
    ----------
    precise
        The claim evaluated in float64, ``(m, n)``; as it came where it cannot be.
    error
        What was granted beyond the format and what the claim's own arithmetic lost: tolerance, measured
        rounding, ``(m, n)``.
    """
    bar = format_error(claimed, precise) + np.maximum(error, 0.0)
    outcome = compare(precise, bar, reference, reference_error)
    return outcome.wrong & np.isfinite(claimed.value) & np.isfinite(precise), bar


def limit_of(claimed: ClaimMatrix, output: Structure, rtol: float | None = None) -> float:
    """Return the largest ``detectable`` with which the check may pass: by the coarser of claim and function.

    A function that returns float16 from float64 arguments has a reference no better than that.  A caller who
    allows errors of ``rtol`` allows to miss them.
    """
    formats = [claimed.dtype, *(leaf.dtype for leaf in output.leaves if leaf.dtype in COARSE_FORMATS)]
    return loosest(max(max_detectable(name) for name in formats), rtol)


def loosest(limit: float, rtol: float | None) -> float:
    """Return what may be missed at most where errors of ``rtol`` are allowed.

    Examples
    --------
    >>> loosest(1e-3, None), loosest(1e-3, 0.5)
    (0.001, 1.5)
    """
    return max(limit, _SHARES * (rtol or 0.0))


def precision_notes(
    problem: Problem, claimed: ClaimMatrix, reference: Array, reference_error: Array
) -> list[str]:
    """Return what a PASS says of formats: a cast inside ``f``, a claim coarser than its arguments."""
    notes = []
    cast = [leaf for leaf in problem.output.leaves if leaf.dtype in COARSE_FORMATS]
    if cast:
        where = ", ".join(dict.fromkeys(leaf.dtype for leaf in cast))
        notes.append(
            f"f returns {where} from float64 arguments: the reference carries that rounding, and no check of "
            "it can be sharper"
        )
    inputs = {leaf.dtype for leaf in problem.inp.leaves}
    if not inputs & set(COARSE_FORMATS):
        single = claimed.value.astype(np.float32) if claimed.dtype == "float32" else claimed.value
        note = diagnosis.float32_note(single, reference, reference_error)
        notes += [note] if note else []
    return notes


def out_of_range(problem: Problem, claimed: ClaimMatrix, reference: Array, wrong: Array) -> str:
    """Return why entries that are not finite say nothing of the formula: the format's range; else empty.

    A derivative beyond the largest number of its format is infinite there when it is right, and a claim can
    be no better than a function that overflows itself in the caller's own format.
    """
    if claimed.dtype == "float64" or np.isfinite(claimed.value[wrong]).any():
        return ""
    largest = _LARGEST[claimed.dtype]
    beyond = np.isinf(claimed.value) & (np.abs(reference) > largest * (1 - eps_of(claimed.dtype)))
    if beyond[wrong].all():
        return f"the derivative is beyond {largest:g}, the largest number of {claimed.dtype}"
    try:
        with np.errstate(all="ignore"):
            own = flatten(problem.f(*problem.own_arguments(), **problem.keywords()), "f")[0]
    except Exception:
        return ""
    rows = wrong.any(axis=1)
    if own.shape == rows.shape and not np.isfinite(own[rows]).any():
        return f"f itself is not finite in {claimed.dtype} here, only in float64"
    return ""
