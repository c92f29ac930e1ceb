"""Derivatives in chemicals: correlations, vapour pressures, virial coefficients, water and air."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from shipped_pairs import Pair

__all__ = ["chemicals_pairs"]


def _scalar(f: Any, slope: Any, at: float, name: str) -> Pair:
    return (
        name,
        lambda x: float(f(float(x[0]))),
        lambda x: np.array([float(np.ravel(slope(float(x[0])))[0])]),
        np.array([at]),
    )


def chemicals_pairs() -> Iterator[Pair]:
    yield from _dippr()
    yield from _vapour_pressures()
    yield from _virial()
    yield from _reference_equations()


def _dippr() -> Iterator[Pair]:
    from chemicals import dippr

    critical = {"Tc": 647.0}
    for name, numbers in (
        ("EQ100", {"A": 2.7, "B": -0.02, "C": 8e-5, "D": -1e-7, "E": 2e-11, "F": 1e-14, "G": 2e-17}),
        ("EQ101", {"A": 73.6, "B": -7258.0, "C": -7.3, "D": 4.2e-6, "E": 2.0}),
        ("EQ102", {"A": 1.7e-6, "B": 0.8, "C": 73.0, "D": 110.0}),
        ("EQ104", {"A": 0.02, "B": -26.0, "C": -1.7e7, "D": -7e19, "E": 6e21}),
        ("EQ105", {"A": 0.7, "B": 0.23, "C": 647.0, "D": 0.28}),
        ("EQ106", {**critical, "A": 5.2e7, "B": 0.32, "C": -0.21, "D": 0.26, "E": 0.05}),
        ("EQ107", {"A": 33363.0, "B": 26790.0, "C": 2610.5, "D": 8896.0, "E": 1169.0}),
        ("EQ114", {**critical, "A": 66.6, "B": 6765.9, "C": -123.6, "D": 478.3}),
        ("EQ115", {"A": 3.1, "B": -200.0, "C": 0.4, "D": 1e4, "E": 2e6}),
        ("EQ116", {**critical, "A": 17.9, "B": 58.6, "C": -95.4, "D": 213.9, "E": -141.3}),
        ("EQ127", {"A": 3.3e4, "B": 1.7e4, "C": 710.0, "D": 9.6e3, "E": 2100.0, "F": 7e3, "G": 4600.0}),
        (
            "EQ100_reciprocal",
            {"A": 2.7, "B": -0.02, "C": 8e-5, "D": -1e-7, "E": 2e-11, "F": 1e-14, "G": 2e-17},
        ),
        ("EQ105_reciprocal", {"A": 0.7, "B": 0.23, "C": 647.0, "D": 0.28}),
        ("EQ106_reciprocal", {**critical, "A": 5.2e7, "B": 0.32, "C": -0.21, "D": 0.26, "E": 0.05}),
    ):
        one, at = getattr(dippr, name), 341.7
        for low, high in ((0, 1), (1, 2), (2, 3), (-1, 0), (-1j, 0)):
            try:
                one(at, **numbers, order=low), one(at, **numbers, order=high)
            except Exception:
                continue
            over = (lambda t: t) if low == -1j else (lambda t: 1.0)
            yield _scalar(
                lambda t, f=one, k=numbers, o=low: f(t, **k, order=o),
                lambda t, f=one, k=numbers, o=high, over=over: f(t, **k, order=o) / over(t),
                at,
                f"{name} order {low}",
            )


def _vapour_pressures() -> Iterator[Pair]:
    from chemicals import vapor_pressure as psat

    wagner = (190.53, 4596420.0, -6.00435, 1.1885, -0.834082, -1.22833)
    trc = (508.1, -50.0, 9.6, 1231.0, -50.0, 2.3, -290.0, 12000.0)
    for name, numbers, at in (
        ("Yaws_Psat", (28.588, -2469.0, -7.351, 2.8025e-10, 2.7361e-6), 330.0),
        ("Antoine", (8.95894, 510.595, -15.95), 150.0),
        ("TRC_Antoine_extended", trc, 480.0),
        ("Wagner_original", wagner, 150.0),
        ("Wagner", wagner, 150.0),
    ):
        value, first, second = (getattr(psat, part) for part in (name, f"d{name}_dT", f"d2{name}_dT2"))
        yield _scalar(
            lambda t, f=value, k=numbers: f(t, *k), lambda t, f=first, k=numbers: f(t, *k), at, name
        )
        yield _scalar(
            lambda t, f=first, k=numbers: f(t, *k),
            lambda t, f=second, k=numbers: f(t, *k),
            at,
            f"{name}, second",
        )
    yield _scalar(psat.Psat_IAPWS, psat.dPsat_IAPWS_dT, 341.7, "Psat_IAPWS")


def _virial() -> Iterator[Pair]:
    from chemicals import virial

    for name, numbers in (
        ("BVirial_Pitzer_Curl", (425.2, 38e5, 0.193)),
        ("BVirial_Abbott", (425.2, 38e5, 0.193)),
        ("BVirial_Tsonopoulos", (425.2, 38e5, 0.193)),
        ("BVirial_Tsonopoulos_extended", (425.2, 38e5, 0.193, 0.1, 0.02)),
    ):
        one = getattr(virial, name)
        for low, high in ((0, 1), (1, 2), (2, 3), (-1, 0), (-2, -1)):
            yield _scalar(
                lambda t, f=one, k=numbers, o=low: f(t, *k, order=o),
                lambda t, f=one, k=numbers, o=high: f(t, *k, order=o),
                510.0,
                f"{name} order {low}",
            )
    for name, numbers in (
        ("BVirial_Oconnell_Prausnitz", (425.2, 38e5, 0.193)),
        ("BVirial_Xiang", (425.2, 38e5, 2.5e-4, 0.193)),
        ("BVirial_Meng", (425.2, 38e5, 2.5e-4, 0.193, 0.001)),
        ("CVirial_Orbey_Vera", (425.2, 38e5, 0.193)),
        ("CVirial_Liu_Xiang", (425.2, 38e5, 2.5e-4, 0.193)),
    ):
        vec = getattr(virial, f"{name}_vec")

        def parts(t: float, vec: Any = vec, numbers: Any = numbers) -> list[float]:
            return [float(part[0]) for part in vec(t, *([number] for number in numbers))]

        for order in range(3):
            yield _scalar(
                lambda t, p=parts, o=order: p(t)[o],
                lambda t, p=parts, o=order: p(t)[o + 1],
                510.0,
                f"{name} order {order}",
            )


_IAPWS95 = (
    ("iapws95_A0", "iapws95_dA0_dtau", 0),
    ("iapws95_dA0_dtau", "iapws95_d2A0_dtau2", 0),
    ("iapws95_d2A0_dtau2", "iapws95_d3A0_dtau3", 0),
    ("iapws95_Ar", "iapws95_dAr_dtau", 0),
    ("iapws95_Ar", "iapws95_dAr_ddelta", 1),
    ("iapws95_dAr_ddelta", "iapws95_d2Ar_ddelta2", 1),
    ("iapws95_d2Ar_ddelta2", "iapws95_d3Ar_ddelta3", 1),
    ("iapws95_d2Ar_ddelta2", "iapws95_d3Ar_ddelta2dtau", 0),
    ("iapws95_dAr_dtau", "iapws95_d2Ar_dtau2", 0),
    ("iapws95_d2Ar_ddeltadtau", "iapws95_d3Ar_ddeltadtau2", 0),
    ("iapws95_d3Ar_ddelta2dtau", "iapws95_d4Ar_ddelta2dtau2", 0),
)
_IAPWS97 = (
    ("iapws97_G_region1", "iapws97_dG_dpi_region1", 1),
    ("iapws97_dG_dpi_region1", "iapws97_d2G_dpi2_region1", 1),
    ("iapws97_G_region1", "iapws97_dG_dtau_region1", 0),
    ("iapws97_dG_dtau_region1", "iapws97_d2G_dtau2_region1", 0),
    ("iapws97_dG_dtau_region1", "iapws97_d2G_dpidtau_region1", 1),
    ("iapws97_Gr_region2", "iapws97_dGr_dpi_region2", 1),
    ("iapws97_dGr_dpi_region2", "iapws97_d2Gr_dpi2_region2", 1),
    ("iapws97_dGr_dtau_region2", "iapws97_d2Gr_dtau2_region2", 0),
    ("iapws97_dGr_dtau_region2", "iapws97_d2Gr_dpidtau_region2", 1),
    ("iapws97_A_region3", "iapws97_dA_ddelta_region3", 1),
    ("iapws97_dA_dtau_region3", "iapws97_d2A_dtau2_region3", 0),
    ("iapws97_dA_ddelta_region3", "iapws97_d2A_ddelta2_region3", 1),
)
_AIR = (
    ("lemmon2000_air_A0", "lemmon2000_air_dA0_dtau", 0),
    ("lemmon2000_air_dA0_dtau", "lemmon2000_air_d2A0_dtau2", 0),
    ("lemmon2000_air_d2A0_dtau2", "lemmon2000_air_d3A0_dtau3", 0),
    ("lemmon2000_air_d3A0_dtau3", "lemmon2000_air_d4A0_dtau4", 0),
    ("lemmon2000_air_Ar", "lemmon2000_air_dAr_dtau", 0),
    ("lemmon2000_air_d3Ar_dtau3", "lemmon2000_air_d4Ar_dtau4", 0),
    ("lemmon2000_air_dAr_ddelta", "lemmon2000_air_d2Ar_ddelta2", 1),
    ("lemmon2000_air_d3Ar_ddelta3", "lemmon2000_air_d4Ar_ddelta4", 1),
    ("lemmon2000_air_d2Ar_ddeltadtau", "lemmon2000_air_d3Ar_ddeltadtau2", 0),
    ("lemmon2000_air_d3Ar_ddelta2dtau", "lemmon2000_air_d4Ar_ddelta2dtau2", 0),
    ("lemmon2000_air_d3Ar_ddeltadtau2", "lemmon2000_air_d4Ar_ddeltadtau3", 0),
)


def _reference_equations() -> Iterator[Pair]:
    from chemicals import air, iapws

    for module, table, at in (
        (iapws, _IAPWS95, (1.3, 0.7)),
        (iapws, _IAPWS97, (1.3, 0.7)),
        (air, _AIR, (1.3, 0.7)),
    ):
        for value, slope, by in table:
            f, d = getattr(module, value), getattr(module, slope)
            other = at[1 - by]
            yield _scalar(
                (lambda t, f=f, o=other: f(t, o)) if by == 0 else (lambda t, f=f, o=other: f(o, t)),
                (lambda t, d=d, o=other: d(t, o)) if by == 0 else (lambda t, d=d, o=other: d(o, t)),
                at[by],
                slope,
            )
    for name in ("TEOS10_CAAW_derivatives", "TEOS10_CAWW_derivatives", "TEOS10_BAW_derivatives"):
        derivatives = getattr(air, name)
        for order in range(3):
            yield _scalar(
                lambda t, d=derivatives, o=order: d(t)[o],
                lambda t, d=derivatives, o=order: d(t)[o + 1],
                341.7,
                f"{name} {order + 1}",
            )
    yield _scalar(air.iapws04_Henry_air, air.iapws04_dHenry_air_dT, 341.7, "iapws04_Henry_air")
    yield _scalar(iapws.iapws92_Psat, iapws.iapws92_dPsat_dT, 341.7, "iapws92_Psat")
    yield _scalar(iapws.iapws95_Psat, iapws.iapws95_dPsat_dT, 341.7, "iapws95_Psat")
    yield _scalar(iapws.iapws95_rhol_sat, iapws.iapws95_drhol_sat_dT, 341.7, "iapws95_rhol_sat")
