"""Products of arrays, linear algebra, and a few functions made of arithmetic, for continued arrays.

A product is linear in each factor, so that its infinitesimal part is a sum of
products, one for each factor.  What conjugates inside (``svd``, ``cholesky``,
``eigh``, ``pinv``) has no handler and is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gradcheck.arrays import Array
from gradcheck.estimators.continuation.array import Continuation
from gradcheck.estimators.continuation.dispatch import FUNCTIONS, UFUNC_METHODS, apply, lift
from gradcheck.estimators.continuation.structure import register
from gradcheck.estimators.continuation.trace import Trace, refuse

__all__ = ["multilinear"]


def _copies(value: Any, trace: Trace) -> tuple[Any, Any]:
    """Return disturbed primal and tangent copies along the first axis; a constant has neither."""
    if isinstance(value, Continuation):
        return trace.disturb(value.primals), trace.disturb(value.tangents)
    return [value] * trace.copies, None


def multilinear(func: Any, operands: list[Any], name: str) -> Any:
    """Return ``func(*operands)`` continued, for ``func`` linear in each operand."""
    lifted = [lift(operand, name) for operand in operands]
    continued = [operand for operand in lifted if isinstance(operand, Continuation)]
    if not continued:
        return func(*lifted)
    trace = continued[0].run
    pairs = [_copies(operand, trace) for operand in lifted]
    primals, tangents = [], []
    for r in range(trace.copies):
        at = [primal[r] for primal, _ in pairs]
        primals.append(func(*at))
        terms = [
            func(*at[:k], tangent[r], *at[k + 1 :])
            for k, (_, tangent) in enumerate(pairs)
            if tangent is not None
        ]
        tangents.append(terms[0] if len(terms) == 1 else sum(terms[1:], start=terms[0]))
    return Continuation.paired(trace.rounded(np.array(primals), np.array(tangents)), trace)


def _product(func: Any, count: int = 2) -> Callable[..., Any]:
    name = f"numpy.{func.__name__}"

    def handler(*args: Any, **kwargs: Any) -> Any:
        operands, rest = list(args[:count]), args[count:]
        return multilinear(lambda *parts: func(*parts, *rest, **kwargs), operands, name)

    return handler


for _func in (
    np.dot,
    np.inner,
    np.outer,
    np.vdot,
    np.tensordot,
    np.kron,
    np.cross,
    np.convolve,
    np.correlate,
):
    FUNCTIONS[_func] = _product(_func)
FUNCTIONS[np.linalg.outer] = _product(np.linalg.outer)
FUNCTIONS[np.linalg.cross] = _product(np.linalg.cross)
FUNCTIONS[np.linalg.tensordot] = _product(np.linalg.tensordot)
FUNCTIONS[np.linalg.vecdot] = _product(np.linalg.vecdot)
FUNCTIONS[np.linalg.matmul] = _product(np.linalg.matmul)


@register(np.einsum)
def _einsum(subscripts: Any, *operands: Any, optimize: Any = False, **kwargs: Any) -> Any:
    if not isinstance(subscripts, str) or kwargs:
        refuse("numpy.einsum", "only a subscript string and `optimize` are continued")
    return multilinear(
        lambda *parts: np.einsum(subscripts, *parts, optimize=optimize), list(operands), "numpy.einsum"
    )


@register(np.linalg.multi_dot)
def _multi_dot(arrays: Any) -> Any:
    return multilinear(lambda *parts: np.linalg.multi_dot(parts), list(arrays), "numpy.linalg.multi_dot")


def _contraction(ufunc: np.ufunc) -> Callable[..., Any]:
    def handler(trace: Any, a: Any, b: Any, axis: int | None = None) -> Any:
        del trace
        keywords = {} if axis is None else {"axis": axis}
        return multilinear(lambda u, v: ufunc(u, v, **keywords), [a, b], ufunc.__name__)

    return handler


for _name in ("matmul", "vecdot", "matvec", "vecmat"):
    if hasattr(np, _name):
        UFUNC_METHODS[getattr(np, _name), "__call__"] = _contraction(getattr(np, _name))


@register(np.linalg.trace)
def _trace(x: Any, /, *, offset: int = 0) -> Any:
    return np.trace(x, offset=offset, axis1=-2, axis2=-1)


@register(np.linalg.diagonal)
def _diagonal(x: Any, /, *, offset: int = 0) -> Any:
    return np.diagonal(x, offset=offset, axis1=-2, axis2=-1)


def _matrix_noise(trace: Trace, a: Array) -> Array:
    """Disturb each entry by ulps of the largest in its row or column, whichever is less.

    Elimination with pivoting is backward stable to ``n`` ulps of the columns' largest
    entries (Higham 2002, theorem 9.3); the rows' bound it where rows are badly scaled.
    """
    size = np.abs(a)
    scale = np.minimum(
        np.max(size, axis=-1, keepdims=True, initial=0.0), np.max(size, axis=-2, keepdims=True, initial=0.0)
    )
    return np.asarray(a + a.shape[-1] * (trace.disturb(scale) - scale))


def _parts(value: Any, trace: Trace, name: str) -> tuple[Array, Array]:
    value = lift(value, name)
    if isinstance(value, Continuation):
        return value.primals, value.tangents
    whole = np.broadcast_to(np.asarray(value, dtype=np.float64), (trace.copies, *np.shape(value)))
    return whole, np.zeros(whole.shape)


def _trace_of(*values: Any) -> Trace:
    for value in values:
        if isinstance(value, Continuation):
            return value.run
    raise TypeError("no operand is continued")


def _matching(p: Array, q: Array) -> tuple[Array, Array]:
    """Give both the same number of axes behind the replicas."""
    extra = p.ndim - q.ndim
    if extra > 0:
        q = q.reshape(len(q), *(1,) * extra, *q.shape[1:])
    if extra < 0:
        p = p.reshape(len(p), *(1,) * -extra, *p.shape[1:])
    return p, q


@register(np.linalg.solve)
def _solve(a: Any, b: Any) -> Any:
    """Solve ``(A + i h A') (X + i h X') = B + i h B'``: ``A X' = B' - A' X``."""
    a, b = lift(a, "numpy.linalg.solve"), lift(b, "numpy.linalg.solve")
    trace = _trace_of(a, b)
    vector = np.ndim(b) == 1
    (pa, ta), (pb, tb) = _parts(a, trace, "solve"), _parts(b, trace, "solve")
    if vector:
        pb, tb = pb[..., None], tb[..., None]
    pa, pb = _matching(pa, pb)
    ta, tb = _matching(ta, tb)
    pa = _matrix_noise(trace, pa)
    x = np.linalg.solve(pa, pb)
    tangent = np.linalg.solve(_matrix_noise(trace, pa), tb - ta @ x)
    if vector:
        x, tangent = x[..., 0], tangent[..., 0]
    return Continuation.paired(trace.rounded(x, tangent), trace)


@register(np.linalg.inv)
def _inv(a: Any) -> Any:
    p = _matrix_noise(a.run, a.primals)
    y = np.linalg.inv(p)
    tangent = -(np.linalg.inv(_matrix_noise(a.run, p)) @ a.tangents @ y)
    return Continuation.paired(a.run.rounded(y, tangent), a.run)


def _complex_matrix(p: Array, t: Array) -> tuple[Array, Array]:
    """Return ``p + i s t`` and ``s``, with ``s |t|`` 2**-80 of the largest entry of ``p``: a power of two."""
    axes = (-2, -1)
    large = np.max(np.abs(p), axis=axes, initial=0.0)
    moving = np.max(np.abs(t), axis=axes, initial=0.0)
    ratio = np.where((large > 0.0) & (moving > 0.0), large, 1.0) / np.where(moving > 0.0, moving, 1.0)
    step = np.ldexp(1.0, np.frexp(ratio)[1] - 80)
    return p + 1j * step[..., None, None] * t, step


@register(np.linalg.det)
def _det(a: Any) -> Any:
    p = _matrix_noise(a.run, a.primals)
    z, step = _complex_matrix(p, a.tangents)
    return Continuation.paired(a.run.rounded(np.linalg.det(p), np.linalg.det(z).imag / step), a.run)


@register(np.linalg.slogdet)
def _slogdet(a: Any) -> Any:
    p = _matrix_noise(a.run, a.primals)
    sign, value = np.linalg.slogdet(p)
    z, step = _complex_matrix(p, a.tangents)
    phase = np.linalg.slogdet(z)[0]
    a.run.tie("slogdet", (sign == 0.0) | (sign != sign[0]))
    tangent = (phase * sign).imag / step
    return sign[0], Continuation.paired(a.run.rounded(value, tangent), a.run)


@register(np.linalg.matrix_power)
def _matrix_power(a: Any, n: int) -> Any:
    if n < 0:
        return _matrix_power(_inv(a), -n)
    result = lift(np.broadcast_to(np.eye(a.shape[-1]), a.shape), "matrix_power")
    for _ in range(n):
        result = np.matmul(result, a)
    return result


def _vector_norm(x: Any, order: Any, axis: Any, keepdims: bool) -> Any:
    if order is None or order == 2:
        return apply(np.sqrt, np.sum(x * x, axis=axis, keepdims=keepdims))
    if order == np.inf:
        return np.max(abs(x), axis=axis, keepdims=keepdims)
    if order == -np.inf:
        return np.min(abs(x), axis=axis, keepdims=keepdims)
    if order == 0:
        refuse("numpy.linalg.norm", "ord=0 counts entries and has no derivative")
    if order == 1:
        return np.sum(abs(x), axis=axis, keepdims=keepdims)
    return np.sum(abs(x) ** order, axis=axis, keepdims=keepdims) ** (1.0 / order)


@register(np.linalg.norm)
def _norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    if ord in (None, "fro") and (axis is None or isinstance(axis, tuple)):
        return _vector_norm(x, None, axis, keepdims)
    if isinstance(axis, (int, np.integer)) or (axis is None and x.ndim == 1):
        return _vector_norm(x, ord, axis, keepdims)
    first, second = (0, 1) if axis is None else (axis[0] % x.ndim, axis[1] % x.ndim)
    if ord not in (1, -1, np.inf, -np.inf) or (axis is None and x.ndim != 2):
        refuse("numpy.linalg.norm", f"ord={ord!r} of a matrix needs its singular values", "use ord='fro'")
    along, across = (first, second) if ord in (1, -1) else (second, first)
    sums = np.sum(abs(x), axis=along, keepdims=True)
    extreme = (np.max if ord > 0 else np.min)(sums, axis=across, keepdims=True)
    return (
        extreme
        if keepdims
        else extreme.reshape(tuple(e for i, e in enumerate(x.shape) if i not in (first, second)))
    )


@register(np.linalg.vector_norm)
def _vector_norm_of(x: Any, /, *, axis: Any = None, keepdims: bool = False, ord: Any = 2) -> Any:
    return _vector_norm(x.reshape(-1) if axis is None and not keepdims else x, ord, axis, keepdims)


@register(np.linalg.matrix_norm)
def _matrix_norm(x: Any, /, *, keepdims: bool = False, ord: Any = "fro") -> Any:
    return _norm(x, ord, (-2, -1), keepdims)


@register(np.clip)
def _clip(a: Any, a_min: Any = None, a_max: Any = None, *, min: Any = None, max: Any = None) -> Any:
    low, high = a_min if min is None else min, a_max if max is None else max
    value = a if low is None else np.maximum(a, low)
    return value if high is None else np.minimum(value, high)


@register(np.sinc)
def _sinc(x: Any) -> Any:
    y = np.pi * np.where(x.primals[0] == 0.0, 1.0, x)
    # sinc is even: its slope at 0 is 0, and 0 * x keeps the shape without a tie.
    return np.where(x.primals[0] == 0.0, 1.0 + 0.0 * x, np.sin(y) / y)


@register(np.nan_to_num)
def _nan_to_num(x: Any, copy: bool = True, nan: float = 0.0, posinf: Any = None, neginf: Any = None) -> Any:
    real = x.primals[0]
    plain = np.nan_to_num(real, nan=nan, posinf=posinf, neginf=neginf)
    result = np.where(np.isfinite(real), x, plain)
    if copy:
        return result
    x[...] = result
    return x


@register(np.round, np.around)
def _round(a: Any, decimals: int = 0) -> Any:
    scaled = a * 10.0**decimals
    apply(np.rint, scaled)
    return np.round(a.primals[0], decimals)


@register(np.fix)
def _fix(a: Any) -> Any:
    return apply(np.trunc, a)


@register(np.trapezoid)
def _trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Any:
    y = lift(y, "numpy.trapezoid")
    ahead = (slice(None),) * (axis % np.ndim(y))
    pairs = y[(*ahead, slice(1, None))] + y[(*ahead, slice(None, -1))]
    if x is None:
        return np.sum(pairs * dx / 2.0, axis=axis)
    widths = np.diff(lift(x, "numpy.trapezoid"))
    if np.ndim(x) == 1:
        widths = widths.reshape((-1,) + (1,) * (np.ndim(y) - 1 - axis % np.ndim(y)))
    return np.sum(widths * pairs / 2.0, axis=axis)


@register(np.polyval)
def _polyval(p: Any, x: Any) -> Any:
    coefficients = lift(p, "numpy.polyval")
    value = 0.0 * x
    for k in range(len(coefficients)):
        value = value * x + coefficients[k]
    return value


@register(np.interp)
def _interp(x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None, period: Any = None) -> Any:
    if period is not None or isinstance(xp, Continuation):
        refuse("numpy.interp", "continued nodes and `period` are not supported")
    x, fp = lift(x, "numpy.interp"), lift(fp, "numpy.interp")
    nodes = np.asarray(xp, dtype=np.float64)
    real = x.primals[0] if isinstance(x, Continuation) else np.asarray(x, dtype=np.float64)
    if isinstance(x, Continuation):
        np.equal(x.reshape((*x.shape, 1)), nodes)  # only for the ties: a node is a kink
    k = np.clip(np.searchsorted(nodes, real, side="right") - 1, 0, len(nodes) - 2)
    inside = fp[k] + (fp[k + 1] - fp[k]) / (nodes[k + 1] - nodes[k]) * (x - nodes[k])
    low = fp[0] if left is None else left
    high = fp[-1] if right is None else right
    return np.where(real < nodes[0], low, np.where(real > nodes[-1], high, inside))


@register(np.gradient)
def _gradient(f: Any, *spacing: Any, axis: Any = None, edge_order: Any = 1) -> Any:
    if f.ndim != 1 and not isinstance(axis, int):
        refuse("numpy.gradient", "name one axis")
    return multilinear(
        lambda y: np.gradient(y, *spacing, axis=axis, edge_order=edge_order), [f], "numpy.gradient"
    )


@register(np.vander)
def _vander(x: Any, N: int | None = None, increasing: bool = False) -> Any:
    count = len(x) if N is None else N
    columns = [x**k if k else np.ones_like(x) for k in range(count)]
    return np.stack(columns if increasing else columns[::-1], axis=-1)
