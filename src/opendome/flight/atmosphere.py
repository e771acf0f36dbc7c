"""Standard atmosphere and the wind profile.

The International Standard Atmosphere (ISO 2533, ICAO Doc 7488): seven layers of constant lapse rate to 84.852 km of
geopotential height, which is 86 km of height. Above that the last layer is carried on at constant temperature; below
sea level the first layer is carried down. Heights above the ellipsoid are used as heights above sea level (the geoid
lies within some 20 m of it in the regions treated here, 0.2 % in density).

The scalar functions are compiled and meant for inner loops; `standard_atmosphere` is their array form.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "AirState",
    "air",
    "density_kgpm3",
    "pressure_pa",
    "speed_of_sound_mps",
    "standard_atmosphere",
    "temperature_k",
    "wind_growth",
]

LAYER_BASE_M = (0.0, 11_000.0, 20_000.0, 32_000.0, 47_000.0, 51_000.0, 71_000.0, 84_852.0)
"""Geopotential height of the foot of each layer [m]."""
LAYER_LAPSE_KPM = (-0.0065, 0.0, 0.001, 0.0028, 0.0, -0.0028, -0.002, 0.0)
"""Change of temperature with geopotential height in each layer [K/m]."""
GRAVITY_MPS2 = 9.80665
GAS_CONSTANT_JPKGK = 287.05287
HEAT_RATIO = 1.4
EARTH_RADIUS_M = 6_356_766.0
SEA_LEVEL_TEMPERATURE_K = 288.15
SEA_LEVEL_PRESSURE_PA = 101_325.0
LOWEST_M = -5_000.0

WIND_REFERENCE_M = 10.0
WIND_EXPONENT = 1.0 / 7.0
WIND_CAP_M = 1_000.0


def _layer_feet() -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Temperature [K] and pressure [Pa] at the foot of each layer, summed up from sea level."""
    temperatures, pressures = [SEA_LEVEL_TEMPERATURE_K], [SEA_LEVEL_PRESSURE_PA]
    for i_layer in range(len(LAYER_BASE_M) - 1):
        thickness_m = LAYER_BASE_M[i_layer + 1] - LAYER_BASE_M[i_layer]
        lapse, foot_k = LAYER_LAPSE_KPM[i_layer], temperatures[-1]
        top_k = foot_k + lapse * thickness_m
        if lapse == 0.0:
            ratio = math.exp(-GRAVITY_MPS2 * thickness_m / (GAS_CONSTANT_JPKGK * foot_k))
        else:
            ratio = (top_k / foot_k) ** (-GRAVITY_MPS2 / (GAS_CONSTANT_JPKGK * lapse))
        temperatures.append(top_k)
        pressures.append(pressures[-1] * ratio)
    return tuple(temperatures), tuple(pressures)


LAYER_TEMPERATURE_K, LAYER_PRESSURE_PA = _layer_feet()
_N_LAYERS = len(LAYER_BASE_M)


class AirState(NamedTuple):
    """The air at given heights; every field has the shape of the heights."""

    temperature_k: NDArray[np.float64]
    pressure_pa: NDArray[np.float64]
    density_kgpm3: NDArray[np.float64]
    speed_of_sound_mps: NDArray[np.float64]


@njit(cache=True, nogil=True)
def _temperature_and_pressure(h_m: float) -> tuple[float, float]:
    """Temperature [K] and pressure [Pa] at a height [m]."""
    h_m = max(h_m, LOWEST_M)
    geopotential_m = EARTH_RADIUS_M * h_m / (EARTH_RADIUS_M + h_m)
    i_layer = 0
    while i_layer + 1 < _N_LAYERS and geopotential_m >= LAYER_BASE_M[i_layer + 1]:
        i_layer += 1
    above_m = geopotential_m - LAYER_BASE_M[i_layer]
    foot_k, foot_pa, lapse = LAYER_TEMPERATURE_K[i_layer], LAYER_PRESSURE_PA[i_layer], LAYER_LAPSE_KPM[i_layer]
    if lapse == 0.0:
        return foot_k, foot_pa * math.exp(-GRAVITY_MPS2 * above_m / (GAS_CONSTANT_JPKGK * foot_k))
    here_k = foot_k + lapse * above_m
    return here_k, foot_pa * (here_k / foot_k) ** (-GRAVITY_MPS2 / (GAS_CONSTANT_JPKGK * lapse))


