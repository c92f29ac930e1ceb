"""Clarke's generalised Jacobian: membership, and the search for the pieces at a kink."""

from __future__ import annotations

import numpy as np
import pytest

from gradcheck.clarke import explore, membership
from gradcheck.errors import InvalidArgument
from gradcheck.results import Reason, Verdict

BAR = 1e-13


def judge(jacobian, x, claim, *, bar=BAR, claim_bar=BAR, **options):
    """Explore with the analytic Jacobian ``x -> (m, n)``, its bar relative to nothing."""
    claim = np.atleast_2d(np.asarray(claim, float))

    def with_error(point):
        value = np.atleast_2d(np.asarray(jacobian(point), float))
        return value, np.full(value.shape, bar)

    return explore(with_error, np.asarray(x, float), claim, np.full(claim.shape, claim_bar), rng=7, **options)


def sign(x):
    return np.sign(x)[None, :]


def first_is_larger(x):
    return [[x[0] > x[1], x[0] <= x[1]]]


def difference_of_abs(x):
    return [[np.sign(x[0]), -np.sign(x[1])]]


def unit(x):
    return (x / np.linalg.norm(x))[None, :]


def largest_of(x):
    return np.eye(len(x))[[np.argmax(x)]]


def coupled_relu(x):
    """Of ``(relu(x+y), 2 relu(x+y))``: both rows switch together."""
    return (x[0] + x[1] > 0) * np.array([[1.0, 1.0], [2.0, 2.0]])


AFFINE = np.array([3.0, -2.0, 0.5])


def relu_of_affine(x):
    return (AFFINE @ x > 0) * AFFINE[None, :]


def batch_loss(w):
    """Of ``mean (y - relu(X w))**2``, X = [1, -1], y = [1, -2]."""
    rows, wanted = np.array([1.0, -1.0]), np.array([1.0, -2.0])
    active = rows * w[0] > 0
    return [[np.mean(-2 * (wanted - rows * w[0] * active) * active * rows)]]


MEMBERS = [
    (sign, [0.0], [0.0]),
    (sign, [0.0], [0.3]),
    (sign, [0.0], [1.0]),
    (sign, [0.0], [-1.0]),
    (first_is_larger, [2.0, 2.0], [0.5, 0.5]),
    (first_is_larger, [2.0, 2.0], [0.3, 0.7]),
    (first_is_larger, [2.0, 2.0], [0.0, 1.0]),
    (difference_of_abs, [0.0, 0.0], [1.0, 0.5]),
    (difference_of_abs, [0.0, 0.0], [-1.0, 1.0]),
    (relu_of_affine, [1.0, 1.0, -2.0], 0.0 * AFFINE),
    (relu_of_affine, [1.0, 1.0, -2.0], 0.5 * AFFINE),
    (batch_loss, [0.0], [-1.5]),
    (unit, [0.0, 0.0], [0.5, 0.5]),
    (unit, [0.0, 0.0], [0.6, 0.79]),
    (largest_of, [1.0, 1.0, 1.0], [1 / 3, 1 / 3, 1 / 3]),
    (largest_of, [1.0, 1.0, 1.0], [0.5, 0.5, 0.0]),
    (coupled_relu, [0.0, 0.0], [[0.5, 0.5], [1.0, 1.0]]),
]

STRANGERS = [
    (sign, [0.0], [1.1]),
    (sign, [0.0], [-1.0001]),
    (first_is_larger, [2.0, 2.0], [1.0, 1.0]),
    (first_is_larger, [2.0, 2.0], [0.0, 0.0]),
    (first_is_larger, [2.0, 2.0], [0.3, 0.7001]),
    (difference_of_abs, [0.0, 0.0], [1.0, 1.01]),
    (relu_of_affine, [1.0, 1.0, -2.0], AFFINE * [0.5, 0.5, 0.5001]),
    (batch_loss, [0.0], [0.0]),
    (unit, [0.0, 0.0], [1.0, 1.0]),
    (unit, [0.0, 0.0], [0.6, 0.81]),
    (largest_of, [1.0, 1.0, 1.0], [0.5, 0.5, 0.5]),
    (coupled_relu, [0.0, 0.0], [[0.5, 0.5], [2.0, 2.0]]),
]


@pytest.mark.parametrize(("jacobian", "x", "claim"), MEMBERS)
def test_a_member_of_the_hull_passes_as_a_subgradient(jacobian, x, claim):
    found = judge(jacobian, x, claim)
    assert (found.verdict, found.reason) == (Verdict.PASS, Reason.SUBGRADIENT), found.message
    assert found.gap == 0
    assert found.convention


@pytest.mark.parametrize(("jacobian", "x", "claim"), STRANGERS)
def test_a_stranger_to_the_hull_fails_and_says_along_what(jacobian, x, claim):
    found = judge(jacobian, x, claim)
    assert (found.verdict, found.reason) == (Verdict.FAIL, Reason.DISAGREES), found.message
    assert found.gap > 0
    assert "along" in found.message
    assert not found.convention


