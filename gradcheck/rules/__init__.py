"""Witness 2: closed forms from four documents, one module a section, plus their errata.

The documents are versions of "The Matrix Calculus You Need For Deep Learning"
(T. Parr and J. Howard, 2018).
"""

from __future__ import annotations

import importlib
from functools import cache

from gradcheck.rules.catalogue import DOCUMENTS, catalogue
from gradcheck.rules.registry import Registry, Rule

__all__ = ["documents"]

_MODULES = (
    "scalar",
    "partial",
    "jacobian",
    "elementwise",
    "elementwise_general",
    "scalar_expansion",
    "reduce",
    "chain",
    "neuron",
    "mentions",
    "sample_loss",
    "loss",
    "descent",
    "augmented",
    "matrix",
    "errata",
)


@cache
def documents() -> tuple[Rule, ...]:
    """Return every rule of the documents: claims in the catalogue's order, errata, rejected claims."""
    for name in _MODULES:
        importlib.import_module(f"gradcheck.rules.{name}")
    tables = ("claims", "errata", "rejected_by_the_documents")
    order = [entry["id"] for table in tables for entry in catalogue()[table]]
    registry: Registry = DOCUMENTS
    return tuple(registry[rule_id] for rule_id in order if rule_id in registry)