@njit(cache=True, nogil=True)
def air(h_m: float) -> tuple[float, float]:
    """Density [kg/m3] and speed of sound [m/s] at a height [m], found together."""
    kelvin, pascal = _temperature_and_pressure(h_m)
    return pascal / (GAS_CONSTANT_JPKGK * kelvin), math.sqrt(HEAT_RATIO * GAS_CONSTANT_JPKGK * kelvin)


@njit(cache=True, nogil=True)
def temperature_k(h_m: float) -> float:
    """Temperature of the standard atmosphere [K] at a height [m]."""
    return _temperature_and_pressure(h_m)[0]


@njit(cache=True, nogil=True)
def pressure_pa(h_m: float) -> float:
    """Pressure of the standard atmosphere [Pa] at a height [m]."""
    return _temperature_and_pressure(h_m)[1]


@njit(cache=True, nogil=True)
def density_kgpm3(h_m: float) -> float:
    """Density of the standard atmosphere [kg/m3] at a height [m]."""
    return air(h_m)[0]


@njit(cache=True, nogil=True)
def speed_of_sound_mps(h_m: float) -> float:
    """Speed of sound in the standard atmosphere [m/s] at a height [m]."""
    return air(h_m)[1]


@njit(cache=True, nogil=True)
def _fill(h_m: NDArray[np.float64], out: NDArray[np.float64]) -> None:
    """Fill the rows of ``out`` (4, n) with temperature, pressure, density and speed of sound at ``h_m`` (n,)."""
    for i_height in range(h_m.size):
        out[0, i_height], out[1, i_height] = _temperature_and_pressure(h_m[i_height])
        out[2, i_height], out[3, i_height] = air(h_m[i_height])


def standard_atmosphere(h_m: ArrayLike) -> AirState:
    """Temperature, pressure, density and speed of sound at many heights.

    Parameters
    ----------
    h_m : float or array of any shape     height above sea level [m]

    Returns
    -------
    AirState of arrays of that shape      [K], [Pa], [kg/m3], [m/s]

    Valid for: -5 km to 86 km; carried on at constant temperature above, held at -5 km below.
    References: ISO 2533:1975; ICAO Doc 7488 (1993).

    >>> print(f"{float(standard_atmosphere(10_000.0).density_kgpm3):.4f}")
    0.4135
    """
    heights = np.asarray(h_m, dtype=np.float64)
    flat = np.ascontiguousarray(heights.reshape(-1))
    out = np.empty((4, flat.size))
    _fill(flat, out)
    shaped = out.reshape((4, *heights.shape))
    return AirState(shaped[0], shaped[1], shaped[2], shaped[3])


@njit(cache=True, nogil=True)
def wind_growth(h_above_ground_m: float) -> float:
    """Wind at a height above ground, as a multiple of the wind at 10 m.

    The usual power law, (h / 10 m)^(1/7), up to 1 km, where the layer stirred by the ground ends; steady above at
    1.93 times the wind at 10 m; 1 below 10 m. A plain stand-in for a measured profile: the exponent is the common
    one for open land and neutral air (Irwin 1979 gives 0.07 to 0.35), the cap is an assumption.
    """
    if h_above_ground_m <= WIND_REFERENCE_M:
        return 1.0
    return (min(h_above_ground_m, WIND_CAP_M) / WIND_REFERENCE_M) ** WIND_EXPONENT
