"""Witness 3: automatic differentiation systems behind one protocol.

Importing this package imports none of the systems.
"""

from __future__ import annotations

from gradcheck.autodiff.jax import JaxWitness
from gradcheck.autodiff.protocol import Autodiff, Availability, Derivatives, Mode

__all__ = ["Autodiff", "Availability", "Derivatives", "JaxWitness", "Mode"]
