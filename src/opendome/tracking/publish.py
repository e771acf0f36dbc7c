"""What a track tells the world: the blend of the estimate without and with model errors."""

from __future__ import annotations

import math

from opendome.base.kernels import inlined_kernel, kernel
from opendome.tracking.model import N_ERRORS, N_STATE
from opendome.tracking.update import MOVED, PUSH

__all__ = ["published", "reset_errors", "weight_of_no_error"]


@inlined_kernel
def weight_of_no_error(model, tracks, i_track):
    """Weight in [0, 1] of "no model error" after the plots so far."""
    if model.is_plain:
        return 1.0
    return 1.0 / (1.0 + math.exp(min(tracks.evidence[i_track] - model.log_odds_nominal, 700.0)))


@kernel
def reset_errors(tracks, i_track):
    """Forget all sensitivity, estimates and evidence of a slot: U = 0, b = 0, B = 1, L = 0."""
    for row in range(N_STATE):
        for column in range(N_ERRORS):
            tracks.u[i_track, row, column] = 0.0
    for row in range(N_ERRORS):
        tracks.b[i_track, row] = 0.0
        for column in range(N_ERRORS):
            tracks.spread[i_track, row, column] = 1.0 if row == column else 0.0
    tracks.evidence[i_track] = 0.0


@kernel
def published(model, tracks, i_track, mean, cov):
    """Write the blended estimate of a slot: ``mean`` (7,) = x + (1 - w) U b, ``cov`` (7, 7) = P + U (B + w^2 b b') U'.

    w is the weight of no model error. The covariance is the mean-square error about the published point under the
    prior, so that the pull towards the nominal model costs size, not coverage.
    """
    weight = weight_of_no_error(model, tracks, i_track)
    work = tracks.work
    for row in range(N_STATE):
        shift = 0.0
        if not model.is_plain:
            for column in range(N_ERRORS):
                shift += tracks.u[i_track, row, column] * tracks.b[i_track, column]
        work[MOVED, row] = shift
        mean[row] = tracks.x[i_track, row] + (1.0 - weight) * shift
    for row in range(N_STATE):
        for column in range(row + 1):
            cov[row, column] = tracks.p[i_track, row, column]
    if not model.is_plain:
        for row in range(N_STATE):
            for column in range(N_ERRORS):
                work[PUSH, column] = 0.0
            for middle in range(N_ERRORS):
                size = tracks.u[i_track, row, middle]
                for column in range(N_ERRORS):
                    work[PUSH, column] += size * tracks.spread[i_track, middle, column]
            for column in range(row + 1):
                total = weight * weight * work[MOVED, row] * work[MOVED, column]
                for middle in range(N_ERRORS):
                    total += work[PUSH, middle] * tracks.u[i_track, column, middle]
                cov[row, column] += total
    for row in range(N_STATE):
        for column in range(row):
            cov[column, row] = cov[row, column]
