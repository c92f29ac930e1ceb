"""What records say taken together: merged, compared with others, held against a baseline, gated.

Plain data in, plain data out: no file is read or written here.
"""

from __future__ import annotations

from gradcheck.ledger.comparison import compare

__all__ = ["compare"]
