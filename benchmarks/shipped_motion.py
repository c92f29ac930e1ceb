"""Derivatives in pytransform3d and AHRS: Jacobians of rotations, of a filter's models."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from shipped_pairs import Pair

__all__ = ["ahrs_pairs", "pytransform3d_pairs"]


def pytransform3d_pairs() -> Iterator[Pair]:
    from pytransform3d import rotations, transformations

    for where, omega in (
        ("", [0.4, -0.7, 1.1]),
        (" near 0", [1e-3, -2e-3, 1e-3]),
        (" near pi", [1.7, -1.9, 1.7]),
    ):
        base = np.array(omega)
        turn = rotations.matrix_from_compact_axis_angle(base)
        yield (
            f"left_jacobian_SO3{where}",
            lambda w, turn=turn: rotations.compact_axis_angle_from_matrix(
                rotations.matrix_from_compact_axis_angle(w) @ turn.T
            ),
            rotations.left_jacobian_SO3,
            base,
        )
        yield (
            f"left_jacobian_SO3_inv{where}",
            lambda d, turn=turn: rotations.compact_axis_angle_from_matrix(
                rotations.matrix_from_compact_axis_angle(d) @ turn
            ),
            lambda d, base=base: rotations.left_jacobian_SO3_inv(base),
            np.zeros(3),
        )
    screw = np.array([0.4, -0.7, 1.1, 0.3, 0.8, -0.5])
    moved = transformations.transform_from_exponential_coordinates(screw)
    yield (
        "left_jacobian_SE3",
        lambda s: transformations.exponential_coordinates_from_transform(
            transformations.transform_from_exponential_coordinates(s) @ np.linalg.inv(moved)
        ),
        transformations.left_jacobian_SE3,
        screw,
    )
    yield (
        "left_jacobian_SE3_inv",
        lambda d: transformations.exponential_coordinates_from_transform(
            transformations.transform_from_exponential_coordinates(d) @ moved
        ),
        lambda d: transformations.left_jacobian_SE3_inv(screw),
        np.zeros(6),
    )


def ahrs_pairs() -> Iterator[Pair]:
    from ahrs.filters import EKF

    q, omega = np.array([0.7, 0.1, -0.5, 0.5]), np.array([0.2, -0.4, 0.7])
    for frame in ("NED", "ENU"):
        one = EKF(frame=frame, magnetic_ref=60.0)
        one.z = np.arange(6.0)
        yield (
            f"EKF dfdq {frame}",
            lambda x, o=one: o.f(x, omega, 0.01),
            lambda x, o=one: o.dfdq(omega, 0.01),
            q,
        )
        tangent = np.linalg.svd(q[None, :])[2][1:].T
        for mode in ("normal", "refactored"):

            def slope(t: Any, o: Any = one, m: str = mode, tangent: Any = tangent) -> Any:
                size = np.linalg.norm(q + tangent @ t)
                unit = (q + tangent @ t) / size
                return o.dhdq(unit, mode=m) @ ((np.eye(4) - np.outer(unit, unit)) / size) @ tangent

            yield (
                f"EKF dhdq {frame} {mode}, along the sphere",
                lambda t, o=one, tangent=tangent: np.array(
                    o.h((q + tangent @ t) / np.linalg.norm(q + tangent @ t))
                ),
                slope,
                np.zeros(3),
            )
