"""What is asked: a function at its point, the options of a check, and what they allow it to spend."""
