"""Between the API's shape ``f(x).shape + x.shape`` and the documents' 2-D matrices.

Numerator layout puts functions in rows and variables in columns (000 line 52,
004 line 162); denominator layout is its transpose.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from gradcheck.errors import InvalidArgument

if TYPE_CHECKING:
    import numpy as np

__all__ = ["to_numerator"]


def to_numerator(jacobian: np.ndarray[Any, Any], f_shape: tuple[int, ...], x_shape: tuple[int, ...]) -> Any:
    """Return ``J[i, j] = df_i/dx_j``, shape ``(m, n)``, from the API's shape.

    A scalar counts as one row or one column: scalar by scalar is 1x1, a
    gradient a row 1xn, a derivative by a scalar a column mx1 (004 line 180).

    Raises
    ------
    InvalidArgument
        If ``jacobian.shape`` is not ``f_shape + x_shape``.

    Examples
    --------
    >>> import numpy as np
    >>> to_numerator(np.array([4.0, 7.0]), (), (2,)).shape
    (1, 2)
    """
    expected = tuple(f_shape) + tuple(x_shape)
    if tuple(jacobian.shape) != expected:
        raise InvalidArgument.of(
            "jacobian", tuple(jacobian.shape), f"shape {expected}", "reshape it to f.shape + x.shape"
        )
    return jacobian.reshape(math.prod(f_shape), math.prod(x_shape))
