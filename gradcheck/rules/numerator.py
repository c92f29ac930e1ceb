"""Closed forms as 2-D matrices in numerator layout, in the dtype of their ingredients; always fresh arrays.

Functions run vertically, variables horizontally (000 line 52): a derivative of a
scalar by a scalar is 1x1, a gradient a row 1xn, a vector by a scalar a column mx1.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradcheck.arrays import Array

__all__ = [
    "column",
    "constant",
    "diagonal",
    "identity",
    "matrix",
    "ones_column",
    "ones_row",
    "row",
    "scalar",
    "zero_row",
]


def scalar(value: Any) -> Array:
    """Return a derivative of a scalar by a scalar, shape ``(1, 1)``.

    Examples
    --------
    >>> scalar(np.float32(3)).dtype
    dtype('float32')
    """
    return np.array(value).reshape(1, 1)


def constant(value: float, like: Any) -> Array:
    """Return the number ``value`` as a ``(1, 1)`` matrix in the dtype of ``like``."""
    return np.full((1, 1), value, dtype=np.asarray(like).dtype)


def row(vector: Any) -> Array:
    """Return a vector ``(n,)`` as the row ``(1, n)``: a gradient, or a transposed column."""
    return np.array(vector).reshape(1, np.size(vector))


def column(vector: Any) -> Array:
    """Return a vector ``(m,)`` as the column ``(m, 1)``: a derivative by a scalar."""
    return row(vector).T


def diagonal(vector: Any) -> Array:
    """Return ``diag(vector)``, shape ``(n, n)``.

    Examples
    --------
    >>> diagonal(np.array([5.0, 7.0])).tolist()
    [[5.0, 0.0], [0.0, 7.0]]
    """
    return np.diag(np.asarray(vector))


def identity(like: Any) -> Array:
    """Return ``I``, shape ``(n, n)``, for a vector ``like`` of shape ``(n,)`` and its dtype."""
    return np.eye(np.size(like), dtype=np.asarray(like).dtype)


def matrix(like: Any, rows: list[list[Any]]) -> Array:
    """Return a matrix written entry by entry, in the dtype of ``like``.

    Examples
    --------
    >>> matrix(np.float32(0), [[1, 2.5]]).dtype
    dtype('float32')
    """
    return np.array(rows, dtype=np.asarray(like).dtype)


def ones_row(like: Any) -> Array:
    """Return the transpose of the vector of ones, shape ``(1, n)``, for a vector ``like``."""
    return np.ones((1, np.size(like)), dtype=np.asarray(like).dtype)


def ones_column(like: Any) -> Array:
    """Return the vector of ones, shape ``(n, 1)``, for a vector ``like``."""
    return ones_row(like).T


def zero_row(like: Any) -> Array:
    """Return the transpose of the zero vector, shape ``(1, n)``, for a vector ``like``."""
    return np.zeros((1, np.size(like)), dtype=np.asarray(like).dtype)
