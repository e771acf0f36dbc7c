"""Our equations of motion with the drag table of a standard projectile, against py-ballisticcalc, an independent
program: time, speed and height at 500 to 2500 m.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator
from scipy.optimize import brentq

from opendome.flight.drag import drag_curve
from opendome.flight.gravity import normal_gravity_mps2
from opendome.testing.flights_truth import World, fly_step, make_world
from opendome.testing.true_errors import MACH_GRID, fixed_curve

pbc = pytest.importorskip("py_ballisticcalc", reason="py-ballisticcalc comes with the dev extra")

RANGES_M = np.arange(500.0, 2_501.0, 500.0)
SPEED_MPS, ELEVATION_DEG, COEFFICIENT = 800.0, 3.0, 0.3
POUND_PER_SQUARE_INCH_KGPM2 = 0.45359237 / 0.0254**2
STEP_S = 0.005


def air_at_the_ground() -> Any:
    return pbc.Atmo.icao(pbc.Distance.Meter(0.0))


def reference() -> NDArray[np.float64]:
    """Rows of range [m], time [s], speed [m/s] and height [m] by py-ballisticcalc, fourth-order Runge-Kutta."""
    ammunition = pbc.Ammo(pbc.DragModel(COEFFICIENT, pbc.TableG7), mv=pbc.Velocity.MPS(SPEED_MPS))
    shot = pbc.Shot(
        ammo=ammunition,
        weapon=pbc.Weapon(sight_height=pbc.Distance.Meter(0.0)),
        relative_angle=pbc.Angular.Degree(ELEVATION_DEG),
        atmo=air_at_the_ground(),
    )
    engine = pbc.Calculator(engine="rk4_engine")
    fired = engine.fire(shot, trajectory_range=pbc.Distance.Meter(2_500.0), trajectory_step=pbc.Distance.Meter(500.0))
    metre = pbc.Distance.Meter
    rows = [(row.distance >> metre, row.time, row.velocity >> pbc.Velocity.MPS, row.height >> metre) for row in fired]
    return np.array(rows)[1:]


def ours() -> NDArray[np.float64]:
    """The same rows by our equations, without the Earth's turning, where gravity is 9.80665 m/s2."""
    table = pbc.TableG7
    mach = np.exp(np.linspace(math.log(0.3), math.log(4.0), 4_001))
    g7 = PchipInterpolator([row["Mach"] for row in table], [row["CD"] for row in table])(mach)
    lat_rad = float(brentq(lambda lat: normal_gravity_mps2(lat, 50.0) - 9.80665, 0.6, 1.0))
    world: World = make_world("matched", 1, 0, math.degrees(lat_rad))._replace(
        coriolis_radps=0.0,
        log_density=np.array([[math.log(air_at_the_ground().density_ratio), 0.0]]),  # a real gas is 0.04 % denser
        log_mach=np.log(mach),
        log_drag=np.log(g7 / drag_curve(mach))[None, :],
    )
    # a = rho v^2 CD (pi / 8) / C with C = m / d^2, so that beta = C 4 / pi
    log_beta = math.log(COEFFICIENT * POUND_PER_SQUARE_INCH_KGPM2 * 4.0 / math.pi)
    elevation = math.radians(ELEVATION_DEG)
    state = (0.0, 0.0, 0.0, SPEED_MPS * math.cos(elevation), 0.0, SPEED_MPS * math.sin(elevation))
    rows = [(0.0, 0.0, SPEED_MPS, 0.0)]
    while rows[-1][0] < RANGES_M[-1]:
        state = fly_step(world, 0, log_beta, state, STEP_S)
        rows.append((state[0], len(rows) * STEP_S, math.hypot(*state[3:]), state[2]))
    path = np.array(rows)
    return np.column_stack([RANGES_M, *(np.interp(RANGES_M, path[:, 0], path[:, k]) for k in (1, 2, 3))])


def test_time_speed_and_height_agree_with_the_outside_program() -> None:
    off = np.abs(ours() - reference())
    assert np.all(off[:, 1] < 1e-3), off
    assert np.all(off[:, 2] < 0.1), off
    assert np.all(off[:, 3] < 0.02), off


@pytest.mark.parametrize(("case", "name"), [("G7", "TableG7"), ("G1", "TableG1")])
def test_curves_of_the_truth_are_the_published_tables(case: str, name: str) -> None:
    table = getattr(pbc, name)
    published = np.interp(MACH_GRID, [row["Mach"] for row in table], [row["CD"] for row in table])
    at_two = next(row["CD"] for row in table if row["Mach"] == 2.0)
    wanted = np.log(published / at_two) - np.log(drag_curve(MACH_GRID) / drag_curve(2.0))
    np.testing.assert_allclose(fixed_curve(case), wanted, atol=0.012)
