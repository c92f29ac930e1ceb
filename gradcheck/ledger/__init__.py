"""What records say taken together: merged, compared with others, held against a baseline, gated.

Plain data in, plain data out: no file is read or written here.
"""

from __future__ import annotations

from gradcheck.ledger.baseline import BASELINE_VERSION, baseline_of
from gradcheck.ledger.comparison import compare
from gradcheck.ledger.findings import KINDS
from gradcheck.ledger.gating import gate
from gradcheck.ledger.merging import merge

__all__ = ["BASELINE_VERSION", "KINDS", "baseline_of", "compare", "gate", "merge"]
