"""Clarke's generalised Jacobian: which claims at a kink are legitimate conventions."""

from __future__ import annotations

from gradcheck.clarke.exploration import ClarkeVerdict, explore
from gradcheck.clarke.hull import Membership, membership
from gradcheck.clarke.limits import Cell

__all__ = ["Cell", "ClarkeVerdict", "Membership", "explore", "membership"]
