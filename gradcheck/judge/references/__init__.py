"""What the numerical witnesses say of a problem, at its point and at others."""
