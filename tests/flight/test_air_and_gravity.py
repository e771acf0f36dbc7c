"""Atmosphere against `ambiance` and printed ISA values; gravity against WGS84 and pymap3d."""

from __future__ import annotations

import math

import numpy as np
import pymap3d
import pytest
from ambiance import Atmosphere
from hypothesis import given, settings
from hypothesis import strategies as st

from opendome.flight import normal_gravity, standard_atmosphere
from opendome.flight.atmosphere import air, density_kgpm3, pressure_pa, speed_of_sound_mps, temperature_k, wind_growth
from opendome.flight.gravity import (
    EARTH_RATE_RADPS,
    gravitation_ecef_mps2,
    height_from_ecef_m,
    normal_gravity_mps2,
)


def test_atmosphere_agrees_with_ambiance() -> None:
    h_m = np.linspace(-4_900.0, 80_900.0, 400)
    ours, theirs = standard_atmosphere(h_m), Atmosphere(h_m)
    np.testing.assert_allclose(ours.temperature_k, theirs.temperature, rtol=1e-6)
    np.testing.assert_allclose(ours.pressure_pa, theirs.pressure, rtol=1e-5)
    np.testing.assert_allclose(ours.density_kgpm3, theirs.density, rtol=1e-5)
    np.testing.assert_allclose(ours.speed_of_sound_mps, theirs.speed_of_sound, rtol=1e-6)


@pytest.mark.parametrize(
    ("h_geopotential_m", "kelvin", "pascal", "density"),
    [  # ISO 2533:1975, table 1, at whole geopotential heights
        (0.0, 288.15, 101_325.0, 1.2250),
        (11_000.0, 216.65, 22_632.0, 0.36392),
        (20_000.0, 216.65, 5_474.9, 0.088035),
        (32_000.0, 228.65, 868.02, 0.013225),
        (47_000.0, 270.65, 110.91, 0.0014275),
    ],
)
def test_atmosphere_agrees_with_printed_table(
    h_geopotential_m: float, kelvin: float, pascal: float, density: float
) -> None:
    h_m = 6_356_766.0 * h_geopotential_m / (6_356_766.0 - h_geopotential_m)
    assert temperature_k(h_m) == pytest.approx(kelvin, abs=0.005)
    assert pressure_pa(h_m) == pytest.approx(pascal, rel=5e-5)
    assert density_kgpm3(h_m) == pytest.approx(density, rel=5e-5)


@given(st.floats(-10_000.0, 200_000.0))
@settings(max_examples=100, deadline=None)
def test_air_is_finite_and_falls_with_height(h_m: float) -> None:
    density, sound_mps = air(h_m)
    assert density > 0.0 and 260.0 < sound_mps < 380.0
    assert air(h_m + 100.0)[0] <= density
    assert (density, sound_mps) == (density_kgpm3(h_m), speed_of_sound_mps(h_m))


def test_array_form_keeps_the_shape() -> None:
    state = standard_atmosphere(np.zeros((2, 3)))
    assert state.density_kgpm3.shape == (2, 3)
    assert standard_atmosphere(0.0).temperature_k.shape == ()


def test_wind_grows_to_the_cap_and_no_further() -> None:
    assert wind_growth(0.0) == wind_growth(10.0) == 1.0
    assert wind_growth(100.0) == pytest.approx(10.0 ** (1.0 / 7.0))
    assert wind_growth(1_000.0) == wind_growth(30_000.0) == pytest.approx(100.0 ** (1.0 / 7.0))


@pytest.mark.parametrize(
    ("lat_deg", "gravity_mps2"),
    # NGA.STND.0036 (2014), derived geometric and physical constants
    [(0.0, 9.7803253359), (90.0, 9.8321849378), (-90.0, 9.8321849378)],
)
def test_normal_gravity_published_values(lat_deg: float, gravity_mps2: float) -> None:
    assert normal_gravity_mps2(math.radians(lat_deg), 0.0) == pytest.approx(gravity_mps2, abs=1e-10)


def test_normal_gravity_at_45_degrees_is_near_the_grs80_value() -> None:
    # Moritz (2000), GRS80: 9.806199203 m/s2; the two ellipsoids' gravity differs by about 1e-6 m/s2
    assert normal_gravity_mps2(math.radians(45.0), 0.0) == pytest.approx(9.806199203, abs=2e-6)


def test_vector_and_closed_form_of_gravity_agree() -> None:
    for lat_deg in (0.0, 15.0, 31.5, 45.0, 60.0, 89.0):
        for h_m in (0.0, 10_000.0, 40_000.0, 80_000.0):
            x_m, y_m, z_m = pymap3d.geodetic2ecef(lat_deg, 20.0, h_m)
            g = np.array(gravitation_ecef_mps2(x_m, y_m, z_m)) + EARTH_RATE_RADPS**2 * np.array([x_m, y_m, 0.0])
            # left: the terms beyond J2 (1.2e-4 m/s2 at the pole) and beyond the second order in height
            limit = 1.3e-4 + 1e-9 * h_m
            assert np.linalg.norm(g) == pytest.approx(normal_gravity_mps2(math.radians(lat_deg), h_m), abs=limit)


def test_gravitation_is_the_gradient_of_the_j2_potential() -> None:
    gm, a, j2 = 3.986004418e14, 6_378_137.0, 1.082629821313e-3

    def potential(p: np.ndarray) -> float:
        r = math.sqrt(float(p @ p))
        sin_lat = float(p[2]) / r
        return gm / r * (1.0 - j2 * (a / r) ** 2 * (1.5 * sin_lat**2 - 0.5))

    point = np.array([4.4e6, 3.1e6, 3.4e6])
    step = 100.0
    gradient = [(potential(point + step * axis) - potential(point - step * axis)) / (2.0 * step) for axis in np.eye(3)]
    np.testing.assert_allclose(gravitation_ecef_mps2(*point), gradient, rtol=0.0, atol=1e-8)


def test_array_gravity_broadcasts() -> None:
    out = normal_gravity(np.array([[0.0], [math.pi / 2.0]]), np.array([0.0, 1_000.0]))
    assert out.shape == (2, 2)
    assert out[1, 0] == pytest.approx(9.8321849378, abs=1e-10)
    assert out[0, 0] - out[0, 1] == pytest.approx(3.0877e-6 * 1_000.0, rel=1e-3)  # free-air gradient at the equator


@given(st.floats(-90.0, 90.0), st.floats(-180.0, 180.0), st.floats(-10.0, 300_000.0))
@settings(max_examples=200, deadline=None)
def test_height_agrees_with_pymap3d(lat_deg: float, lon_deg: float, h_m: float) -> None:
    assert height_from_ecef_m(*pymap3d.geodetic2ecef(lat_deg, lon_deg, h_m)) == pytest.approx(h_m, abs=1e-5)
