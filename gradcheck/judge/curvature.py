"""A function's Jacobian as a function again: what a second derivative is the derivative of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from gradcheck.arrays import Array
from gradcheck.claims import ClaimMatrix, ClaimProblem, as_second
from gradcheck.errors import InvalidArgument
from gradcheck.estimators.flat import FlatEstimate, gravest
from gradcheck.estimators.primal import Primal
from gradcheck.judge.claimed.claim import Claim
from gradcheck.judge.claimed.products import HessianProduct, one_number
from gradcheck.judge.contract import first_value, function_raised, without_differences
from gradcheck.judge.dense import judge_dense
from gradcheck.judge.question.memory import over_memory
from gradcheck.judge.question.options import Options
from gradcheck.judge.question.problem import Problem
from gradcheck.judge.references.limits import limit_at_tie
from gradcheck.judge.references.sharpest import central, complex_step
from gradcheck.judge.references.slopes import slopes
from gradcheck.pytree import Structure, flatten
from gradcheck.results import CheckResult, Reason, Status, Verdict

__all__ = ["JacobianProblem", "SecondClaim", "judge_second", "second_contract"]

_LOOSE = 1e-10
"""Relative: central differences of a smooth function end below it."""
_FINE = 2e-4
"""Relative to the point: those of a noisy function, which end above it, do so at coarser steps than this."""
_NEARBY = 0.125
"""Relative to the point: from there the size of a derivative is taken."""
_WIDEST, _WEAK = 0.25, 1e-2
"""A wider bar is no answer: relative to the entry, or where that is lost in it, to the first derivative."""
_OPEN = Status.NO_USABLE_STEP.code
_WITHIN = 1.001
"""A step as taken differs from the step meant by its rounding."""
_RIPPLES = (
    "f varies faster than the steps of its second derivative, or that jumps at the point: fine differences"
    " alone know the first derivative, so that a curvature between them cannot be excluded"
)


@dataclass(frozen=True)
class _Rows(Structure):
    """The flat Jacobian as an output: entry ``i * n + j`` is named ``(d f[i] / d x[j])``."""

    out: Structure | None = None
    inp: Structure | None = None

    def name_of(self, index: int) -> str:
        """Return the first derivative at flat ``index`` by name."""
        if self.out is None or self.inp is None:
            return super().name_of(index)
        row, column = divmod(index, self.inp.size)
        return f"(d {self.out.name_of(row)} / d {self.inp.name_of(column)})"


class JacobianProblem(Problem):
    """The map ``x -> J(x)``, flat, of ``f`` with its arguments; ``J`` by the numerical witnesses.

    Attributes
    ----------
    first
        The problem of ``f`` itself.
    options
        Of the check: the reference by which ``J`` is taken, and the bounds inside which.
    calls
        Evaluations of ``f`` so far.
    by
        The witness by which ``J`` is taken at every point, the one that had an answer at the first.
    """

    def __init__(
        self,
        f: Callable[..., Any],
        args: Sequence[Any],
        argnums: int | tuple[int, ...],
        kwargs: Mapping[str, Any] | None,
        options: Options,
    ) -> None:
        super().__init__(f, args, argnums, kwargs, options.varying)
        self.first = Problem(f, args, argnums, kwargs, options.varying_inside)
        self.options = options
        self.calls = 0
        self.by = ""
        self._contradicted = False
        self._seen: list[tuple[Array, Array]] = []
        self._largest: Array = np.zeros(0)
        self._unresolved: Array | None = None

    def started(self) -> CheckResult | None:
        """Choose the witness at the point; a verdict where ``f`` has no first derivative there."""
        base = first_value(self.first, "f")
        if isinstance(base, CheckResult):
            return base
        self.calls += 2
        found = self._first_estimate()
        self.rows()
        undecided = ~(np.isfinite(found.value) & np.isfinite(found.error))
        if not undecided.any():
            self._unresolved = self._ripples(found).reshape(-1)
            return None
        text = f"the first derivative has no certain value at the point: {found.message}"
        return CheckResult(Verdict.INCONCLUSIVE, found.status.reason, text, nfev=self.calls)

    @property
    def ripples(self) -> bool:
        """Whether ``f`` was found to vary faster than the steps, so that some second derivatives are open."""
        return self._unresolved is not None and bool(self._unresolved.any())

    @property
    def inner(self) -> Problem:
        """The function itself, whose first derivatives are the rows."""
        return self.first

    def varied(self, whole: ClaimMatrix) -> ClaimMatrix:
        """Return a second derivative ``(m * N, N)`` by all entries as one by what varies."""
        directions = self.first.directions
        found = whole if directions is None else directions.of_rows(whole)
        if not self.options.whole_rows or self.options.columns is None:
            return found
        some = self.options.columns
        eps = np.broadcast_to(found.eps, found.value.shape)
        return replace(found, value=found.value[:, some], eps=eps[:, some])

    def _inside(self, x: Array) -> Array:
        """Return the point of the first derivative for flat ``x``, what is differentiated by last."""
        if not self.options.whole_rows or self.options.columns is None:
            return x
        point = self.first.x.copy()
        point[self.options.columns] = x
        return point

    def rows(self) -> None:
        """Name the entries of the Jacobian, which is the output; ``first`` has been evaluated."""
        m, n = self.first.output.size, self.first.inp.size
        rows = flatten(np.zeros((m, n)), "J")[1]
        self.out = _Rows(rows.leaves, rows.size, rows.node, rows.name, self.first.output, self.first.inp)

    def _first_estimate(self) -> FlatEstimate:
        if self.options.method != "central" and self.options.bounds is None:
            self.by = "complex-step"
            found = self._exact(self.x)
            limit = self._estimate(self.x) if found.tied else found
            if found.status is Status.OK or self.options.method == "complex-step":
                return limit
            self._contradicted = found.contradicted
            seen = self._central(self.x)
            if limit.status is Status.OK and _agree(limit, seen):
                return limit
            self.by = "central"
            return seen
        self.by = "central"
        return self._central(self.x)

    def _ripples(self, found: FlatEstimate) -> Array:
        """Return where, ``(m, n)``, the first derivative is known but ``f`` varies faster than the steps.

        Two signs: the complex step and central differences contradict each other; or the answer comes from
        fine steps and is loose, for a coarser step, less touched by rounding, was refuted.  The second
        derivative may then be anything between those steps: only smoothness, which is not there, bounds it.
        """
        if self._contradicted or found.curves is None or found.curves.chosen is None:
            return np.full(found.value.shape, self._contradicted)
        x = self.first.x
        scale = np.where(x == 0, 1.0, np.abs(x))
        size = np.maximum(np.abs(found.value).max(axis=1, initial=0.0)[:, None], self._slope(scale))
        loose = (found.error > _LOOSE * size) & (size > 0)
        return np.asarray(loose & (found.curves.chosen < _FINE * scale))

    def _slope(self, scale: Array) -> Array:
        """Return how large derivatives are, ``(m, n)``: of f itself, and of f towards points nearby.

        At a minimum the derivative is 0, and an error of it says nothing relative to that.
        """
        x = self.first.x
        primal = Primal(self.first, [x])
        limits = self.options.limits
        base = primal(x)
        size = np.abs(base)[:, None] / scale
        for column, step in enumerate(_NEARBY * scale):
            for sign in (-1.0, 1.0) if limits is None else ():
                moved = x.copy()
                moved[column] += sign * step
                away = primal.at(moved)
                if away is not None:
                    size[:, column] = np.fmax(size[:, column], np.abs(away - base) / step)
        self.calls += primal.nfev
        return np.where(np.isfinite(size), size, 0.0)

    def _estimate(self, x: Array) -> FlatEstimate:
        if self.by != "complex-step":
            return self._central(x)
        found = self._exact(x)
        return (limit_at_tie(self._exact, x) or found) if found.tied else found

    def _exact(self, x: Array) -> FlatEstimate:
        found = complex_step(Primal(self.first, [self._inside(x)]))
        self.calls += found.nfev
        return found

    def _central(self, x: Array) -> FlatEstimate:
        limits = self.options.limits
        bounds = None if limits is None else tuple(self.first.spread(limit) for limit in limits)
        found = central(Primal(self.first, [self._inside(x)]), bounds, None)
        self.calls += found.nfev
        return found

    def evaluate(self) -> Array:
        """Return the flat Jacobian at the point, ``(m * n,)``."""
        return self(self.x)

    def __call__(self, x: Any) -> Array:
        """Return the flat Jacobian at flat ``x``, NaN where it has no value; keeps its error bars."""
        found = self._estimate(np.asarray(x, dtype=np.float64))
        known = np.isfinite(found.value) & np.isfinite(found.error)
        self._seen.append((np.abs(x - self.x), np.where(known, found.error, 0.0).reshape(-1)))
        size = np.where(known, np.abs(found.value), 0.0)
        self._largest = np.fmax(self._largest, size) if self._largest.size else size
        return np.where(known, found.value, np.nan).reshape(-1)

    def _noise(self, steps: Array, *, at_point: bool = True) -> Array:
        """Return the largest error bar met within each step along each input, ``(rungs, m * n, n)``.

        Far from a tiny x the Jacobian is large, and so are its errors: they say nothing of those near x.
        Without the point itself, the bar there is left out: no central quotient is made of it.
        """
        moved = np.stack([shift for shift, _ in self._seen])
        errors = np.stack([error for _, error in self._seen])
        noise = np.zeros((*steps.shape[:1], errors.shape[1], steps.shape[1]))
        for column, reach in enumerate(_WITHIN * steps.T):
            along = np.delete(moved, column, axis=1).max(axis=1, initial=0.0) == 0
            within = moved[along, column] <= reach[:, None]
            within &= at_point | (moved[along, column] > 0)
            noise[..., column] = np.where(within[..., None], errors[along], 0.0).max(axis=1)
        return noise

    def widened(self, estimate: FlatEstimate) -> FlatEstimate:
        """Return the slopes anew, from the same quotients, by what is known of the Jacobian's own errors."""
        if estimate.curves is None or not self._seen:
            return estimate
        with np.errstate(all="ignore"):
            # By differences it is one more sample of their noise; by complex step it may be a limit at a tie.
            noise = self._noise(estimate.curves.steps, at_point=self.by != "complex-step")
            value, error = slopes(estimate.curves.steps, estimate.curves.quotients, noise)
        # Noise is known here better than it was measured; what else spoils an entry stands.
        weak = (Status.OK.code, Status.NOISY.code, Status.NO_USABLE_STEP.code)
        open_to_question = np.isin(estimate.codes, weak) | self._is_no_jump(estimate)
        found = open_to_question & np.isfinite(value) & (error <= self._enough(value, estimate.curves.steps))
        doubted = np.where(estimate.codes == Status.OK.code, Status.NOISY.code, estimate.codes)
        doubted = np.where(open_to_question & (doubted == Status.DISCONTINUITY.code), _OPEN, doubted)
        codes = np.where(found, Status.OK.code, doubted)
        if self._unresolved is not None and self._unresolved.any():
            found = found & ~self._unresolved[:, None]
            codes = np.where(self._unresolved[:, None], _OPEN, codes)
        return replace(
            estimate,
            value=np.where(found, value, np.nan),
            error=np.where(found, error, np.inf),
            codes=codes.astype(np.uint8),
            status=gravest(codes),
        )

    def _is_no_jump(self, estimate: FlatEstimate) -> Array:
        """Return where, ``(m * n, n)``, what looks like a jump is no higher than the bars of the Jacobian."""
        assert estimate.curves is not None
        noise = self._noise(estimate.curves.steps)
        moved = np.abs(estimate.curves.quotients) * estimate.curves.steps[:, None, :]
        finest = np.where(estimate.curves.steps > 0, estimate.curves.steps, np.inf).argmin(axis=0)
        height, allowed = (np.take_along_axis(a, finest[None, None], axis=0)[0] for a in (moved, noise))
        return np.asarray((estimate.codes == Status.DISCONTINUITY.code) & (height <= allowed))

    def _enough(self, value: Array, steps: Array) -> Array:
        """Return the widest bar that still says something of an entry, ``(m * n, n)``.

        An entry lost in its bar is measured by the largest first derivative met over the longest step: by
        its own, or by what the others of its output move f by.
        """
        scale = np.where(self.x == 0, 1.0, np.abs(self.x))
        longest = steps.max(axis=0)
        if self._largest.shape[1] == scale.size:
            moved = (self._largest * scale).max(axis=1, keepdims=True, initial=0.0) / scale
            size = np.fmax(self._largest, moved)
        else:
            size = self._largest
        size = size.reshape(-1)[:, None]
        with np.errstate(divide="ignore"):
            enough = np.fmax(_WIDEST * np.abs(value), _WEAK * size / longest)
        return np.where((size == 0) & (value == 0), np.inf, enough)


