"""The claimed derivative: its numbers at the point and elsewhere, and what its format costs."""
