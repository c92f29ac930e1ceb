"""The right Jacobian of the wrong thing: another argument, point, side, sample, or with a term missing."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any

import numpy as np

from gradcheck.arrays import Array
from gradcheck.diagnosis.context import Context, Supply
from gradcheck.diagnosis.mistakes import Finding, Mistake
from gradcheck.diagnosis.state import State, Step, ways

__all__ = ["Library"]


class Library:
    """The context's further Jacobians, each evaluated once, when first asked for, within the allowance."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self._left = context.max_evaluations
        self._known: dict[str, tuple[Array, Array] | None] = {}

    def _get(self, key: str, supply: Supply) -> tuple[Array, Array] | None:
        if key not in self._known:
            self._known[key] = self._evaluate(supply)
        return self._known[key]

    def _evaluate(self, supply: Supply) -> tuple[Array, Array] | None:
        if self._left <= 0:
            return None
        self._left -= 1
        try:
            value, error = supply()
        except Exception:
            # Another point may lie outside the domain: then it is not where the claim was taken.
            return None
        return np.asarray(value, dtype=float), np.asarray(error, dtype=float)

    def propose(self, state: State) -> Iterator[Step]:
        """Yield each further Jacobian in the reference's place."""
        for finding, value, error, choice in self._alternatives(state):
            if value.shape == state.claim.shape:
                yield Step(finding, state.applied(value, error), choice)

    def _alternatives(self, state: State) -> Iterator[tuple[Finding, Array, Array, float]]:
        context = self.context
        for name, supply in context.arguments.items():
            yield from self._one(Mistake.WRONG_ARGUMENT, name, supply, ways(len(context.arguments)))
        for name, side in (("left", context.left), ("right", context.right)):
            if side is not None:
                yield from self._one(Mistake.OTHER_SIDE, name, side, 1.0)
        yield from self._terms(state)
        yield from self._samples()
        if context.reference_at is not None:
            for name, point in context.points.items():
                yield from self._one(Mistake.WRONG_POINT, name, self._at(point), ways(len(context.points)))

    def _at(self, point: Any) -> Supply:
        def supply() -> tuple[Array, Array]:
            assert self.context.reference_at is not None
            return self.context.reference_at(point)

        return supply

    def _one(
        self, mistake: Mistake, name: str, supply: Supply, choice: float
    ) -> Iterator[tuple[Finding, Array, Array, float]]:
        found = self._get(f"{mistake}:{name}", supply)
        if found is not None:
            yield Finding(mistake, parameter=name, label=name), *found, choice

    def _terms(self, state: State) -> Iterator[tuple[Finding, Array, Array, float]]:
        paths = self.context.paths
        known = {name: self._get(f"path:{name}", supply) for name, supply in paths.items()}
        for size in (1, 2):
            for names in combinations(paths, size):
                terms = [known[name] for name in names]
                shapes = {term[0].shape for term in terms if term is not None}
                if None in terms or shapes != {state.reference.shape} or len(paths) <= size - 1:
                    continue
                value = np.sum([term[0] for term in terms if term is not None], axis=0)
                error = state.reference_error + np.sum([t[1] for t in terms if t is not None], axis=0)
                choice = 1.0 + ways(max(len(paths), self.context.paths_tried) ** size)
                lost, twice = Mistake.MISSING_TERM, Mistake.DOUBLED_TERM
                yield Finding(lost, parameter=names), state.reference - value, error, choice
                yield Finding(twice, parameter=names), state.reference + value, error, choice

    def _samples(self) -> Iterator[tuple[Finding, Array, Array, float]]:
        if self.context.samples is None:
            return
        found = self._get("samples", self.context.samples)
        if found is not None:
            for k, (value, error) in enumerate(zip(*found, strict=True)):
                yield Finding(Mistake.ONE_SAMPLE, parameter=k), value, error, ways(len(found[0]))