@pytest.mark.parametrize(
    ("jacobian", "x", "claim"),
    [case for case in STRANGERS if case[0] in (first_is_larger, largest_of, relu_of_affine)],
)
def test_these_strangers_lie_in_the_box_of_the_entries(jacobian, x, claim):
    """Interval arithmetic would admit them: what the hull of whole matrices must beat."""
    values = np.array([cell.value for cell in judge(jacobian, x, claim).cells])
    assert np.all((values.min(0) <= claim) & (claim <= values.max(0)))


def test_no_cell_is_met_on_a_wall():
    """At (0, 1) ``sign`` gives 0: a fifth "Jacobian" that is no limit of Jacobians at smooth points."""
    assert len(judge(difference_of_abs, [0.0, 0.0], [1.0, 1.01]).cells) == 4


def test_conventions_are_named():
    assert "switched off" in judge(sign, [0.0], [0.0]).convention
    assert "side" in judge(sign, [0.0], [1.0]).convention
    assert "mean" in judge(first_is_larger, [2.0, 2.0], [0.5, 0.5]).convention
    assert "weights" in judge(first_is_larger, [2.0, 2.0], [0.3, 0.7]).convention


def smooth(x):
    return 2.0 * x[None, :]


def test_a_smooth_function_has_one_cell_and_only_it_passes():
    right = judge(smooth, [1.0, 2.0], [2.0, 4.0])
    assert (right.verdict, right.reason, len(right.cells)) == (Verdict.PASS, Reason.AGREES, 1)
    assert judge(smooth, [1.0, 2.0], [2.0, 4.00001]).verdict is Verdict.FAIL
    assert judge(smooth, [1.0, 2.0], [4.0, 2.0]).verdict is Verdict.FAIL


def test_the_limit_is_extrapolated_and_its_bar_is_honest():
    """Of ``exp(x) |y| + sin(3 x)``: the Jacobian changes along every ray."""

    def curved(x):
        return [[np.exp(x[0]) * abs(x[1]) + 3 * np.cos(3 * x[0]), np.exp(x[0]) * np.sign(x[1])]]

    found = judge(curved, [0.7, 0.0], [3 * np.cos(2.1), 0.0])
    assert found.verdict is Verdict.PASS
    for cell in found.cells:
        truth = [3 * np.cos(2.1), np.exp(0.7) * np.sign(cell.direction[1])]
        assert np.all(np.abs(cell.value[0] - truth) <= cell.error[0])
        assert np.all(cell.error <= 1e-6)


def test_holder_continuous_jacobians_stay_within_their_bars():
    """Of ``|x|**1.5 + x``: the Jacobian tends to 1 like a square root, slower than extrapolation assumes."""
    found = judge(lambda x: 1 + 1.5 * np.sqrt(np.abs(x))[None, :] * np.sign(x), [0.0], [1.0])
    assert found.verdict is not Verdict.FAIL
    assert all(abs(cell.value[0, 0] - 1.0) <= cell.error[0, 0] for cell in found.cells)


@pytest.mark.parametrize("bar", [3.0, 0.2, 1e-2])
def test_wide_bars_never_fail_and_never_pass_silently(bar):
    found = judge(sign, [0.0], [1.0 + bar], bar=bar)
    assert (found.verdict, found.reason) == (Verdict.INCONCLUSIVE, Reason.TOO_WEAK)


def test_a_derivative_of_zero_is_weak_only_against_the_values():
    """Of ``0.5 + 0 x`` with a noisy derivative: 1e-14 is nothing beside 0.5, and 10 is not."""

    def found(bar, value):
        return judge(lambda x: 0 * x[None, :] + bar / 2, [0.0], [0.0], bar=bar, claim_bar=0.0, value=value)

    assert found(1e-14, lambda x: 0.5 + 0 * x).verdict is Verdict.PASS
    assert found(1e-14, None).reason is Reason.TOO_WEAK
    assert found(10.0, lambda x: 0.5 + 0 * x).reason is Reason.TOO_WEAK


def test_a_wide_bar_of_the_claim_counts_too():
    assert judge(sign, [0.0], [1.01], claim_bar=0.02).verdict is Verdict.INCONCLUSIVE
    assert judge(sign, [0.0], [1.01], claim_bar=1e-6).verdict is Verdict.FAIL


def test_a_jump_is_a_discontinuity_and_a_kink_is_not():
    flat = judge(lambda x: 0 * x[None, :], [0.0], [0.0], value=lambda x: 1.0 * (x > 0))
    assert (flat.verdict, flat.reason) == (Verdict.INCONCLUSIVE, Reason.DISCONTINUITY)
    assert judge(sign, [0.0], [0.3], value=np.abs).verdict is Verdict.PASS
    assert judge(sign, [0.0], [1.3], value=np.abs).verdict is Verdict.FAIL


