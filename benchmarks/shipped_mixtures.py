"""Derivatives in thermo: alpha functions, cubic equations of state, excess Gibbs energies."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from shipped_pairs import Pair

__all__ = ["thermo_pairs"]

_ALPHAS: dict[str, tuple[float, ...]] = {
    "Soave_1972_a_alpha": (0.7,),
    "Heyen_a_alpha": (0.4, 0.8),
    "Harmens_Knapp_a_alpha": (0.6, 0.3),
    "Mathias_1983_a_alpha": (0.6, 0.3),
    "Mathias_Copeman_untruncated_a_alpha": (0.7, -0.4, 0.3),
    "Mathias_Copeman_a_alpha": (0.7, -0.4, 0.3),
    "Gibbons_Laughton_a_alpha": (-0.4, -0.5),
    "Soave_1984_a_alpha": (0.4, 0.3),
    "Yu_Lu_a_alpha": (0.3, 0.2, -0.1, 0.6),
    "Trebble_Bishnoi_a_alpha": (0.7,),
    "Melhem_a_alpha": (0.7, 0.2),
    "Androulakis_a_alpha": (0.7, -0.3, 0.2),
    "Schwartzentruber_a_alpha": (0.1, 0.2, -0.1, 0.3),
    "Almeida_a_alpha": (0.6, 0.4, 0.3),
    "Twu91_a_alpha": (0.7, 0.9, 1.4),
    "Soave_1993_a_alpha": (0.6, 0.2),
    "Gasem_a_alpha": (1.9, 0.8, 0.13),
    "Coquelet_a_alpha": (0.7, 0.2, -0.1),
    "Haghtalab_a_alpha": (0.8, 1.2, 0.7),
    "Saffari_a_alpha": (0.1, 0.7, -0.2),
    "Chen_Yang_a_alpha": (0.4, 0.3, 0.1, 0.2, 0.3, 0.1, 0.2),
    "TwuSRK95_a_alpha": (),
    "TwuPR95_a_alpha": (),
}


def thermo_pairs() -> Iterator[Pair]:
    yield from _alphas()
    yield from _cubic()
    yield from _excess()


def _alphas() -> Iterator[Pair]:
    from thermo import eos_alpha_functions as functions

    for name, numbers in _ALPHAS.items():
        base = getattr(functions, name)
        one = type("one", (base,), {})()
        one._init_test(507.6, 2.4, numbers, omega=0.3)  # noqa: SLF001
        for where, at in (("", 341.7), (" above Tc", 611.0)):

            def order(t: Any, k: int, one: Any = one) -> float:
                return float(one.a_alpha_and_derivatives_pure(float(t[0]))[k])

            try:
                order([at], 2)
            except Exception as raised:
                print(f"thermo {name} left out: {raised}")
                continue
            yield (
                f"{name}{where}",
                lambda t, o=one: float(o.a_alpha_pure(float(t[0]))),
                lambda t, f=order: np.array([f(t, 1)]),
                np.array([at]),
            )
            yield (
                f"{name}{where}, second",
                lambda t, f=order: f(t, 1),
                lambda t, f=order: np.array([f(t, 2)]),
                np.array([at]),
            )


def _cubic() -> Iterator[Pair]:
    from thermo import eos

    critical = {"Tc": 507.6, "Pc": 3025000.0, "omega": 0.2975}
    for name in (
        "PR",
        "PR78",
        "PRSV",
        "SRK",
        "APISRK",
        "TWUPR",
        "TWUSRK",
        "VDW",
        "RK",
        "PRTranslated",
        "MSRKTranslated",
    ):
        keep = {k: v for k, v in critical.items() if name not in ("VDW", "RK") or k != "omega"}
        more = (
            {"S2": 0.01, "S1": 0.9}
            if name == "APISRK"
            else {"M": 0.9, "N": 0.1}
            if name == "MSRKTranslated"
            else {}
        )
        try:
            law = getattr(eos, name)
            law(**keep, **more, T=420.0, V=2.1e-3)
        except Exception as raised:
            print(f"thermo {name} left out: {raised}")
            continue

        def state(x: Any, law: Any = law, k: Any = {**keep, **more}) -> Any:  # noqa: B006
            return law(**k, T=float(x[0]), V=float(x[1]))

        def gas(x: Any, part: str, state: Any = state) -> float:
            one, form = state(x), part if "{}" in part else f"{part}{{}}"
            return float(getattr(one, form.format("_g" if hasattr(one, "V_g") else "_l")))

        at = np.array([420.0, 2.1e-3])
        yield (
            f"{name} pressure",
            lambda x, s=state: float(s(x).P),
            lambda x, g=gas: np.array([g(x, "dP_dT"), g(x, "dP_dV")]),
            at,
        )
        yield (
            f"{name} pressure, second",
            lambda x, g=gas: np.array([g(x, "dP_dT"), g(x, "dP_dV")]),
            lambda x, g=gas: np.array(
                [[g(x, "d2P_dT2"), g(x, "d2P_dTdV")], [g(x, "d2P_dTdV"), g(x, "d2P_dV2")]]
            ),
            at,
        )
        yield (
            f"{name} departures",
            lambda x, g=gas: np.array([g(x, "H_dep"), g(x, "S_dep")]),
            lambda x, g=gas: np.array(
                [[g(x, f"d{part}_dep_dT{{}}_V"), g(x, f"d{part}_dep_dV{{}}_T")] for part in "HS"]
            ),
            at,
        )


def _excess() -> Iterator[Pair]:
    from thermo import NRTL, UNIQUAC, RegularSolution, Wilson
    from thermo.regular_solution import FloryHuggins, Hansen

    rng = np.random.default_rng(12)
    xs = [0.2, 0.5, 0.3]

    def table(size: float) -> list[list[float]]:
        return (size * rng.normal(size=(3, 3)) * (1 - np.eye(3))).tolist()

    tau = {
        "tau_as": table(0.5),
        "tau_bs": table(90.0),
        "tau_es": table(0.1),
        "tau_fs": table(1e-3),
        "tau_gs": table(900.0),
        "tau_hs": table(1e-6),
        "alpha_cs": (0.3 * (1 - np.eye(3))).tolist(),
        "alpha_ds": table(1e-4),
    }
    letters = {
        f"{{}}_{k}s": table(size)
        for k, size in zip("abcdef", (0.4, 60.0, 0.1, 1e-3, 900.0, 1e-6), strict=True)
    }
    volumes, shapes = [7.5e-5, 9.1e-5, 5.2e-5], {"rs": [2.1, 3.2, 1.4], "qs": [1.9, 2.8, 1.5]}
    for name, law, numbers in (
        ("NRTL", NRTL, tau),
        ("Wilson", Wilson, {k.format("lambda"): v for k, v in letters.items()}),
        ("UNIQUAC", UNIQUAC, {**shapes, **{k.format("tau"): v for k, v in letters.items()}}),
        ("RegularSolution", RegularSolution, {"Vs": volumes, "SPs": [1.8e4, 2.1e4, 2.6e4]}),
        ("FloryHuggins", FloryHuggins, {"Vs": volumes, "SPs": [1.8e4, 2.1e4, 2.6e4]}),
        (
            "Hansen",
            Hansen,
            {
                "Vs": volumes,
                "delta_d": [1.6e4, 1.7e4, 1.5e4],
                "delta_p": [2e3, 9e3, 5e3],
                "delta_h": [4e3, 1.2e4, 2e4],
            },
        ),
    ):
        yield from _one_excess(name, law, numbers, np.array(xs))


def _one_excess(name: str, law: Any, numbers: Any, xs: Any) -> Iterator[Pair]:
    def at_temperature(t: Any, part: str) -> Any:
        return np.asarray(getattr(law(T=float(t[0]), xs=xs.tolist(), **numbers), part)())

    def at_composition(x: Any, part: str) -> Any:
        return np.asarray(getattr(law(T=341.7, xs=[float(v) for v in x], **numbers), part)())

    warm = np.array([341.7])
    for lower, higher in (
        ("GE", "dGE_dT"),
        ("dGE_dT", "d2GE_dT2"),
        ("d2GE_dT2", "d3GE_dT3"),
        ("dGE_dxs", "d2GE_dTdxs"),
        ("gammas", "dgammas_dT"),
        ("HE", "dHE_dT"),
        ("SE", "dSE_dT"),
        ("taus", "dtaus_dT"),
        ("Gs", "dGs_dT"),
        ("dGs_dT", "d2Gs_dT2"),
        ("d2Gs_dT2", "d3Gs_dT3"),
        ("lambdas", "dlambdas_dT"),
        ("d2lambdas_dT2", "d3lambdas_dT3"),
    ):
        if _gives(at_temperature, warm, lower, higher):
            yield (
                f"{name} {higher}",
                lambda t, p=lower: at_temperature(t, p),
                lambda t, p=higher: at_temperature(t, p)[..., None],
                warm,
            )
    for lower, higher in (
        ("GE", "dGE_dxs"),
        ("dGE_dT", "d2GE_dTdxs"),
        ("dGE_dxs", "d2GE_dxixjs"),
        ("d2GE_dxixjs", "d3GE_dxixjxks"),
        ("phis", "dphis_dxs"),
        ("thetas", "dthetas_dxs"),
        ("dthetas_dxs", "d2thetas_dxixjs"),
        ("HE", "dHE_dxs"),
        ("SE", "dSE_dxs"),
    ):
        if name in ("FloryHuggins", "Hansen") and lower.startswith("d"):
            continue  # dGE_dxs holds on the simplex only: its slope is not the Hessian of GE
        if _gives(at_composition, xs, lower, higher):
            yield (
                f"{name} {higher}",
                lambda x, p=lower: at_composition(x, p),
                lambda x, p=higher: _by_last(at_composition(x, p), p),
                xs,
            )


def _by_last(table: Any, part: str) -> Any:
    return np.moveaxis(table, -1, 0) if part == "d2thetas_dxixjs" else table


def _gives(at: Any, x: Any, *parts: str) -> bool:
    try:
        return all(np.isfinite(at(x, part)).all() for part in parts)
    except (AttributeError, NotImplementedError, TypeError):
        return False