def _agree(one: FlatEstimate, other: FlatEstimate) -> bool:
    """Return whether two estimates agree within both bars wherever the second has an answer or met a kink."""
    close = np.abs(one.value - other.value) <= one.error + other.error
    kinked = other.codes == Status.KINK.code
    return bool(np.all((close | ~np.isfinite(other.value)) & ~kinked))


@dataclass(frozen=True)
class SecondClaim(Claim):
    """A second derivative of shape ``f.shape + x.shape + x.shape``, as the matrix ``(m * n, n)``."""

    first: Problem | None = None

    def _matrix(self, found: Any) -> ClaimMatrix | ClaimProblem:
        out = self.problem.output if self.first is None else self.first.output
        return as_second(found, out, self.problem.space)

    def _varied(self, whole: ClaimMatrix) -> ClaimMatrix:
        return self.problem.varied(whole) if isinstance(self.problem, JacobianProblem) else whole


def second_contract(problem: JacobianProblem, claim: Claim, options: Options) -> CheckResult:
    """Test shapes, format and finiteness of a claimed second derivative, without a difference.

    Raises
    ------
    InvalidArgument
        If the function, its output or the claim cannot be used.
    """
    first = problem.first
    try:
        base = first.evaluate()
    except Exception as raised:
        return function_raised(first, "f", raised)
    if isinstance(claim, HessianProduct):
        one_number(first, "use `check_hessian` with shape f.shape + x.shape + x.shape")
    problem.rows()
    refused = over_memory(problem, options, claim_alone=True)
    if refused is not None:
        return replace(refused, nfev=1)
    return without_differences(problem, np.repeat(base, problem.inp.size), claim)


