"""Claims that are products, ``v -> J v`` and ``u -> u J``, made dense by basis vectors; and a gradient."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from gradcheck.arrays import Array
from gradcheck.claims import ClaimMatrix, ClaimProblem, as_gradient, as_jvp, as_vjp
from gradcheck.claims.matrix import coarsest
from gradcheck.errors import InvalidArgument
from gradcheck.judge.claimed.claim import Claim, noted
from gradcheck.judge.question.changes import changed_argument
from gradcheck.judge.question.problem import Problem
from gradcheck.results import Reason
from gradcheck.tolerance import eps_of

__all__ = [
    "GradientClaim",
    "HessianProduct",
    "PullClaim",
    "PushClaim",
    "callable_product",
    "one_number",
    "refuse_system",
]

_SCALES = (1.0, -1.75)
"""Both signs, so that ``abs(v)`` shows with one entry too, and no power of two, so that ``v**2`` does."""
_FAR, _CUT = 1e3, 0.05
"""A long direction, and the share of a product that may be missing along it."""
_ROUGH = 1e3
"""Roundings beyond which a product that is only nearly linear is worth a note."""


def callable_product(product: Any, called: str, direction: str) -> None:
    """Refuse a product that is not a callable."""
    if not callable(product):
        fix = f"pass a function of the arguments and {direction}, or a matrix to `check`"
        raise InvalidArgument.of(called, type(product).__name__, "a callable", fix)


def refuse_system(called: str, given: Any, instead: str) -> None:
    """Refuse the name of an autodiff system where only ``check`` takes one."""
    if isinstance(given, str):
        raise InvalidArgument.of(called, given, "a callable or its numbers", f"write {instead}")


def one_number(problem: Problem, instead: str) -> None:
    """Refuse a function of more than one number, once it has been evaluated.

    Raises
    ------
    InvalidArgument
        If the output is not one number; ``instead`` is the fix.
    """
    if problem.output.size != 1:
        shape = problem.output.shape
        given = f"{problem.output.size} numbers" if shape is None else f"an output of shape {shape}"
        raise InvalidArgument(f"`f`: given {given}, expected one number; {instead}")


@dataclass(frozen=True)
class GradientClaim(Claim):
    """The gradient of a function of one number: of the argument's own shape and structure."""

    def here(self) -> ClaimMatrix | ClaimProblem:
        """Return the claim at the point as the row ``(1, n)``."""
        one_number(self.problem, "use `check` with a Jacobian of shape f.shape + x.shape")
        return super().here()

    def _matrix(self, found: Any) -> ClaimMatrix | ClaimProblem:
        return as_gradient(found, self.problem.space)


