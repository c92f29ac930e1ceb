"""Claims that are matrices without being arrays: SciPy's sparse matrices and linear operators."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradcheck.arrays import Array
from gradcheck.claims.matrix import ClaimProblem, Unreadable, coarsest, precision
from gradcheck.errors import InvalidArgument
from gradcheck.pytree import as_real_array
from gradcheck.results import Reason

__all__ = ["Dense", "is_matrix_like", "materialised"]

_COLUMNS_AT_ONCE = 64
"""Columns of the identity handed to a linear operator in one product: bounds the memory for the identity."""


@dataclass(frozen=True)
class Dense:
    """A matrix made dense: its numbers, the name of the dtype they were given in, and how it was read."""

    value: Array
    dtype: str
    note: str


def is_sparse(claim: Any) -> bool:
    """Whether ``claim`` is SciPy's sparse matrix or array; does not import ``scipy.sparse``."""
    sparse = sys.modules.get("scipy.sparse")
    return sparse is not None and bool(sparse.issparse(claim))


def is_operator(claim: Any) -> bool:
    """Whether ``claim`` has the interface of SciPy's ``LinearOperator``: a shape and ``matmat``."""
    return hasattr(claim, "matmat") and len(getattr(claim, "shape", ())) == 2


def is_matrix_like(claim: Any) -> bool:
    """Whether :func:`materialised` can read ``claim``."""
    return is_sparse(claim) or is_operator(claim)


def materialised(claim: Any, path: str) -> Dense:
    """Return the dense form of a sparse matrix or linear operator.

    Raises
    ------
    Unreadable
        When the operator raises or is not real, or the sparse structure is damaged.
    """
    return _from_sparse(claim, path) if is_sparse(claim) else _from_operator(claim, path)


def _from_sparse(claim: Any, path: str) -> Dense:
    """Entries left out are zeros, duplicates are summed in float64."""
    try:
        # A product with a damaged index would read or write outside the arrays: check before expanding.
        if hasattr(claim, "check_format"):
            claim.check_format(full_check=True)
        entries = claim.tocoo()
        stored, dtype = as_real_array(entries.data, path)
        value = np.zeros(entries.shape)
        coordinates = tuple(np.asarray(axis) for axis in entries.coords)
        if any(axis.size and axis.min() < 0 for axis in coordinates):
            raise ValueError("negative index")
        np.add.at(value, coordinates, stored.astype(np.float64))
    except InvalidArgument:
        raise
    except (ValueError, IndexError) as cause:
        text = f"`{path}`: the sparse {claim.format} structure is damaged ({cause}); build it anew"
        raise Unreadable(ClaimProblem(text, cause=cause)) from cause
    note = f"sparse: {claim.nnz} stored entries of {value.size}, the others taken as 0"
    return Dense(value, dtype, note)


def _from_operator(claim: Any, path: str) -> Dense:
    """One product with each column of the identity."""
    rows, columns = (int(k) for k in claim.shape)
    value = np.empty((rows, columns))
    dtypes = set()
    for start in range(0, columns, _COLUMNS_AT_ONCE):
        stop = min(start + _COLUMNS_AT_ONCE, columns)
        block, dtype = _product(claim, path, np.eye(columns, stop - start, -start))
        if block.shape != (rows, stop - start):
            text = f"`{path}`: the product of the {rows} x {columns} operator with {stop - start} columns"
            problem = f"{text} has shape {block.shape}, expected {(rows, stop - start)}"
            raise Unreadable(ClaimProblem(problem, Reason.WRONG_SHAPE))
        value[:, start:stop] = block
        dtypes.add(precision(dtype))
    own = getattr(claim, "dtype", None)
    if own is not None:
        dtypes.add(precision(np.dtype(own).name))
    note = f"linear operator: made dense by products with {columns} unit vectors; its adjoint is not judged"
    return Dense(value, coarsest(dtypes), note)


def _product(claim: Any, path: str, identity: Array) -> tuple[Array, str]:
    try:
        with np.errstate(all="ignore"):
            found = claim.matmat(identity)
    except Exception as cause:
        text = f"`{path}`: the linear operator raised {type(cause).__name__}: {cause}"
        raise Unreadable(ClaimProblem(text, Reason.CLAIM_RAISED, cause)) from cause
    return as_real_array(found, path)
