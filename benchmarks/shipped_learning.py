"""Derivatives in mygrad, entmax, POT and tslearn: layers, losses, optimal transport, time warping."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from shipped_pairs import Pair

__all__ = [
    "entmax_pairs",
    "mygrad_pairs",
    "pot_pairs",
    "tslearn_pairs",
]

_RNG = np.random.default_rng(41)
_REAL = np.array([0.4, -0.7, 1.3])
_POSITIVE = np.array([0.6, 2.5, 1.9])
_UNIT = np.array([0.3, -0.6, 0.8])


def mygrad_pairs() -> Iterator[Pair]:
    import mygrad as mg
    from mygrad import nnet

    def both(f: Any) -> tuple[Any, Any]:
        def value(x: Any) -> Any:
            return np.array(f(mg.tensor(x)).data)

        def slope(x: Any) -> Any:
            rows = []
            for k in range(value(x).size):
                leaf = mg.tensor(np.array(x))
                mg.reshape(f(leaf), (-1,))[k].backward()
                rows.append(np.array(leaf.grad) if leaf.grad is not None else np.zeros_like(x))
            return np.reshape(rows, value(x).shape + np.shape(x))

        return value, slope

    matrix = _RNG.normal(size=(3, 4))
    other = _RNG.normal(size=3)
    everywhere = "exp expm1 exp2 sin cos tan sinc arctan sinh cosh tanh arcsinh cbrt square abs sqrt log"
    for name in everywhere.split():
        at = _POSITIVE if name in ("sqrt", "log") else _REAL
        yield name, *both(getattr(mg, name)), at
    for name in (
        "log2",
        "log10",
        "log1p",
        "reciprocal",
        "arccosh",
        "csc",
        "sec",
        "cot",
        "arccsc",
        "arcsec",
        "arccot",
        "coth",
        "sech",
        "csch",
        "arccoth",
    ):
        if hasattr(mg, name):
            yield (
                name,
                *both(getattr(mg, name)),
                _POSITIVE + (1.1 if name in ("arccosh", "arccsc", "arcsec", "arccoth") else 0.0),
            )
    for name in ("arcsin", "arccos", "arctanh"):
        yield name, *both(getattr(mg, name)), _UNIT
    for name in ("logaddexp", "logaddexp2", "maximum", "minimum", "arctan2", "add", "multiply", "divide"):
        yield f"{name} left", *both(lambda x, n=name: getattr(mg, n)(x, other)), _REAL
        yield f"{name} right", *both(lambda x, n=name: getattr(mg, n)(other, x)), _REAL
    yield "power base", *both(lambda x: mg.power(x, np.array([1.7, -0.3, 2.0]))), _POSITIVE
    yield "power exponent", *both(lambda x: mg.power(_POSITIVE, x)), _REAL
    for name, f in (
        ("std", lambda x: mg.std(x, axis=0)),
        ("std ddof", lambda x: mg.std(x, axis=1, ddof=1)),
        ("var", lambda x: mg.var(x, ddof=1)),
        ("prod", lambda x: mg.prod(x, axis=1)),
        ("cumprod", lambda x: mg.cumprod(x, axis=1)),
        ("cumsum", lambda x: mg.cumsum(x, axis=0)),
        ("max", lambda x: mg.max(x, axis=1)),
        ("mean", lambda x: mg.mean(x, axis=0)),
        ("norm", lambda x: mg.linalg.norm(x, axis=1)),
        ("norm 3", lambda x: mg.linalg.norm(x, ord=3, axis=0)),
        ("norm 1", lambda x: mg.linalg.norm(x, ord=1, axis=0)),
        ("einsum", lambda x: mg.einsum("ij,kj->ik", x, x)),
        ("matmul", lambda x: mg.matmul(x, mg.transpose(x))),
        ("clip", lambda x: mg.clip(x, -0.5, 0.9)),
        ("roll", lambda x: mg.roll(x, 2, axis=1)),
        ("repeat", lambda x: mg.repeat(x, 2, axis=0)),
        ("multi_matmul", lambda x: mg.multi_matmul([x, matrix.T, x])),
    ):
        yield name, *both(f), matrix
    activations = nnet.activations
    for name, f in (
        ("elu", lambda x: activations.elu(x, 0.7)),
        ("selu", activations.selu),
        ("glu", lambda x: activations.glu(x, axis=1)),
        ("hard_tanh", activations.hard_tanh),
        ("leaky_relu", lambda x: activations.leaky_relu(x, 0.2)),
        ("relu", activations.relu),
        ("sigmoid", activations.sigmoid),
        ("softmax", lambda x: activations.softmax(x, axis=1)),
        ("logsoftmax", lambda x: activations.logsoftmax(x, axis=1)),
        ("soft_sign", activations.soft_sign),
    ):
        yield f"activation {name}", *both(f), matrix
    labels, losses = np.array([1, 0, 3]), nnet.losses
    for name, f in (
        ("softmax_crossentropy", lambda x: losses.softmax_crossentropy(x, labels)),
        ("multiclass_hinge", lambda x: losses.multiclass_hinge(x, labels)),
        ("softmax_focal_loss", lambda x: losses.softmax_focal_loss(x, labels, alpha=0.6, gamma=2.0)),
        ("softmax_focal_loss half", lambda x: losses.softmax_focal_loss(x, labels, alpha=1.0, gamma=0.5)),
        ("margin_ranking_loss", lambda x: losses.margin_ranking_loss(x, matrix[::-1].copy(), 1, margin=0.5)),
        ("negative_log_likelihood", lambda x: losses.negative_log_likelihood(x, labels)),
    ):
        yield f"loss {name}", *both(f), matrix
    for name, f, at in (
        ("sinc at 0", mg.sinc, np.array([0.0, 1.0, 1e-9])),
        ("prod with a zero", mg.prod, np.array([0.0, 2.0, -1.5])),
        ("prod with two zeros", mg.prod, np.array([0.0, 2.0, 0.0])),
        ("cumprod with a zero", mg.cumprod, np.array([2.0, 0.0, -1.5])),
        ("abs at 0", mg.abs, np.array([0.0, 1.0])),
        ("cbrt at 1e-9", mg.cbrt, np.array([1e-9, -8.0])),
        ("square at 0", mg.square, np.array([0.0, 1e-9])),
        ("relu at 0", activations.relu, np.array([0.0, 1.0])),
        ("max of a tie", mg.max, np.array([1.0, 1.0, 0.0])),
        ("norm at 0", mg.linalg.norm, np.array([0.0, 0.0])),
        ("sigmoid far out", activations.sigmoid, np.array([30.0, -40.0, 700.0])),
        ("power 2 at 0", lambda x: x**2.0, np.array([0.0, 1.0])),
        ("logaddexp far out", lambda x: mg.logaddexp(x, 0.0), np.array([800.0, -800.0])),
    ):
        yield f"{name}, edge", *both(f), at


def entmax_pairs() -> Iterator[Pair]:
    import entmax
    import torch

    def both(f: Any) -> tuple[Any, Any]:
        def value(x: Any) -> Any:
            return f(torch.tensor(x, dtype=torch.float64)).detach().numpy()

        def slope(x: Any) -> Any:
            return torch.autograd.functional.jacobian(f, torch.tensor(x, dtype=torch.float64)).numpy()

        return value, slope

    x, target = np.array([0.4, -0.7, 1.3, 0.9]), torch.tensor([2])
    for name, f in (
        ("sparsemax", entmax.sparsemax),
        ("entmax15", entmax.entmax15),
        ("entmax_bisect 1.5", lambda z: entmax.entmax_bisect(z, alpha=1.5)),
        ("entmax_bisect 1.2", lambda z: entmax.entmax_bisect(z, alpha=1.2)),
        ("sparsemax_bisect", entmax.sparsemax_bisect),
        ("normmax_bisect", lambda z: entmax.normmax_bisect(z, alpha=2)),
        ("normmax_bisect 4", lambda z: entmax.normmax_bisect(z, alpha=4)),
        ("budget_bisect", lambda z: entmax.budget_bisect(z, budget=2)),
    ):
        yield name, *both(f), x
    for name, f in (
        ("sparsemax_loss", entmax.sparsemax_loss),
        ("entmax15_loss", entmax.entmax15_loss),
        ("entmax_bisect_loss", lambda z, t: entmax.entmax_bisect_loss(z, t, alpha=1.3)),
    ):
        yield name, *both(lambda z, f=f: f(z[None, :], target)[0]), x
    fixed = torch.tensor(x)
    yield "entmax_bisect by alpha", *both(lambda a: entmax.entmax_bisect(fixed, alpha=a)), np.array([1.4])
    yield "sparsemax of a tie, edge", *both(entmax.sparsemax), np.array([0.5, 0.5, -2.0])


def pot_pairs() -> Iterator[Pair]:
    from ot import smooth
    from ot.gromov import _utils as gromov

    a, b = np.array([0.2, 0.5, 0.3]), np.array([0.4, 0.35, 0.25])
    cost, alpha = _RNG.uniform(size=(3, 3)), np.array([0.3, -0.2, 0.4])
    for regular in (smooth.NegEntropy(0.7), smooth.SquaredL2(0.7), smooth.SparsityConstrained(2, 0.7)):
        name = type(regular).__name__
        yield (
            f"{name} dual_obj_grad",
            lambda z, r=regular: float(smooth.dual_obj_grad(z[:3], z[3:], a, b, cost, r)[0]),
            lambda z, r=regular: np.concatenate(smooth.dual_obj_grad(z[:3], z[3:], a, b, cost, r)[1:]),
            np.concatenate([alpha, [0.1, 0.5, 0.2]]),
        )
        yield (
            f"{name} semi_dual_obj_grad",
            lambda z, r=regular: float(smooth.semi_dual_obj_grad(z, a, b, cost, r)[0]),
            lambda z, r=regular: smooth.semi_dual_obj_grad(z, a, b, cost, r)[1],
            alpha,
        )
    left, right = _RNG.uniform(0.2, 1.0, size=(3, 3)), _RNG.uniform(0.2, 1.0, size=(3, 3))
    for loss in ("square_loss", "kl_loss"):

        def parts(t: Any, loss: str = loss) -> Any:
            return gromov.init_matrix(left + left.T, right + right.T, t.sum(axis=1), t.sum(axis=0), loss)

        yield (
            f"gwggrad {loss}",
            lambda t, p=parts: float(gromov.gwloss(*p(t), t)),
            lambda t, p=parts: gromov.gwggrad(*p(t), t),
            np.outer(a, b),
        )


def tslearn_pairs() -> Iterator[Pair]:
    from tslearn.metrics.softdtw_variants import SoftDTW, SquaredEuclidean

    distances = _RNG.uniform(0.1, 2.0, size=(3, 4))
    for gamma in (1.0, 0.1):
        yield (
            f"SoftDTW gamma {gamma}",
            lambda d, g=gamma: float(SoftDTW(d, gamma=g).compute()),
            lambda d, g=gamma: _dtw_slope(SoftDTW(d, gamma=g)),
            distances,
        )
    x, y = _RNG.normal(size=(3, 2)), _RNG.normal(size=(4, 2))
    weights = _RNG.normal(size=(3, 4))
    yield (
        "SquaredEuclidean jacobian_product",
        lambda v: float((weights * SquaredEuclidean(v, y).compute()).sum()),
        lambda v: SquaredEuclidean(v, y).jacobian_product(weights),
        x,
    )


def _dtw_slope(one: Any) -> Any:
    one.compute()
    return np.array(one.grad())
