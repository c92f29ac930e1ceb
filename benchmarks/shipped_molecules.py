"""Derivatives in ASE and geomeTRIC: forces of atoms, internal coordinates."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from shipped_pairs import Pair

__all__ = ["ase_pairs", "geometric_pairs"]

_FIVE = np.array([[0.0, 0.1, -0.1], [1.1, 0.2, 0.1], [1.7, 1.3, -0.2], [2.9, 1.4, 0.6], [0.4, -0.9, 1.2]])


def ase_pairs() -> Iterator[Pair]:
    from ase import Atoms
    from ase.calculators.emt import EMT
    from ase.calculators.lj import LennardJones
    from ase.calculators.morse import MorsePotential
    from ase.calculators.tip3p import TIP3P

    copper = 2.3 * _FIVE[1:]
    for name, symbols, calculator, places in (
        ("LennardJones", "Ar4", LennardJones(sigma=1.0, epsilon=0.4, rc=6.0), _FIVE[1:]),
        (
            "LennardJones smooth",
            "Ar4",
            LennardJones(sigma=1.0, epsilon=0.4, rc=3.0, ro=1.5, smooth=True),
            _FIVE[1:],
        ),
        ("MorsePotential", "Cu3", MorsePotential(r0=1.2, epsilon=0.7, rho0=4.0), _FIVE[1:4]),
        ("EMT", "Cu4", EMT(), copper),
        ("EMT alloy", "CuAgAuNi", EMT(), copper),
        ("TIP3P", "OH2OH2", TIP3P(rc=9.0), None),
    ):
        if places is None:
            water = np.array([[0.0, 0.0, 0.0], [0.957, 0.0, 0.0], [-0.24, 0.927, 0.0]])
            places = np.concatenate([water, water + np.array([3.1, 0.4, 0.7])])
        atoms = Atoms(symbols, positions=places, cell=[20, 21, 22], pbc=name == "TIP3P")

        def energy(x: Any, a: Any = atoms, c: Any = calculator) -> float:
            a.positions[:] = x
            return float(c.get_potential_energy(a))

        def gradient(x: Any, a: Any = atoms, c: Any = calculator) -> Any:
            a.positions[:] = x
            return -np.array(c.get_forces(a))

        yield f"{name} forces", energy, gradient, places
    crystal = Atoms(
        "Cu4",
        scaled_positions=[[0, 0, 0], [0.5, 0.52, 0], [0.5, 0, 0.47], [0, 0.5, 0.5]],
        cell=[3.7, 3.6, 3.8],
        pbc=True,
    )
    scaled = crystal.get_scaled_positions()
    for name, calculator in (
        ("EMT", EMT()),
        ("LennardJones", LennardJones(sigma=2.2, epsilon=0.4, rc=5.3, ro=3.0, smooth=True)),
    ):
        box = np.array(crystal.cell[:])

        def strained(e: Any, c: Any = calculator, box: Any = box) -> float:
            crystal.set_cell(box @ (np.eye(3) + _full(e)), scale_atoms=False)
            crystal.set_scaled_positions(scaled)
            return float(c.get_potential_energy(crystal))

        def stress(e: Any, c: Any = calculator, box: Any = box) -> Any:
            crystal.set_cell(box @ (np.eye(3) + _full(e)), scale_atoms=False)
            crystal.set_scaled_positions(scaled)
            return np.array(c.get_stress(crystal)) * abs(np.linalg.det(box))

        yield f"{name} stress", strained, stress, np.zeros(6)
    yield from _geometry()
    yield from _force_field()


def _full(e: Any) -> Any:
    return np.array([[e[0], e[5] / 2, e[4] / 2], [e[5] / 2, e[1], e[3] / 2], [e[4] / 2, e[3] / 2, e[2]]])


def _geometry() -> Iterator[Pair]:
    from ase.geometry import geometry

    p = _FIVE
    for name, f, slope, count in (
        (
            "get_distances",
            lambda x: np.linalg.norm(x[1] - x[0]),
            lambda x: geometry.get_distances_derivatives(x[1:2] - x[0:1])[0],
            2,
        ),
        (
            "get_angles",
            lambda x: geometry.get_angles(x[0:1] - x[1:2], x[2:3] - x[1:2])[0],
            lambda x: geometry.get_angles_derivatives(x[0:1] - x[1:2], x[2:3] - x[1:2])[0],
            3,
        ),
        (
            "get_dihedrals",
            lambda x: geometry.get_dihedrals(x[1:2] - x[0:1], x[2:3] - x[1:2], x[3:4] - x[2:3])[0],
            lambda x: geometry.get_dihedrals_derivatives(x[1:2] - x[0:1], x[2:3] - x[1:2], x[3:4] - x[2:3])[
                0
            ],
            4,
        ),
    ):
        yield f"{name}_derivatives", lambda x, f=f: float(f(x)), slope, p[:count]


def _force_field() -> Iterator[Pair]:
    from ase import Atoms
    from ase.utils import ff

    for kind, term, count in (
        ("morse", ff.Morse(0, 1, D=1.7, alpha=1.3, r0=0.9), 2),
        ("bond", ff.Bond(0, 1, k=2.3, b0=0.9), 2),
        ("angle", ff.Angle(0, 1, 2, k=1.7, a0=100.0), 3),
        ("angle", ff.Angle(0, 1, 2, k=1.7, a0=100.0, cos=True), 3),
        ("dihedral", ff.Dihedral(0, 1, 2, 3, k=0.8, d0=20.0), 4),
        ("dihedral", ff.Dihedral(0, 1, 2, 3, k=0.8, d0=20.0, n=3), 4),
        ("vdw", ff.VdW(0, 1, epsilonij=0.7, sigmaij=0.9), 2),
        ("coulomb", ff.Coulomb(0, 1, chargeij=0.4), 2),
    ):
        atoms = Atoms(f"C{count}", positions=_FIVE[:count], cell=[20, 21, 22])

        def part(x: Any, what: str, kind: str = kind, atoms: Any = atoms, term: Any = term) -> Any:
            atoms.positions[:] = np.reshape(x, atoms.positions.shape)
            return getattr(ff, f"get_{kind}_potential_{what}")(atoms, term)[-1]

        name = (
            f"ff {kind}"
            + (" cosine" if getattr(term, "cos", False) else "")
            + (" n" if getattr(term, "n", None) else "")
        )
        yield (
            f"{name} gradient",
            lambda x, p=part: float(p(x, "value")),
            lambda x, p=part: np.ravel(p(x, "gradient")),
            _FIVE[:count].ravel(),
        )
        yield (
            f"{name} hessian",
            lambda x, p=part: np.ravel(p(x, "gradient")),
            lambda x, p=part: np.asarray(p(x, "hessian")),
            _FIVE[:count].ravel(),
        )


def geometric_pairs() -> Iterator[Pair]:
    from geometric import internal, rotate

    for name, one in (
        ("Distance", internal.Distance(0, 1)),
        ("Angle", internal.Angle(0, 1, 2)),
        ("LinearAngle", internal.LinearAngle(0, 1, 2, 0)),
        ("LinearAngle, other axis", internal.LinearAngle(0, 1, 2, 1)),
        ("Dihedral", internal.Dihedral(0, 1, 2, 3)),
        ("OutOfPlane", internal.OutOfPlane(0, 1, 2, 3)),
        ("MultiAngle", internal.MultiAngle((0, 4), 1, (2, 3))),
        ("MultiDihedral", internal.MultiDihedral((0, 4), 1, 2, (3,))),
        ("CentroidDistance", internal.CentroidDistance([0, 1], [2, 3, 4])),
        ("TranslationX", internal.TranslationX([0, 1, 2], np.array([0.2, 0.5, 0.3]))),
    ):
        at = _FIVE.ravel()
        yield name, lambda x, o=one: float(o.value(x)), lambda x, o=one: np.ravel(o.derivative(x)), at
        try:
            one.second_derivative(at)
        except (NotImplementedError, AttributeError, TypeError):
            continue
        yield (
            f"{name} second",
            lambda x, o=one: np.ravel(o.derivative(x)),
            lambda x, o=one: np.reshape(o.second_derivative(x), (15, 15)),
            at,
        )
    for name in ("RotationA", "RotationB", "RotationC"):

        def fresh(part: str, x: Any, name: str = name) -> Any:
            """Evaluate one without memory: it returns what it has stored where x moved by less than 1e-12."""
            one = getattr(internal, name)([0, 1, 2, 3], _FIVE + 0.1 * np.sin(3 * _FIVE), {}, 1.7)
            return np.array(getattr(one, part)(x.copy()))

        at = _FIVE.ravel()
        yield (
            name,
            lambda x, f=fresh: float(f("value", x)),
            lambda x, f=fresh: np.ravel(f("derivative", x)),
            at,
        )
        yield (
            f"{name} second",
            lambda x, f=fresh: np.ravel(f("derivative", x)),
            lambda x, f=fresh: np.reshape(f("second_derivative", x), (15, 15)),
            at,
        )
    turned = _FIVE @ np.array([[0.8, -0.6, 0.0], [0.6, 0.8, 0.0], [0.0, 0.0, 1.0]]) + 0.05 * np.cos(2 * _FIVE)
    for name in ("q", "expmap", "rot"):
        f = getattr(rotate, {"q": "get_quat", "expmap": "get_expmap", "rot": "get_rot"}[name])
        slope = getattr(rotate, f"get_{name}_der")
        yield (
            f"get_{name}_der",
            lambda x, f=f: np.asarray(f(x, turned)),
            lambda x, s=slope: np.moveaxis(np.asarray(s(x, turned)), (0, 1), (-2, -1)),
            _FIVE,
        )