@dataclass(frozen=True)
class _ProductClaim(Claim):
    """A linear map given by what it does to a direction: ``product(*args, direction)``.

    Attributes
    ----------
    seed
        For the directions along which linearity is tested.
    rtol
        What the caller grants.
    """

    seed: int = 0
    rtol: float = 0.0
    called: str = "jvp"
    along: ClassVar[str] = "v"

    @property
    def movable(self) -> bool:
        """True: a product is a callable."""
        return True

    def here(self) -> ClaimMatrix | ClaimProblem:
        """Return the dense claim at the point, from arguments in the caller's own types and dtypes."""
        found = self._dense(None, self._own_dtype())
        if isinstance(found, ClaimProblem):
            return found
        rough = self._nonlinear(found)
        if isinstance(rough, ClaimProblem):
            return (
                rough if self._repeats(found) else ClaimProblem(self._two_answers(), Reason.NONDETERMINISTIC)
            )
        note = f"{self.called}: made dense by products with {found.value.shape[1]} basis vectors"
        return self._turned(found, (note, *rough))

    def _repeats(self, found: ClaimMatrix) -> bool:
        again = self._dense(None, self._own_dtype())
        return isinstance(again, ClaimMatrix) and np.array_equal(again.value, found.value, equal_nan=True)

    def _two_answers(self) -> str:
        return f"the {self.called} gives two answers at the same point"

    def drawn(self) -> ClaimMatrix | ClaimProblem:
        """Return the dense claim once more; each product draws anew, so that linearity cannot be tested."""
        found = self._dense(None, self._own_dtype())
        return found if isinstance(found, ClaimProblem) else self._turned(found, ())

    def left_behind(self) -> None:
        """Return None: of many calls no one change stands for all."""

    def at(self, x: Array, dtype: Any = np.float64) -> Array | None:
        """Return the dense claim at flat ``x``, from float64 arguments alone; None where it has none."""
        if dtype is not np.float64:
            return None
        found = self._dense(x, np.dtype(np.float64))
        return self._turned(found, ()).value if isinstance(found, ClaimMatrix) else None

    def _count(self) -> int:
        """Return how many directions span what varies."""
        return self.problem.inp.size

    def _shaped(self, direction: Array, dtype: np.dtype[Any]) -> Any:
        """Return a flat direction as the product takes it."""
        return self.problem.direction(direction, dtype)

    def _result(self, found: Any) -> ClaimMatrix | ClaimProblem:
        """Read one product as a vector."""
        return as_jvp(found, self.problem.output, name=self.called)

    def _turned(self, found: ClaimMatrix, notes: tuple[str, ...]) -> ClaimMatrix:
        """Return the matrix in numerator layout; directions are the columns of ``found``."""
        return ClaimMatrix(found.value, found.dtype, found.eps, (*notes, *found.notes))

    def _own_dtype(self) -> np.dtype[Any]:
        """Return the coarsest format among the arguments: a direction in a finer one hides its rounding."""
        formats = [leaf.working_dtype for leaf in self.problem.inp.leaves]
        return min(formats, key=lambda one: one.itemsize, default=np.dtype(np.float64))

    def _product(self, x: Array | None, direction: Array, dtype: np.dtype[Any]) -> ClaimMatrix | ClaimProblem:
        """Return one product at flat ``x``; for None at the point, from the caller's own types and dtypes."""
        args = self.problem.own_arguments() if x is None else self.problem.arguments(x)
        keywords, shaped = self.problem.keywords(), self._shaped(direction, dtype)
        try:
            with np.errstate(all="ignore"):
                product = self.given(*args, shaped, **keywords)
        except Exception as raised:
            text = f"the {self.called} raised {type(raised).__name__}: {raised}"
            return ClaimProblem(text, Reason.CLAIM_RAISED, raised)
        if x is not None:
            return self._result(product)
        found = noted(self._result(product), f"the {self.called}", self.problem.changed(args, keywords))
        along = changed_argument([(self.along, self._shaped(direction, dtype), shaped)])
        return noted(found, f"the {self.called}", along, "direction")

    def _dense(self, x: Array | None, dtype: np.dtype[Any]) -> ClaimMatrix | ClaimProblem:
        """Return the matrix whose column ``k`` is the product with basis vector ``k``; ``x`` as there."""
        columns = []
        for basis in np.eye(self._count()):
            found = self._product(x, basis, dtype)
            if isinstance(found, ClaimProblem):
                return found
            columns.append(found)
        if not columns:
            return ClaimMatrix(np.zeros((self._height(), 0)), "float64", np.array([[eps_of("float64")]]))
        value = np.stack([one.value for one in columns], axis=1)
        eps = np.stack([np.broadcast_to(one.eps, one.value.shape) for one in columns], axis=1)
        notes = tuple(dict.fromkeys(note for one in columns for note in one.notes))
        return ClaimMatrix(value, coarsest({one.dtype for one in columns}), eps, notes)

    def _height(self) -> int:
        return self.problem.output.size

    def _nonlinear(self, dense: ClaimMatrix) -> ClaimProblem | tuple[str, ...]:
        """Compare products along a random direction, and along its opposite, with the dense matrix."""
        dtype = self._own_dtype()
        drawn = np.random.default_rng(self.seed).normal(size=dense.value.shape[1])
        roughest = 0.0
        for scale in _SCALES if drawn.size else ():
            direction = (scale * drawn).astype(dtype).astype(np.float64)
            found = self._product(None, direction, dtype)
            if isinstance(found, ClaimProblem):
                return found
            eps = max(eps_of(found.dtype), eps_of(dense.dtype))
            with np.errstate(all="ignore"):
                gap = np.abs(found.value - dense.value @ direction)
                size = np.abs(dense.value) @ np.abs(direction)
                finite = np.isfinite(size)
                # Rounding of a sum of products, which a solver inside may exceed: half the digits are enough
                # to tell them from another power of v, and the matrix itself is judged entry by entry.
                wrong = finite & ~(gap <= (np.sqrt(eps) + self.rtol) * size)
                roughest = max(
                    roughest, float(np.max(np.where(finite & (size > 0), gap / size, 0.0), initial=0.0))
                )
            if wrong.any():
                return ClaimProblem(self._nonlinear_text(int(np.argmax(wrong)), gap, size), Reason.DISAGREES)
        cut = self._cut(dense, drawn, dtype)
        if cut is not None:
            return cut
        if roughest > _ROUGH * eps_of(dense.dtype):
            return (f"{self.called} is linear to {roughest:.2g} relative only",)
        return ()

    def _cut(self, dense: ClaimMatrix, drawn: Array, dtype: np.dtype[Any]) -> ClaimProblem | None:
        """Return the problem of a product that cuts long directions off, as a clipped gradient does."""
        if not drawn.size or dtype.itemsize < np.dtype(np.float32).itemsize:
            return None
        direction = (_FAR * drawn).astype(dtype).astype(np.float64)
        found = self._product(None, direction, dtype)
        if isinstance(found, ClaimProblem):
            # Differences along a long direction may leave the domain of f: that says nothing of short ones.
            return None
        with np.errstate(all="ignore"):
            gap = np.abs(found.value - dense.value @ direction)
            size = np.abs(dense.value) @ np.abs(direction)
            wrong = np.isfinite(found.value) & np.isfinite(size) & ~(gap <= (_CUT + self.rtol) * size)
        if not wrong.any():
            return None
        return ClaimProblem(self._nonlinear_text(int(np.argmax(wrong)), gap, size), Reason.DISAGREES)

    def _nonlinear_text(self, row: int, gap: Array, size: Array) -> str:
        return (
            f"`{self.called}` is not linear in its direction: along a random one, entry {row} differs by "
            f"{gap[row]:.3g} from the products with basis vectors (their size {size[row]:.3g})"
        )


