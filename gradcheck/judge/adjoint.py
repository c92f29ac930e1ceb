"""Whether two products belong to the same matrix: the dot-product test, entry by entry and without a step.

``<u, J v> = <J^T u, v>`` for every pair of basis vectors (Claerbout 2014, "Geophysical Image Estimation by
Example", section 2.1.4, tests one random pair): all entries, so that no error hides in a sum.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Unpack

from gradcheck.context import with_defaults
from gradcheck.judge.asked import Asked
from gradcheck.judge.claimed.products import callable_product
from gradcheck.judge.everywhere import judged_everywhere
from gradcheck.judge.pair import Pair
from gradcheck.judge.question.keywords import AdjointKeywords, explicit
from gradcheck.judge.question.options import Options
from gradcheck.results import CheckResult

__all__ = ["check_adjoint"]


@with_defaults
@explicit(AdjointKeywords)
def check_adjoint(
    jvp: Callable[..., Any],
    vjp: Callable[..., Any],
    *args: Any,
    **keywords: Unpack[AdjointKeywords],
) -> CheckResult:
    """Tell whether ``jvp`` and ``vjp`` are of one matrix: ``<u, J v> = <J^T u, v>`` for all u and v.

    No function and no differences are involved, so that a common mistake of both is not seen: use
    :func:`gradcheck.check_jvp` for that.

    Parameters
    ----------
    jvp, vjp
        ``jvp(*args, v)`` and ``vjp(*args, u)``, ``v`` shaped as the varying argument (a tuple when
        ``argnums`` is one), ``u`` as what ``jvp`` returns.
    *args, **keywords
        As for :func:`gradcheck.check`.

    Returns
    -------
    CheckResult
        FAIL where an entry of the two matrices differs beyond what both round, a product has another
        shape, or is not linear.  ``nfev`` is 0: no function is evaluated; ``n + 4`` calls of ``jvp`` and
        ``m + 3`` of ``vjp``.

    Raises
    ------
    InvalidArgument
        If an argument cannot be used; given, expected and fix are named.

    Examples
    --------
    >>> import numpy as np
    >>> a, x = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]), np.zeros(2)
    >>> check_adjoint(lambda x, v: a @ v, lambda x, u: a.T @ u, x).verdict
    <Verdict.PASS: 'pass'>
    >>> check_adjoint(lambda x, v: a @ v, lambda x, u: -a.T @ u, x).diagnosis[:45]
    'the claim is the negative of the reference: w'
    """
    options = Options.of("check_adjoint", AdjointKeywords, keywords)
    callable_product(jvp, "jvp", "v")
    callable_product(vjp, "vjp", "u")

    def attempt(asked: Asked) -> CheckResult:
        return Pair(asked.problem(jvp), jvp, vjp, options).verdict()

    return judged_everywhere("check_adjoint", {"jvp": jvp, "vjp": vjp}, attempt, args, options)
