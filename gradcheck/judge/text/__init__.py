"""A result as text for a person, and as Python that shows it again."""
