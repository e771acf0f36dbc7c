"""Our equations of motion with the drag table of a standard projectile, against py-ballisticcalc, an independent
program: time, speed and height at 500 to 2500 m.
"""

from __future__ import annotations

import numpy as np
import pytest

from opendome.flight.drag import drag_curve
from opendome.testing.peer_flights import projectile_by_peer, projectile_by_us
from opendome.testing.true_errors import MACH_GRID, fixed_curve

pbc = pytest.importorskip("py_ballisticcalc", reason="py-ballisticcalc comes with the dev extra")


def test_time_speed_and_height_agree_with_the_outside_program() -> None:
    off = np.abs(projectile_by_us() - projectile_by_peer())
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
