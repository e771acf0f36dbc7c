"""Air drag of a generic body.

The drag deceleration is a = rho v^2 / (2 beta) f(M), where rho is the density, v the speed through the air, beta the
ballistic coefficient [kg/m2] for supersonic flight, and f(M) the drag at Mach number M relative to the supersonic
plateau. f is one smooth curve of the well-known general form (low and flat below the speed of sound, a steep rise and
a crest just above it, a plateau beyond) and belongs to no particular body: the numbers are assumed.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

__all__ = ["drag_curve", "drag_factor", "drag_rate_ps"]

SUBSONIC_LEVEL = 0.45
"""Drag well below the speed of sound, relative to the supersonic plateau (assumed)."""
RISE_MACH = 1.0
RISE_WIDTH_MACH = 0.12
CREST = 0.10
"""Height of the crest above the plateau (assumed)."""
CREST_MACH = 1.15
CREST_WIDTH_MACH = 0.30


@njit(cache=True, nogil=True)
def drag_factor(mach: float) -> float:
    """Drag relative to the supersonic plateau at a Mach number [-].

    f(M) = s + (1 - s) (1 + tanh((M - 1) / 0.12)) / 2 + 0.10 exp(-((M - 1.15) / 0.30)^2), s = 0.45.
    """
    rise = 0.5 * (1.0 + math.tanh((mach - RISE_MACH) / RISE_WIDTH_MACH))
    crest = CREST * math.exp(-(((mach - CREST_MACH) / CREST_WIDTH_MACH) ** 2))
    return SUBSONIC_LEVEL + (1.0 - SUBSONIC_LEVEL) * rise + crest


@njit(cache=True, nogil=True)
def drag_rate_ps(
    density_kgpm3: float, speed_mps: float, speed_of_sound_mps: float, ballistic_coefficient_kgpm2: float
) -> float:
    """Drag deceleration over speed [1/s]: multiply by minus the velocity through the air to get the acceleration."""
    factor = drag_factor(speed_mps / speed_of_sound_mps)
    return density_kgpm3 * speed_mps * factor / (2.0 * ballistic_coefficient_kgpm2)


def drag_curve(mach: ArrayLike) -> NDArray[np.float64]:
    """Drag relative to the supersonic plateau at many Mach numbers, for plots and checks.

    Parameters
    ----------
    mach : float or array of any shape    Mach number [-], not negative

    Returns
    -------
    array of that shape                   drag factor [-]

    >>> print(f"{float(drag_curve(0.3)):.2f} {float(drag_curve(4.0)):.2f}")
    0.45 1.00
    """
    machs = np.asarray(mach, dtype=np.float64)
    return np.array([drag_factor(float(one)) for one in machs.reshape(-1)]).reshape(machs.shape)
