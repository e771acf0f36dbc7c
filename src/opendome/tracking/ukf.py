"""The update of a track by an unscented transform instead of slopes: a check of the extended Kalman filter.

The points stand along the columns of the root of P. What they say of the measurement is put as a straight line with a
slope and a scatter of its own (statistical linearisation), so that the second stage is updated as always.

References: Julier and Uhlmann (2004), Unscented filtering and nonlinear estimation, Proc. IEEE 92(3); Lefebvre,
Bruyninckx and De Schutter (2002), IEEE Trans. Automatic Control 47(8).
"""

from __future__ import annotations

import math

from opendome.base.kernels import inlined_kernel, kernel
from opendome.base.polar import to_polar, wrap_rad
from opendome.tracking.measurement import EXPECTED, LOOK, NOISE, fill_look, fill_plot
from opendome.tracking.predict import is_finite
from opendome.tracking.root import POINT_DISTANCE, ROOT, fill_root
from opendome.tracking.update import SCATTER, apply_update

__all__ = ["absorb_unscented"]

SHARE_OF_POINT = 0.5 / POINT_DISTANCE**2
MOVES = 53
"""2 rows: mean move of the four measurements over the points, and their mean square move."""


@inlined_kernel
def _fill_point(tracks, i_track, radar, column, sign):
    """Write to row MOVES + 2 how the measurements at a point differ from those at the state."""
    work, x = tracks.work, tracks.x
    range_m, azimuth_rad, elevation_rad, rate_mps = to_polar(
        radar,
        x[i_track, 0] + sign * work[ROOT, column],
        x[i_track, 1] + sign * work[ROOT + 1, column],
        x[i_track, 2] + sign * work[ROOT + 2, column],
        x[i_track, 3] + sign * work[ROOT + 3, column],
        x[i_track, 4] + sign * work[ROOT + 4, column],
        x[i_track, 5] + sign * work[ROOT + 5, column],
    )
    work[MOVES + 2, 0] = range_m - work[EXPECTED, 0]
    work[MOVES + 2, 1] = wrap_rad(azimuth_rad - work[EXPECTED, 1])
    work[MOVES + 2, 2] = elevation_rad - work[EXPECTED, 2]
    work[MOVES + 2, 3] = rate_mps - work[EXPECTED, 3]


@inlined_kernel
def _fill_lines(tracks, i_track, radar):
    """Replace EXPECTED and LOOK by the straight lines through the points; SCATTER holds what the lines leave over."""
    work = tracks.work
    for row in range(4):
        work[MOVES, row], work[MOVES + 1, row] = 0.0, 0.0
    for column in range(6):
        for side in range(2):
            sign = POINT_DISTANCE if side == 0 else -POINT_DISTANCE
            _fill_point(tracks, i_track, radar, column, sign)
            for row in range(4):
                move = work[MOVES + 2, row]
                work[MOVES, row] += SHARE_OF_POINT * move
                work[MOVES + 1, row] += SHARE_OF_POINT * move * move
                along = move / (2.0 * sign)
                work[LOOK + row, column] = along if side == 0 else work[LOOK + row, column] + along
    for row in range(4):
        work[SCATTER, row] = work[MOVES + 1, row] - work[MOVES, row] ** 2
        work[EXPECTED, row] += work[MOVES, row]
        for column in range(6):
            work[SCATTER, row] -= work[LOOK + row, column] ** 2
        for back in range(6):
            column = 5 - back
            for later in range(column + 1, 6):
                work[LOOK + row, column] -= work[LOOK + row, later] * work[ROOT + later, column]
            work[LOOK + row, column] /= work[ROOT + column, column]


@kernel
def absorb_unscented(model, tracks, i_track, radar, plot, extra):
    """Update a slot with a plot as `opendome.tracking.filter.absorb` does, with an unscented transform in stage 1.

    NaN, with the slot left as it was, also where the covariance is not positive definite.
    """
    if not is_finite(tracks, i_track) or not fill_root(tracks, i_track):
        return math.nan
    fill_look(model, tracks, i_track, radar)
    _fill_lines(tracks, i_track, radar)
    n_rows = fill_plot(tracks, plot, extra)
    if n_rows == 0:
        return math.nan
    for row in range(4):
        tracks.work[NOISE, row] += max(tracks.work[SCATTER, row], 0.0)
    return apply_update(model, tracks, i_track, n_rows)
