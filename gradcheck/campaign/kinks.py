"""At a kink: membership in Clarke's generalised Jacobian, and what each witness says there."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from gradcheck import clarke
from gradcheck.arrays import Array
from gradcheck.campaign.kink_wording import outside_text
from gradcheck.campaign.verdicts import Pair, PointVerdict
from gradcheck.campaign.witnesses import CENTRAL, COMPLEX_STEP, Testimony, primal_of
from gradcheck.compare import compare
from gradcheck.estimators.differences.central import central_jacobian
from gradcheck.estimators.primal import Primal
from gradcheck.results import Reason, Status, Verdict
from gradcheck.rules.registry import Rule
from gradcheck.strategies import Point

__all__ = ["conventions", "judge_at_kink"]


def judge_at_kink(rule: Rule, point: Point, said: Sequence[Testimony], nfev: int) -> PointVerdict:
    """Judge the closed form and autodiff, each by membership; the gravest verdict counts."""
    primal = primal_of(rule, point)
    worst: tuple[Verdict, Reason, str, Pair | None] = (Verdict.PASS, Reason.NOTHING_COMPARED, "", None)
    entries = 0
    jacobian = _jacobian_near(primal)
    for one in said:
        if one.witness in (CENTRAL, COMPLEX_STEP) or one.value is None or one.error is None:
            continue
        found = clarke.explore(
            jacobian,
            primal.x,
            one.value,
            one.error,
            rng=np.random.default_rng(0),
            scale=np.where(primal.x == 0, 1.0, np.abs(primal.x)),
            value=primal,
        )
        entries = max(entries, one.value.size)
        first = worst[1] is Reason.NOTHING_COMPARED
        if first or found.verdict.severity > worst[0].severity:
            failing = _outside(one, found.cells) if found.verdict is Verdict.FAIL else None
            text = f"{one.witness}: {found.message}"
            if found.verdict is Verdict.FAIL and found.cells:
                text = outside_text(rule, point, one, found.cells)
            worst = (found.verdict, found.reason, text, failing)
    verdict, reason, message, failing = worst
    if reason is Reason.NOTHING_COMPARED:
        verdict = Verdict.INCONCLUSIVE
    pairs = () if failing is None else (failing,)
    return PointVerdict(
        verdict,
        reason,
        message,
        tuple(said),
        pairs,
        failing,
        entries=entries,
        conventions=conventions(said),
        nfev=nfev + primal.nfev,
    )


def _jacobian_near(primal: Primal) -> Callable[[Array], tuple[Array, Array]]:
    # Every claim is looked at from the same points first: what was seen there is kept.
    seen: dict[bytes, tuple[Array, Array]] = {}

    def jacobian(x: Array) -> tuple[Array, Array]:
        if x.tobytes() not in seen:
            moved = primal.moved_to(x)
            estimate = central_jacobian(moved)
            primal.nfev += moved.nfev
            seen[x.tobytes()] = estimate.value, estimate.error
        return seen[x.tobytes()]

    return jacobian


def _outside(one: Testimony, cells: Sequence[clarke.Cell]) -> Pair | None:
    """Show a claim outside the hull against the nearest smooth Jacobian met."""
    if not cells:
        return None
    value, error = one.statement
    nearest = min(cells, key=lambda cell: float(np.nanmax(np.abs(cell.value - value), initial=0.0)))
    reference = Testimony(
        CENTRAL, nearest.value, nearest.error, text="the nearest Jacobian at a smooth point beside the kink"
    )
    return Pair(one, reference, compare(value, error, nearest.value, nearest.error))


def conventions(said: Sequence[Testimony]) -> tuple[tuple[str, str], ...]:
    """Return ``(witness, what it says there)`` for every witness, in words."""
    return tuple((one.witness, _convention(one)) for one in said)


def _convention(one: Testimony) -> str:
    if one.status is Status.REFUSED:
        return f"refused: {one.text}"
    if one.value is None:
        return one.text or "no statement"
    if one.witness != CENTRAL or one.status is Status.OK:
        if one.value.size == 1:
            return f"{one.value.item():.6g}"
        return np.array2string(one.value, precision=6, separator=", ", threshold=16).replace("\n", "")
    estimate = one.estimate
    if estimate is None or estimate.left is None or estimate.right is None:
        return f"no derivative: {one.status}"
    kinked = np.isfinite(estimate.left) & np.isfinite(estimate.right)
    sides = " and ".join(_few(side[kinked]) for side in (estimate.left, estimate.right))
    return f"no derivative, one-sided {sides}"


def _few(values: Array) -> str:
    return ", ".join(f"{value:.6g}" for value in values.reshape(-1)[:3])
