"""Witness 3: automatic differentiation systems behind one protocol.

Importing this package imports none of the systems.
"""

from __future__ import annotations

from gradcheck.autodiff.jax import JaxWitness
from gradcheck.autodiff.protocol import MODES, Autodiff, Availability, Derivatives

__all__ = ["MODES", "Autodiff", "Availability", "Derivatives", "JaxWitness"]
