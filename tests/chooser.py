"""Sources of choices for tests that draw without Hypothesis."""

import random


class Seeded:
    """Choices from one seed."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def integer(self, low, high):
        return self.random.randint(low, high)

    def number(self, low, high):
        return self.random.uniform(low, high)


class First:
    """Always the first choice: what a failing example shrinks to."""

    def integer(self, low, high):
        return low

    def number(self, low, high):
        return low
