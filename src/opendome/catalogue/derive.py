"""The arithmetic behind the derived figures of the catalogue, so that each can be computed again."""

from __future__ import annotations

import math

__all__ = ["STANDARD_GRAVITY_MPS2", "disc_radius_km", "engagement_from_single_shot", "rounds_per_kill", "vacuum_flight"]

STANDARD_GRAVITY_MPS2 = 9.80665


def disc_radius_km(area_km2: float) -> float:
    """Radius of the disc with the given area.

    Parameters
    ----------
    area_km2 : float
        Area, at least 0 [km2].

    Returns
    -------
    float
        ``sqrt(area / pi)`` [km].

    >>> print(f"{disc_radius_km(155.0):.2f}")
    7.02
    """
    return math.sqrt(area_km2 / math.pi)


def vacuum_flight(range_km: float) -> tuple[float, float, float]:
    """Flight time, apogee and launch speed of a 45-degree shot without air over flat ground.

    Textbook bounds for a class of threats: ``t = sqrt(2 R / g)``, ``h = R / 4``, ``v = sqrt(R g)``.

    Parameters
    ----------
    range_km : float
        Ground range, at least 0 [km].

    Returns
    -------
    tuple of float
        Flight time [s], apogee [km], speed [m/s].

    >>> print("{:.1f} s, {:.2f} km, {:.0f} m/s".format(*vacuum_flight(20.0)))
    63.9 s, 5.00 km, 443 m/s
    """
    range_m = 1000.0 * range_km
    return math.sqrt(2.0 * range_m / STANDARD_GRAVITY_MPS2), range_km / 4.0, math.sqrt(range_m * STANDARD_GRAVITY_MPS2)


def engagement_from_single_shot(p_single: float, second_look_frac: float) -> tuple[float, float]:
    """Success and rounds of one engagement when a share of the misses is followed by one second shot.

    Parameters
    ----------
    p_single : float in (0, 1]
        Single-shot kill probability.
    second_look_frac : float in [0, 1]
        Share of first misses after which there is time, and an order, for a second round.

    Returns
    -------
    tuple of float
        Success per engagement ``p + f p (1 - p)`` [-] and mean rounds per engagement ``1 + f (1 - p)`` [-].
        Their quotient, rounds per interception, is ``1 / p`` whatever ``f`` is.

    Assumes: independent rounds, perfect judgement of the first.
    """
    miss = 1.0 - p_single
    return p_single * (1.0 + second_look_frac * miss), 1.0 + second_look_frac * miss


def rounds_per_kill(p_single: float) -> float:
    """Mean rounds per interception when fire stops at a kill: ``1 / p`` [-].

    Parameters
    ----------
    p_single : float in (0, 1]
        Single-shot kill probability.
    """
    return 1.0 / p_single
