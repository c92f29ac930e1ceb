"""One matrix in every form that a claim may take, and how a claim is read."""

from __future__ import annotations

import numpy as np
import scipy.sparse
import scipy.sparse.linalg

from gradcheck.claims import ClaimMatrix, ClaimProblem
from gradcheck.pytree import flatten

J = np.array([[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]])


def out(*shape):
    return flatten(np.zeros(shape), "f")[1]


def inp(*shape):
    return flatten(np.zeros(shape), "x")[1]


def value_of(result):
    assert isinstance(result, ClaimMatrix), result
    assert result.value.dtype == np.float64
    assert result.value.flags.c_contiguous
    return result.value


def problem(result, reason):
    assert isinstance(result, ClaimProblem), result
    assert result.reason is reason
    return result.message


# Forms of one matrix (2, 3), all read the same way.


def operator(matrix=J):
    return scipy.sparse.linalg.aslinearoperator(matrix)


DENSE = {
    "array": lambda a: a,
    "lists": lambda a: a.tolist(),
    "tuple of rows": lambda a: tuple(a),
    "fortran": np.asfortranarray,
    "strided": lambda a: np.repeat(a, 2, axis=1)[:, ::2],
    "read-only": lambda a: np.broadcast_to(a, a.shape),
    "integers": lambda a: a.astype(int),
    "half": lambda a: a.astype(np.float16),
    "longdouble": lambda a: a.astype(np.longdouble),
    "big-endian": lambda a: a.astype(">f4"),
    "unmasked": np.ma.masked_array,
    "matrix": lambda a: a.view(np.matrix),
}
SPARSE = {
    f"{kind}_{form}": getattr(scipy.sparse, f"{kind}_{form}")
    for kind in ("csr", "csc", "coo", "lil", "dok", "dia", "bsr")
    for form in ("array", "matrix")
}
FORMS = DENSE | SPARSE | {"operator": operator}
