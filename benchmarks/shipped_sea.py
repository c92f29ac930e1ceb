"""Derivatives in gsw and CoolProp: sea water, refrigerants."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from shipped_pairs import Pair

__all__ = ["coolprop_pairs", "gsw_pairs"]


def gsw_pairs() -> Iterator[Pair]:
    import gsw

    at = np.array([34.7, 12.3, 810.0])
    pascal = np.array([1.0, 1.0, 1e4])
    whole = {
        "rho": (gsw.rho, gsw.rho_first_derivatives, pascal),
        "specvol": (gsw.specvol, gsw.specvol_first_derivatives, pascal),
        "enthalpy": (gsw.enthalpy, gsw.enthalpy_first_derivatives, None),
        "enthalpy_CT_exact": (gsw.enthalpy_CT_exact, gsw.enthalpy_first_derivatives_CT_exact, None),
        "CT_from_pt": (gsw.CT_from_pt, gsw.CT_first_derivatives, None),
        "entropy_from_CT": (gsw.entropy_from_CT, gsw.entropy_first_derivatives, None),
        "pt_from_CT": (gsw.pt_from_CT, gsw.pt_first_derivatives, None),
    }
    for name, (f, derivatives, scale) in whole.items():
        count = 3 if scale is not None else len(np.atleast_1d(derivatives(*at[: _arity(name)])))
        x = at[: _arity(name)]

        def value(v: Any, f: Any = f, rest: Any = x[count:]) -> float:
            return float(f(*v, *rest))

        def slope(v: Any, d: Any = derivatives, rest: Any = x[count:], scale: Any = scale) -> Any:
            return np.array(d(*v, *rest)) * (1.0 if scale is None else scale)

        yield f"{name} first derivatives", value, slope, x[:count]
    yield from _gsw_second(gsw, at)
    yield from _gsw_freezing(gsw)


def _arity(name: str) -> int:
    return 2 if name in ("CT_from_pt", "entropy_from_CT", "pt_from_CT") else 3


def _gsw_second(gsw: Any, at: Any) -> Iterator[Pair]:
    for name, first, second, depth in (
        ("CT", gsw.CT_first_derivatives, gsw.CT_second_derivatives, 0),
        ("entropy", gsw.entropy_first_derivatives, gsw.entropy_second_derivatives, 0),
        ("pt", gsw.pt_first_derivatives, gsw.pt_second_derivatives, 0),
        ("enthalpy", gsw.enthalpy_first_derivatives, gsw.enthalpy_second_derivatives, 1),
        (
            "enthalpy CT exact",
            gsw.enthalpy_first_derivatives_CT_exact,
            gsw.enthalpy_second_derivatives_CT_exact,
            1,
        ),
        ("rho", gsw.rho_first_derivatives, gsw.rho_second_derivatives, 1),
        ("specvol", gsw.specvol_first_derivatives, gsw.specvol_second_derivatives, 1),
        (
            "rho by enthalpy",
            gsw.rho_first_derivatives_wrt_enthalpy,
            gsw.rho_second_derivatives_wrt_enthalpy,
            1,
        ),
        (
            "specvol by enthalpy",
            gsw.specvol_first_derivatives_wrt_enthalpy,
            gsw.specvol_second_derivatives_wrt_enthalpy,
            1,
        ),
    ):
        rest = at[2:] if depth else at[:0]
        if "by enthalpy" in name:
            continue
        yield (
            f"{name} second derivatives",
            lambda v, f=first, r=rest: np.array(f(*v, *r)[:2]),
            lambda v, s=second, r=rest: _symmetric(s(*v, *r)),
            at[:2],
        )


def _symmetric(parts: Any) -> Any:
    return np.array([[parts[0], parts[1]], [parts[1], parts[2]]])


def _gsw_freezing(gsw: Any) -> Iterator[Pair]:
    at = np.array([34.7, 810.0])
    for name, f, derivatives in (
        ("CT_freezing", gsw.CT_freezing, gsw.CT_freezing_first_derivatives),
        ("CT_freezing_poly", gsw.CT_freezing_poly, gsw.CT_freezing_first_derivatives_poly),
        ("t_freezing", gsw.t_freezing, gsw.t_freezing_first_derivatives),
        ("t_freezing_poly", gsw.t_freezing_poly, gsw.t_freezing_first_derivatives_poly),
    ):
        yield (
            f"{name} first derivatives",
            lambda v, f=f: float(f(v[0], v[1], 0.4)),
            lambda v, d=derivatives: np.array(d(v[0], v[1], 0.4)) * [1.0, 1e4],
            at,
        )
    for name, f, derivatives in (
        (
            "pot_enthalpy_ice_freezing",
            gsw.pot_enthalpy_ice_freezing,
            gsw.pot_enthalpy_ice_freezing_first_derivatives,
        ),
        (
            "pot_enthalpy_ice_freezing_poly",
            gsw.pot_enthalpy_ice_freezing_poly,
            gsw.pot_enthalpy_ice_freezing_first_derivatives_poly,
        ),
    ):
        yield (
            f"{name} first derivatives",
            lambda v, f=f: float(f(v[0], v[1])),
            lambda v, d=derivatives: np.array(d(v[0], v[1])) * [1.0, 1e4],
            at,
        )
    deep = np.array([34.7, 12.3, 810.0])
    yield (
        "CT_from_t first derivatives",
        lambda v: float(gsw.CT_from_t(*v)),
        lambda v: np.array(gsw.CT_first_derivatives_wrt_t_exact(*v)) * [1.0, 1.0, 1e4],
        deep,
    )


def coolprop_pairs() -> Iterator[Pair]:
    import CoolProp

    keys = {
        "T": CoolProp.iT,
        "D": CoolProp.iDmass,
        "P": CoolProp.iP,
        "H": CoolProp.iHmass,
        "S": CoolProp.iSmass,
    }
    for backend, fluid, at in (
        ("HEOS", "Water", [350.0, 980.0]),
        ("HEOS", "R134a", [310.0, 25.0]),
        ("HEOS", "Nitrogen", [210.0, 60.0]),
        ("PR", "Propane", [410.0, 20.0]),
        ("SRK", "Propane", [410.0, 20.0]),
    ):
        state = CoolProp.AbstractState(backend, fluid)
        for output in "PHS":

            def value(v: Any, s: Any = state, o: str = output) -> float:
                s.update(CoolProp.DmassT_INPUTS, v[1], v[0])
                return float(s.keyed_output(keys[o]))

            def first(v: Any, s: Any = state, o: str = output) -> Any:
                s.update(CoolProp.DmassT_INPUTS, v[1], v[0])
                return np.array(
                    [
                        s.first_partial_deriv(keys[o], keys["T"], keys["D"]),
                        s.first_partial_deriv(keys[o], keys["D"], keys["T"]),
                    ]
                )

            def second(v: Any, s: Any = state, o: str = output) -> Any:
                s.update(CoolProp.DmassT_INPUTS, v[1], v[0])
                tt = s.second_partial_deriv(keys[o], keys["T"], keys["D"], keys["T"], keys["D"])
                td = s.second_partial_deriv(keys[o], keys["T"], keys["D"], keys["D"], keys["T"])
                dd = s.second_partial_deriv(keys[o], keys["D"], keys["T"], keys["D"], keys["T"])
                return np.array([[tt, td], [td, dd]])

            yield f"{backend} {fluid} {output} first_partial_deriv", value, first, np.array(at)
            yield f"{backend} {fluid} {output} second_partial_deriv", first, second, np.array(at)