def test_an_unbounded_jacobian_is_not_judged():
    def half_power(x):
        return [[0.5 / np.sqrt(x[0]) if x[0] > 0 else 0.0]]

    found = judge(half_power, [0.0], [1.0], value=lambda x: np.sqrt(np.maximum(x, 0)))
    assert (found.verdict, found.reason) == (Verdict.INCONCLUSIVE, Reason.NOT_DIFFERENTIABLE)


def test_directions_without_an_estimate_are_skipped_but_do_not_prove_anything():
    def one_sided(x):
        return [[1.0 if x[0] > 0 else np.nan]]

    inside, outside = judge(one_sided, [0.0], [1.0]), judge(one_sided, [0.0], [2.0])
    assert inside.verdict is Verdict.PASS
    assert (outside.verdict, outside.reason) == (Verdict.INCONCLUSIVE, Reason.NOT_DIFFERENTIABLE)
    beyond_domain = judge(one_sided, [0.0], [2.0], value=lambda x: np.where(x < 0, np.nan, x))
    assert beyond_domain.verdict is Verdict.FAIL
    nowhere = judge(lambda x: [[np.nan]], [0.0], [1.0])
    assert (nowhere.verdict, nowhere.reason) == (Verdict.INCONCLUSIVE, Reason.NOT_DIFFERENTIABLE)


def test_a_claim_that_is_not_finite_fails():
    for bad in (np.nan, np.inf):
        found = judge(sign, [0.0], [bad])
        assert (found.verdict, found.reason) == (Verdict.FAIL, Reason.NOT_FINITE)


def test_the_budget_ends_inconclusive():
    found = judge(difference_of_abs, [0.0, 0.0], [1.0, 1.5], max_nfev=10)
    assert (found.verdict, found.reason) == (Verdict.INCONCLUSIVE, Reason.NOT_DIFFERENTIABLE)
    assert "budget" in found.message
    assert found.nfev <= 10
    assert judge(difference_of_abs, [0.0, 0.0], [1.0, 1.5], max_cells=2).verdict is Verdict.INCONCLUSIVE
    assert judge(difference_of_abs, [0.0, 0.0], [1.0, 1.5]).verdict is Verdict.FAIL


@pytest.mark.parametrize(("m", "n"), [(0, 2), (2, 0), (0, 0)])
def test_nothing_to_compare_is_said(m, n):
    found = judge(lambda x: np.zeros((m, n)), np.zeros(n), np.zeros((m, n)))
    assert (found.verdict, found.reason) == (Verdict.INCONCLUSIVE, Reason.NOTHING_COMPARED)


def several_kinks(seed):
    """Return the Jacobian of ``B x + C relu(A x)`` in badly scaled coordinates, and its cells."""
    rng = np.random.default_rng(seed)
    n, k, m = int(rng.integers(1, 5)), int(rng.integers(1, 6)), int(rng.integers(1, 4))
    walls, out, linear = rng.standard_normal((k, n)), rng.standard_normal((m, k)), rng.standard_normal((m, n))
    scale = 10.0 ** rng.uniform(-4, 4, n)

    def jacobian(x):
        return (linear + (out * (walls @ (x / scale) > 0)) @ walls) / scale

    cells = [jacobian(scale * rng.standard_normal(n)) for _ in range(400)]
    return jacobian, np.abs(linear / scale) * 1e-12, scale, cells, rng


@pytest.mark.parametrize("seed", range(25))
def test_many_kinks_at_once_are_searched_to_the_thinnest_cone(seed):
    jacobian, bar, scale, cells, rng = several_kinks(seed)
    weights = rng.dirichlet(np.full(len(cells), 0.05))
    member = np.tensordot(weights, cells, axes=1)
    along = rng.standard_normal(bar.shape) * scale
    furthest = max(cells, key=lambda cell: float(np.sum(along * cell)))
    stranger = furthest + 1e-3 * np.abs(furthest) * np.sign(along)
    for claim, expected in ((member, Verdict.PASS), (stranger, Verdict.FAIL)):
        found = explore(lambda x: (jacobian(x), bar), np.zeros(scale.size), claim, bar, rng=seed, scale=scale)
        assert found.verdict is expected, found.message


def test_every_cone_of_a_batch_is_met():
    """8 planes through the origin of space part it into 2 (1 + 7 + 21) cones (Schläfli 1901)."""
    rng = np.random.default_rng(1)
    rows, wanted = rng.standard_normal((8, 3)), rng.standard_normal(8)
    found = judge(lambda w: -2 / 8 * (wanted * (rows @ w > 0)) @ rows, np.zeros(3), np.zeros(3))
    assert found.verdict is Verdict.FAIL
    assert len(found.cells) == 58