def _by_parameters(problem: Problem, found: ClaimMatrix | ClaimProblem) -> ClaimMatrix | ClaimProblem:
    """Return a vector over the entries of the arguments as one over what varies of them."""
    return problem.gathered(found) if isinstance(found, ClaimMatrix) else found


@dataclass(frozen=True)
class PushClaim(_ProductClaim):
    """``jvp(*args, v)``, ``v`` shaped as the argument: column ``k`` is ``J e_k``."""


@dataclass(frozen=True)
class HessianProduct(_ProductClaim):
    """``hvp(*args, v)`` of a function of one number, ``v`` and result shaped as the argument."""

    called: str = "hvp"

    def _result(self, found: Any) -> ClaimMatrix | ClaimProblem:
        return _by_parameters(self.problem.inner, as_vjp(found, self.problem.space, name=self.called))

    def _height(self) -> int:
        return self.problem.inner.inp.size


@dataclass(frozen=True)
class PullClaim(_ProductClaim):
    """``vjp(*args, u)``, ``u`` shaped as the output, result as the argument: row ``i`` is ``e_i J``."""

    called: str = "vjp"
    along: ClassVar[str] = "u"

    def _count(self) -> int:
        return self.problem.output.size

    def _shaped(self, direction: Array, dtype: np.dtype[Any]) -> Any:
        return self.problem.output.unflatten(direction, dtype=dtype)

    def _result(self, found: Any) -> ClaimMatrix | ClaimProblem:
        return _by_parameters(self.problem, as_vjp(found, self.problem.space, name=self.called))

    def _height(self) -> int:
        return self.problem.inp.size

    def _turned(self, found: ClaimMatrix, notes: tuple[str, ...]) -> ClaimMatrix:
        value = np.ascontiguousarray(found.value.T)
        return ClaimMatrix(value, found.dtype, np.atleast_2d(found.eps).T, (*notes, *found.notes))
