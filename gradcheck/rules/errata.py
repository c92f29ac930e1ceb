"""Every misprint and rejected claim of the documents: importing this module registers them all."""

from __future__ import annotations

from gradcheck.rules import (
    errata_000,
    errata_001,
    errata_001_loss,
    errata_002,
    errata_002_chain,
    errata_002_elementwise,
    errata_004,
    rejected_claims,
)

__all__ = [
    "errata_000",
    "errata_001",
    "errata_001_loss",
    "errata_002",
    "errata_002_chain",
    "errata_002_elementwise",
    "errata_004",
    "rejected_claims",
]
