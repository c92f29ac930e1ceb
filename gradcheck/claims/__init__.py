"""A claimed derivative in any of its forms -> one dense matrix in numerator layout, or why there is none."""

from __future__ import annotations

from gradcheck.claims.forms import as_gradient, as_jvp, as_matrix, as_second, as_vjp
from gradcheck.claims.matrix import ClaimMatrix, ClaimProblem

__all__ = ["ClaimMatrix", "ClaimProblem", "as_gradient", "as_jvp", "as_matrix", "as_second", "as_vjp"]
