"""The judge: a claimed derivative against independent references, with no tolerance to tune."""

from __future__ import annotations

from gradcheck.judge.api import assert_derivative, check

__all__ = ["assert_derivative", "check"]