def judge_second(problem: JacobianProblem, claim: Claim, options: Options) -> CheckResult:
    """Return the verdict on a claimed second derivative of ``problem.first``.

    Raises
    ------
    InvalidArgument
        If the function, its output or the claim cannot be used.
    """
    if options.layout != "numerator":
        expected = "'numerator': f.shape + x.shape + x.shape"
        raise InvalidArgument.of("layout", options.layout, expected, "leave it out for a second derivative")
    stopped = problem.started()
    if problem.first.out is not None and isinstance(claim, HessianProduct):
        one_number(problem.first, "use `check_hessian` with shape f.shape + x.shape + x.shape")
    if stopped is not None:
        return stopped
    budget = None
    if options.max_nfev is not None:
        budget = max(1, options.max_nfev // max(1, problem.calls - 2))
    result = judge_dense(problem, claim, replace(options, method="central", max_nfev=budget))
    note = f"second derivative: central differences of the {problem.by} Jacobian"
    if result.reason is Reason.DISAGREES and problem.directions is None and not options.whole_rows:
        asymmetry = _asymmetry(problem, claim)
        result = replace(result, diagnosis="; ".join(one for one in (asymmetry, result.diagnosis) if one))
    ripples = (_RIPPLES,) if problem.ripples else ()
    notes = tuple(dict.fromkeys((*result.notes, *ripples, note)))
    return replace(result, nfev=problem.calls, notes=notes, method=f"central of {problem.by}")


def _asymmetry(problem: JacobianProblem, claim: Claim) -> str:
    """Return the pair of entries that differs most where the claim is not symmetric; empty where it is."""
    claimed = claim.here()
    n = problem.inp.size
    if isinstance(claimed, ClaimProblem) or n < 2:
        return ""
    blocks = claimed.value.reshape(-1, n, n)
    gap = np.abs(blocks - blocks.transpose(0, 2, 1))
    # Rounding of the claim, which a right one with entries of very different size has too.
    allowed = np.sqrt(float(np.max(claimed.eps))) * np.abs(blocks).max(axis=(1, 2), keepdims=True)
    if not (gap > allowed).any():
        return ""
    row, i, j = (int(k) for k in np.unravel_index(int(np.nanargmax(gap)), gap.shape))
    first, second = problem.output.name_of(row * n + i), problem.output.name_of(row * n + j)
    one = f"d {first} / d {problem.inp.name_of(j)} is {blocks[row, i, j]:.6g}"
    other = f"d {second} / d {problem.inp.name_of(i)} is {blocks[row, j, i]:.6g}"
    return f"the claim is not symmetric: {one}, {other}"
