"""The integrator against an independent solution in the Earth frame, invariants and closed forms."""

from __future__ import annotations

import math
import subprocess
import sys

import numpy as np
import pymap3d
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import opendome.flight as flight
from opendome.base.errors import CommandError
from opendome.flight.drag import drag_curve, drag_factor
from opendome.testing.peer_flights import LAT_DEG, LON_DEG, SHOTS, Shot, dop853_flight

SPIN = np.array([0.0, 0.0, 7.292115e-5])
GM, J2, RADIUS_M = 3.986004418e14, 1.082629821313e-3, 6_378_137.0


def shoot(
    speed: float, elevation_deg: float, azimuth_deg: float, beta: float, **more: float | str
) -> flight.Trajectory:
    return flight.fly(
        speed,
        math.radians(elevation_deg),
        beta,
        azimuth_rad=math.radians(azimuth_deg),
        lat_rad=math.radians(LAT_DEG),
        **more,  # type: ignore[arg-type]
    )


@pytest.mark.parametrize(("range_km", "speed", "elevation", "azimuth", "beta", "wind"), SHOTS)
def test_impact_within_a_metre_of_the_earth_frame_solution(
    range_km: float, speed: float, elevation: float, azimuth: float, beta: float, wind: tuple[float, float]
) -> None:
    ours = shoot(speed, elevation, azimuth, beta, wind_east_mps=wind[0], wind_north_mps=wind[1])
    t_s, pos, vel = dop853_flight(Shot(range_km, speed, elevation, azimuth, beta, wind))
    if wind == (0.0, 0.0):
        assert np.hypot(pos[0], pos[1]) == pytest.approx(range_km * 1e3, rel=0.01)
    # the reference turns the wind with the meridian on the way, which moves the impact by 0.8 m
    assert np.linalg.norm(ours.pos_enu_m[-1] - pos) < (0.2 if wind == (0.0, 0.0) else 1.0)
    assert ours.t_s[-1] == pytest.approx(t_s, abs=2e-3)
    np.testing.assert_allclose(ours.vel_enu_mps[-1], vel, atol=0.005 if wind == (0.0, 0.0) else 0.03)


@pytest.mark.parametrize(("speed", "elevation", "azimuth"), [(300.0, 45.0, 10.0), (830.0, 50.0, 100.0)])
def test_vacuum_impact_agrees_with_the_earth_frame_solution(speed: float, elevation: float, azimuth: float) -> None:
    ours = shoot(speed, elevation, azimuth, 1e4, atmosphere="vacuum")
    t_s, pos, _ = dop853_flight(Shot(0.0, speed, elevation, azimuth, math.inf, (0.0, 0.0)))
    assert np.linalg.norm(ours.pos_enu_m[-1] - pos) < 0.01
    assert ours.t_s[-1] == pytest.approx(t_s, abs=1e-4)


def test_vacuum_keeps_energy_and_spin_about_the_pole() -> None:
    """Seen from space, without air: energy and angular momentum about the axis are constant (no rotating frame)."""
    ours = shoot(1_200.0, 55.0, 75.0, 1e4, atmosphere="vacuum")
    p = np.array(pymap3d.enu2ecef(*ours.pos_enu_m.T, LAT_DEG, LON_DEG, 0.0)).T
    v = np.array(pymap3d.enu2uvw(*ours.vel_enu_mps.T, LAT_DEG, LON_DEG)).T + np.cross(SPIN, p)
    r = np.linalg.norm(p, axis=1)
    potential = GM / r * (1.0 - J2 * (RADIUS_M / r) ** 2 * (1.5 * (p[:, 2] / r) ** 2 - 0.5))
    energy = 0.5 * np.sum(v * v, axis=1) - potential
    spin = p[:, 0] * v[:, 1] - p[:, 1] * v[:, 0]
    assert np.ptp(energy) < 1e-9 * abs(energy[0])
    assert np.ptp(spin) < 1e-9 * abs(spin[0])


def test_short_vacuum_flight_is_the_school_parabola() -> None:
    speed, el = 100.0, math.radians(40.0)
    ours = flight.fly(speed, el, 1e4, atmosphere="vacuum", lat_rad=math.radians(LAT_DEG))
    g = float(flight.normal_gravity(math.radians(LAT_DEG), 250.0))
    assert ours.t_s[-1] == pytest.approx(2.0 * speed * math.sin(el) / g, rel=5e-4)
    assert ours.pos_enu_m[-1, 1] == pytest.approx(speed**2 * math.sin(2.0 * el) / g, rel=1e-3)
    assert ours.pos_enu_m[:, 2].max() == pytest.approx((speed * math.sin(el)) ** 2 / (2.0 * g), rel=1e-3)


def test_coriolis_turns_right_in_the_north_and_left_in_the_south() -> None:
    """Shot along the meridian without air: sideways drift = spin sin(lat) v_level T^2 - spin cos(lat) g T^3 / 6 ..."""
    speed, el = 500.0, math.radians(45.0)
    for lat_deg in (45.0, -45.0):
        lat = math.radians(lat_deg)
        ours = flight.fly(speed, el, 1e4, atmosphere="vacuum", lat_rad=lat)
        level, rise, g, spin = speed * math.cos(el), speed * math.sin(el), 9.806, 7.292115e-5
        t = 2.0 * rise / g
        drift = spin * (math.sin(lat) * level * t**2 - math.cos(lat) * (rise * t**2 - g * t**3 / 3.0))
        assert ours.pos_enu_m[-1, 0] == pytest.approx(drift, rel=0.02)


