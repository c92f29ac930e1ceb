"""Nested values of every kind that can be flattened."""

from __future__ import annotations

import dataclasses
from typing import Any


@dataclasses.dataclass(frozen=True)
class Layer:
    w: Any
    b: Any
    activation: str = dataclasses.field(default="relu", metadata={"static": True})
