"""The claim's own rounding: measured, foreseen, or known from a wider format."""