def test_steps_matter_little_and_the_end_lies_on_the_ground() -> None:
    coarse = shoot(1_397.0, 50.0, 45.0, 12_000.0)
    fine = shoot(1_397.0, 50.0, 45.0, 12_000.0, step_s=0.02)
    assert np.linalg.norm(coarse.pos_enu_m[-1] - fine.pos_enu_m[-1]) < 0.05
    h_m = pymap3d.enu2geodetic(*coarse.pos_enu_m.T, LAT_DEG, LON_DEG, 0.0)[2]
    assert abs(h_m[-1]) < 1e-4 and abs(h_m[0]) < 1e-6 and np.all(h_m[1:-1] > 0.0)
    assert coarse.pos_enu_m[-1, 2] < -300.0  # the ground curves away below the tangent plane


def test_raised_ground_is_the_ground() -> None:
    ours = shoot(600.0, 45.0, 90.0, 8_000.0, h_hae_m=800.0)
    assert pymap3d.enu2geodetic(*ours.pos_enu_m[-1], LAT_DEG, LON_DEG, 800.0)[2] == pytest.approx(800.0, abs=1e-4)


@given(st.floats(20.0, 1_500.0), st.floats(0.02, 1.55), st.floats(2_000.0, 20_000.0), st.floats(0.0, 6.28))
@settings(max_examples=40, deadline=None, derandomize=True)
def test_more_drag_never_goes_farther_or_higher(speed: float, elevation: float, beta: float, azimuth: float) -> None:
    light = flight.fly(speed, elevation, beta, azimuth)
    heavy = flight.fly(speed, elevation, 1.2 * beta, azimuth)
    free = flight.fly(speed, elevation, beta, azimuth, atmosphere="vacuum")
    for less, more in ((light, heavy), (heavy, free)):
        assert np.hypot(*less.pos_enu_m[-1, :2]) <= np.hypot(*more.pos_enu_m[-1, :2]) + 1.0 + 0.002 * speed
        assert less.pos_enu_m[:, 2].max() <= more.pos_enu_m[:, 2].max() + 1e-6
    assert np.all(np.diff(light.t_s) > 0.0)
    assert light.pos_enu_m.shape == light.vel_enu_mps.shape == (light.t_s.size, 3)


@pytest.mark.parametrize(
    ("speed", "elevation", "beta"), [(1.0, 0.01, 100.0), (3_000.0, 0.01, 100.0), (3_000.0, math.pi / 2.0, 100.0)]
)
def test_extreme_flights_end_on_the_ground(speed: float, elevation: float, beta: float) -> None:
    ours = flight.fly(speed, elevation, beta)
    assert np.all(np.isfinite(ours.pos_enu_m)) and ours.t_s.size > 8
    assert ours.t_s[-1] <= 2.05 * speed * math.sin(elevation) / 9.79
    h_m = pymap3d.enu2geodetic(*ours.pos_enu_m[-1], LAT_DEG, LON_DEG, 0.0)[2]
    assert abs(h_m) < 1e-4


def test_tail_wind_carries_farther() -> None:
    still = shoot(720.0, 50.0, 0.0, 8_000.0)
    tail = shoot(720.0, 50.0, 0.0, 8_000.0, wind_north_mps=10.0)
    cross = shoot(720.0, 50.0, 0.0, 8_000.0, wind_east_mps=10.0)
    assert 500.0 < tail.pos_enu_m[-1, 1] - still.pos_enu_m[-1, 1] < 1_500.0
    assert 300.0 < cross.pos_enu_m[-1, 0] - still.pos_enu_m[-1, 0] < 1_000.0


def test_drag_curve_is_low_then_crest_then_plateau() -> None:
    mach = np.linspace(0.0, 5.0, 501)
    curve = drag_curve(mach)
    assert curve[0] == pytest.approx(0.45, abs=1e-4) and curve[-1] == pytest.approx(1.0, abs=1e-4)
    assert 1.0 < mach[np.argmax(curve)] < 1.4 and curve.max() < 1.2
    assert np.abs(np.diff(curve)).max() < 0.05
    assert drag_factor(1.0) == pytest.approx(0.45 + 0.275 + 0.1 * math.exp(-0.25))


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"speed_mps": 0.0}, "speed_mps"),
        ({"speed_mps": math.nan}, "speed_mps"),
        ({"speed_mps": 9_000.0}, "speed_mps"),
        ({"elevation_rad": 50.0}, "elevation_rad"),
        ({"elevation_rad": 0.0}, "elevation_rad"),
        ({"ballistic_coefficient_kgpm2": 0.0}, "ballistic_coefficient_kgpm2"),
        ({"lat_rad": 31.5}, "lat_rad"),
        ({"step_s": 0.0}, "step_s"),
        ({"h_hae_m": 50_000.0}, "h_hae_m"),
        ({"wind_north_mps": math.inf}, "wind_north_mps"),
        ({"atmosphere": "thin"}, "vacuum"),
    ],
)
def test_errors_name_the_argument(change: dict[str, float | str], name: str) -> None:
    arguments: dict[str, float | str] = {
        "speed_mps": 300.0,
        "elevation_rad": 0.8,
        "ballistic_coefficient_kgpm2": 8_000.0,
    }
    with pytest.raises(CommandError, match=name):
        flight.fly(**(arguments | change))  # type: ignore[arg-type]


def test_package_import_is_light() -> None:
    code = "import sys, opendome.flight as f; assert 'numba' not in sys.modules; f.fly; assert 'numba' in sys.modules"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_no_inverse_is_public() -> None:
    public = {name for name in dir(flight) if not name.startswith("_")}
    assert public == {
        "FlightTable",
        "FlightTables",
        "Trajectory",
        "class_table",
        "fly",
        "normal_gravity",
        "stack_tables",
        "standard_atmosphere",
    }
    assert flight.FlightTable._fields == (
        "range_m",
        "tof_s",
        "down_frac",
        "height_m",
        "wind_along_s",
        "wind_cross_s",
    )
