"""Triangular roots of a covariance, whole or in part."""

from __future__ import annotations

import math

from opendome.base.kernels import inlined_kernel
from opendome.tracking.model import N_STATE

__all__ = ["N_MOTION", "POINT_DISTANCE", "ROOT", "fill_motion_root", "fill_root"]

ROOT = 70
"""7 rows of ``Tracks.work``."""
POINT_DISTANCE = math.sqrt(N_STATE)
"""Distance of the unscented transform's points along the columns of the root: all 14 of equal weight."""
N_MOTION = 4
"""Velocity and ln beta: the last parts of the state."""


@inlined_kernel
def fill_root(tracks, i_track):
    """Write the lower triangular root of a slot's covariance (Cholesky) to ROOT; False when it is not positive
    definite.
    """
    work = tracks.work
    for row in range(N_STATE):
        for column in range(row + 1):
            total = tracks.p[i_track, row, column]
            for middle in range(column):
                total -= work[ROOT + row, middle] * work[ROOT + column, middle]
            if row == column:
                if not 0.0 < total < math.inf:
                    return False
                work[ROOT + row, row] = math.sqrt(total)
            else:
                work[ROOT + row, column] = total / work[ROOT + column, column]
        for column in range(row + 1, N_STATE):
            work[ROOT + row, column] = 0.0
    return True


@inlined_kernel
def fill_motion_root(tracks, i_track):
    """Write the last four columns of the upper triangular root of a slot's covariance to ROOT: all that velocity and
    ln beta vary, and the position with them. What they leave over of the covariance is of the position alone. False
    when there is no root.
    """
    work = tracks.work
    for i_back in range(N_MOTION):
        column = N_STATE - 1 - i_back
        for i_above in range(column + 1):
            row = column - i_above
            total = tracks.p[i_track, row, column]
            for later in range(column + 1, N_STATE):
                total -= work[ROOT + row, later] * work[ROOT + column, later]
            if row == column:
                if not 0.0 < total < math.inf:
                    return False
                work[ROOT + row, row] = math.sqrt(total)
            else:
                work[ROOT + row, column] = total / work[ROOT + column, column]
        for row in range(column + 1, N_STATE):
            work[ROOT + row, column] = 0.0
    return True