def test_the_same_seed_gives_the_same_answer():
    first, second = (judge(unit, [0.0, 0.0], [0.6, 0.81]) for _ in range(2))
    assert first.message == second.message
    assert first.nfev == second.nfev


def pairs(*rows, bar=1e-12):
    return [(np.array([row], float), np.full((1, len(row)), bar)) for row in rows]


def test_membership_gives_weights_or_a_separation_that_can_be_checked():
    cells, bar = pairs([1, 0], [0, 1]), np.full((1, 2), 1e-12)
    inside = membership(np.array([[0.3, 0.7]]), bar, cells)
    assert inside.inside
    assert inside.weights == pytest.approx([0.3, 0.7], abs=1e-9)
    outside = membership(np.array([[1.0, 1.0]]), bar, cells)
    reach = max(float(np.sum(outside.separating * value)) for value, _ in cells)
    assert not outside.inside
    assert float(np.sum(outside.separating)) > reach
    assert outside.gap == pytest.approx(0.5, abs=1e-9)


def test_membership_sees_entries_of_very_different_size():
    size, bar = np.array([[1e12], [1e-12]]), np.array([[1.0], [1e-24]])
    cells = [(size * [[1.0], [1.0]], bar), (size * [[-1.0], [2.0]], bar)]
    assert membership(size * [[0.0], [1.5]], bar, cells).inside
    assert not membership(size * [[0.0], [1.500001]], bar, cells).inside


def test_membership_finds_the_weights_that_only_the_small_entries_fix():
    size = np.array([[1e12], [1e-12]])
    cells = [(size * [[a], [b]], 1e-13 * size) for a, b in ((1.0, 1.0), (-1.0, 1.0), (0.0, -1.0))]
    found = membership(size * [[0.0], [0.5]], 1e-13 * size, cells)
    assert found.inside
    assert found.weights == pytest.approx([0.375, 0.375, 0.25], abs=1e-9)


def test_membership_counts_the_bar_of_each_cell_by_its_weight():
    sharp, blunt = (np.array([[0.0]]), np.zeros((1, 1))), (np.array([[0.1]]), np.ones((1, 1)))
    assert membership(np.array([[0.9]]), np.zeros((1, 1)), [sharp, blunt]).inside
    assert not membership(np.array([[0.9]]), np.zeros((1, 1)), [sharp, (blunt[0], sharp[1])]).inside


def test_the_gap_is_what_exceeds_both_bars():
    found = membership(np.array([[1.15]]), np.array([[0.04]]), pairs([1.0], [-1.0], bar=0.1))
    assert found.gap == pytest.approx((1.15 - 0.04 - 1.1) / 1.15, rel=1e-9)


def test_membership_uses_both_bars():
    cells = pairs([1.0], [-1.0], bar=0.1)
    assert membership(np.array([[1.15]]), np.array([[0.06]]), cells).inside
    assert not membership(np.array([[1.15]]), np.array([[0.04]]), cells).inside


def test_membership_of_one_cell_is_a_plain_comparison():
    cells, none = pairs([1.0, 0.0], bar=0.0), np.zeros((1, 2))
    assert membership(np.array([[1.0, 0.0]]), none, cells).inside
    assert not membership(np.array([[np.nextafter(1.0, 2.0), 0.0]]), none, cells).inside


def test_membership_leaves_out_cells_with_nan_and_keeps_the_order_of_weights():
    cells = [*pairs([np.nan, 0.0]), *pairs([1, 0], [0, 1])]
    found = membership(np.array([[0.25, 0.75]]), np.full((1, 2), 1e-12), cells)
    assert found.weights == pytest.approx([0.0, 0.25, 0.75], abs=1e-9)
    with pytest.raises(InvalidArgument, match="without NaN"):
        membership(np.array([[0.0, 0.0]]), np.zeros((1, 2)), cells[:1])


def test_membership_never_takes_nan_for_agreement():
    assert not membership(np.array([[np.nan]]), np.zeros((1, 1)), pairs([1.0])).inside
    assert not membership(np.array([[2.0]]), np.array([[np.nan]]), pairs([1.0], [0.0])).inside


@pytest.mark.parametrize(
    ("claim", "options", "part"),
    [
        (np.zeros(2), {}, "`claim`"),
        (np.zeros((1, 3)), {}, "`claim`"),
        (np.zeros((1, 2)), {"scale": 0.0}, "`scale`"),
        (np.zeros((1, 2)), {"scale": np.nan}, "`scale`"),
    ],
)
def test_bad_arguments_are_named(claim, options, part):
    with pytest.raises(InvalidArgument, match=part):
        explore(lambda x: (x, x), np.zeros(2), claim, np.zeros(claim.shape), rng=0, **options)
