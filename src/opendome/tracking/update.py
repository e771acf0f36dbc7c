"""Update a track with one plot, or with several of which each may be the right one."""

from __future__ import annotations

import math

from opendome.base.kernels import inlined_kernel, kernel
from opendome.tracking.measurement import (
    EXPECTED,
    INNOVATION,
    LOOK,
    NOISE,
    OTHER_BIAS,
    OWN_BIAS,
    SHARE,
    fill_look,
    fill_plot,
)
from opendome.tracking.model import N_ERRORS, N_MODEL_ERRORS, N_STATE
from opendome.tracking.predict import PRODUCT, is_finite

__all__ = ["absorb", "absorb_soft", "apply_update", "expect"]

MOVED = 39
"""1 row: what the update has moved the state by so far."""
GAIN = 40
"""1 row: covariance times the slope of one measurement."""
PUSH = 41
"""1 row: covariance of the errors times their share of one measurement."""
KNOWN = 42
"""1 row: what the errors found so far add to the measurements."""
EXPECTED_COVARIANCE = 43
"""4 rows: covariance of the measurements expected."""
SCATTER = 47
"""4 rows: scatter of the plots that may be the track's."""
MERGED = 51
"""1 row: weighted sums of innovations (4) and variances (4)."""
NO_EXTRA = 52
"""1 row of zeros."""
FULL_GAIN = 53
"""7 rows of 3: gain of range, azimuth and elevation with the errors included."""


@inlined_kernel
def _fill_share(tracks, i_track, i_row):
    """Write what the errors contribute to one measurement, g = H U + own bias, into its row of SHARE."""
    work, u = tracks.work, tracks.u
    h0, h1, h2 = work[LOOK + i_row, 0], work[LOOK + i_row, 1], work[LOOK + i_row, 2]
    for column in range(N_ERRORS):
        near = h0 * u[i_track, 0, column] + h1 * u[i_track, 1, column]
        work[SHARE + i_row, column] = near + h2 * u[i_track, 2, column]
    if i_row == 3:
        h3, h4, h5 = work[LOOK + i_row, 3], work[LOOK + i_row, 4], work[LOOK + i_row, 5]
        for column in range(N_ERRORS):
            work[SHARE + i_row, column] += (
                h3 * u[i_track, 3, column] + h4 * u[i_track, 4, column] + h5 * u[i_track, 5, column]
            )
    else:
        work[SHARE + i_row, N_MODEL_ERRORS + i_row] += work[OWN_BIAS, i_row]


@inlined_kernel
def _fill_gain(tracks, i_track, i_row):
    """Write P h' of one measurement into GAIN; returns h P h'."""
    work, p = tracks.work, tracks.p
    h0, h1, h2 = work[LOOK + i_row, 0], work[LOOK + i_row, 1], work[LOOK + i_row, 2]
    for column in range(N_STATE):
        work[GAIN, column] = h0 * p[i_track, 0, column] + h1 * p[i_track, 1, column] + h2 * p[i_track, 2, column]
    if i_row == 3:
        h3, h4, h5 = work[LOOK + i_row, 3], work[LOOK + i_row, 4], work[LOOK + i_row, 5]
        for column in range(N_STATE):
            work[GAIN, column] += h3 * p[i_track, 3, column] + h4 * p[i_track, 4, column] + h5 * p[i_track, 5, column]
    variance = h0 * work[GAIN, 0] + h1 * work[GAIN, 1] + h2 * work[GAIN, 2]
    if i_row == 3:
        variance += h3 * work[GAIN, 3] + h4 * work[GAIN, 4] + h5 * work[GAIN, 5]
    return variance


@inlined_kernel
def _fill_push(tracks, i_track, i_row):
    """Write B g' of one measurement into PUSH; returns g b."""
    work = tracks.work
    for column in range(N_ERRORS):
        work[PUSH, column] = 0.0
    known = 0.0
    for middle in range(N_ERRORS):
        share = work[SHARE + i_row, middle]
        known += share * tracks.b[i_track, middle]
        for column in range(N_ERRORS):
            work[PUSH, column] += share * tracks.spread[i_track, middle, column]
    return known


@inlined_kernel
def _update_errors(tracks, i_track, i_row, innovation, variance):
    """Stage 2 of one scalar measurement; returns the squared innovation over its variance, errors taken out."""
    work, b, spread, u = tracks.work, tracks.b, tracks.spread, tracks.u
    _fill_share(tracks, i_track, i_row)
    known = _fill_push(tracks, i_track, i_row)
    full = variance
    for column in range(N_ERRORS):
        full += work[SHARE + i_row, column] * work[PUSH, column]
    rest = innovation - known
    scale = 1.0 / math.sqrt(full)
    step = rest * scale
    for column in range(N_ERRORS):
        work[PUSH, column] *= scale
        b[i_track, column] += work[PUSH, column] * step
    for row in range(N_ERRORS):
        push = work[PUSH, row]
        for column in range(N_ERRORS):
            spread[i_track, row, column] -= push * work[PUSH, column]
    for row in range(N_STATE):
        gain = work[GAIN, row] / variance
        for column in range(N_ERRORS):
            u[i_track, row, column] -= gain * work[SHARE + i_row, column]
    tracks.evidence[i_track] += 0.5 * (innovation * innovation / variance - step * step - math.log(full / variance))
    return step * step


@kernel
def apply_update(model, tracks, i_track, n_rows):
    """Update a slot by the first ``n_rows`` of INNOVATION, NOISE and LOOK, one after the other.

    Returns the sum of squared innovations over their variances with the errors taken out. A row whose expected variance
    is not positive (a covariance that has lost its positive form) is left out.
    """
    work, p = tracks.work, tracks.p
    for row in range(N_STATE):
        work[MOVED, row] = 0.0
    total = 0.0
    for i_row in range(n_rows):
        variance = _fill_gain(tracks, i_track, i_row)
        if not 0.0 <= variance < math.inf:
            continue
        variance += work[NOISE, i_row]
        innovation = work[INNOVATION, i_row]
        for column in range(6):
            innovation -= work[LOOK + i_row, column] * work[MOVED, column]
        if model.is_plain:
            total += innovation * innovation / variance
        else:
            total += _update_errors(tracks, i_track, i_row, innovation, variance)
        scale = 1.0 / math.sqrt(variance)
        for row in range(N_STATE):
            work[GAIN, row] *= scale
            work[MOVED, row] += work[GAIN, row] * scale * innovation
        for row in range(N_STATE):
            gain = work[GAIN, row]
            for column in range(N_STATE):
                p[i_track, row, column] -= gain * work[GAIN, column]
    for row in range(N_STATE):
        tracks.x[i_track, row] += work[MOVED, row]
    return total


@inlined_kernel
def _fill_expected_covariance(model, tracks, i_track):
    """After `fill_look`: write KNOWN, and the covariance of the four measurements without the plot's noise, into their
    rows.
    """
    work = tracks.work
    for row in range(4):
        work[KNOWN, row] = 0.0
        _fill_gain(tracks, i_track, row)
        for column in range(row + 1):
            total = 0.0
            for middle in range(6):
                total += work[GAIN, middle] * work[LOOK + column, middle]
            work[EXPECTED_COVARIANCE + row, column] = total
        if row < 3:
            work[EXPECTED_COVARIANCE + row, row] += work[OTHER_BIAS, row]
    if not model.is_plain:
        for row in range(4):
            _fill_share(tracks, i_track, row)
        for row in range(4):
            work[KNOWN, row] = _fill_push(tracks, i_track, row)
            for column in range(row + 1):
                total = 0.0
                for middle in range(N_ERRORS):
                    total += work[PUSH, middle] * work[SHARE + column, middle]
                work[EXPECTED_COVARIANCE + row, column] += total
    for row in range(4):
        for column in range(row):
            work[EXPECTED_COVARIANCE + column, row] = work[EXPECTED_COVARIANCE + row, column]


@kernel
def expect(model, tracks, i_track, radar, z, s):
    """What a radar is expected to measure of a slot at its time.

    ``z`` (4,) range [m], azimuth [rad, may leave 0 to 2 pi], elevation [rad] and range rate [m/s] with the errors
    found so far; ``s`` (4, 4) their covariance without the plot's own noise: H P H' + g B g', and the variance of the
    bias of a radar that is not the track's own.
    """
    fill_look(model, tracks, i_track, radar)
    _fill_expected_covariance(model, tracks, i_track)
    for row in range(4):
        z[row] = tracks.work[EXPECTED, row] + tracks.work[KNOWN, row]
        for column in range(4):
            s[row, column] = tracks.work[EXPECTED_COVARIANCE + row, column]


@kernel
def absorb(model, tracks, i_track, radar, plot, extra):
    """Update a slot, already carried to the plot's time, with a plot of a radar.

    ``extra`` (4,) is added to the plot's variances of range, azimuth, elevation and range rate. Range rate is used
    where the plot has one. Returns the normalised innovation squared with the errors taken out; NaN, with the slot
    left as it was, for a plot or a slot that is not made of numbers.
    """
    fill_look(model, tracks, i_track, radar)
    n_rows = fill_plot(tracks, plot, extra)
    if n_rows == 0 or not is_finite(tracks, i_track):
        return math.nan
    return apply_update(model, tracks, i_track, n_rows)


@inlined_kernel
def _merge(tracks, plots, rows, n_plots, weights):
    """Write the weighted mean of plots into INNOVATION and NOISE and the scatter of their innovations, errors taken
    out, about the mean move into SCATTER; returns the sum of the weights used and whether all have a range rate.
    """
    work = tracks.work
    for row in range(4):
        work[MERGED, row], work[MERGED, 4 + row] = 0.0, 0.0
        for column in range(4):
            work[SCATTER + row, column] = 0.0
    total, is_rate = 0.0, True
    for i_plot in range(n_plots):
        share = weights[i_plot]
        n_rows = fill_plot(tracks, plots[rows[i_plot]], work[NO_EXTRA])
        if n_rows == 0 or not share > 0.0:
            continue
        is_rate = is_rate and n_rows == 4
        total += share
        for row in range(4):
            work[MERGED, row] += share * work[INNOVATION, row]
            work[MERGED, 4 + row] += share * work[NOISE, row]
        for row in range(3):
            off = share * (work[INNOVATION, row] - work[KNOWN, row])
            for column in range(3):
                work[SCATTER + row, column] += off * (work[INNOVATION, column] - work[KNOWN, column])
    for row in range(3):
        for column in range(3):
            work[SCATTER + row, column] -= (work[MERGED, row] - total * work[KNOWN, row]) * (
                work[MERGED, column] - total * work[KNOWN, column]
            )
    if total > 0.0:
        for row in range(4):
            work[INNOVATION, row], work[NOISE, row] = work[MERGED, row] / total, work[MERGED, 4 + row] / total
    return total, is_rate


@inlined_kernel
def _fill_full_gain(model, tracks, i_track):
    """Write C S^-1 (7, 3) of range, azimuth and elevation into FULL_GAIN: C the covariance of state and measurement,
    errors included, S the innovations' covariance with the noise of NOISE.
    """
    work = tracks.work
    s = EXPECTED_COVARIANCE
    s00, s11, s22 = (
        work[s, 0] + work[NOISE, 0] - work[OTHER_BIAS, 0],
        work[s + 1, 1] + work[NOISE, 1] - work[OTHER_BIAS, 1],
        work[s + 2, 2] + work[NOISE, 2] - work[OTHER_BIAS, 2],
    )
    s01, s02, s12 = work[s, 1], work[s, 2], work[s + 1, 2]
    c00, c01, c02 = s11 * s22 - s12 * s12, s02 * s12 - s01 * s22, s01 * s12 - s02 * s11
    c11, c12, c22 = s00 * s22 - s02 * s02, s01 * s02 - s00 * s12, s00 * s11 - s01 * s01
    per_det = 1.0 / (s00 * c00 + s01 * c01 + s02 * c02)
    for row in range(N_STATE):
        for column in range(3):
            work[FULL_GAIN + row, column] = 0.0
    for i_row in range(3):
        _fill_gain(tracks, i_track, i_row)
        if not model.is_plain:
            _fill_push(tracks, i_track, i_row)
        w0 = (c00 if i_row == 0 else c01 if i_row == 1 else c02) * per_det
        w1 = (c01 if i_row == 0 else c11 if i_row == 1 else c12) * per_det
        w2 = (c02 if i_row == 0 else c12 if i_row == 1 else c22) * per_det
        for row in range(N_STATE):
            cross = work[GAIN, row]
            if not model.is_plain:
                for column in range(N_ERRORS):
                    cross += tracks.u[i_track, row, column] * work[PUSH, column]
            work[FULL_GAIN + row, 0] += cross * w0
            work[FULL_GAIN + row, 1] += cross * w1
            work[FULL_GAIN + row, 2] += cross * w2


@kernel
def absorb_soft(model, tracks, i_track, radar, plots, rows, n_plots, weights):
    """Update a slot with several plots of one radar, each with the probability that it is the track's (PDA).

    Plot ``plots[rows[k]]`` has probability ``weights[k]``, k < ``n_plots``; what is missing to 1 is the probability
    that none is. With the sum beta of the weights, the slot is updated by the mean plot with its innovation variance
    divided by beta, which moves the state by beta K and takes beta K S K' from its covariance, as probabilistic data
    association does; then the scatter of the plots, K (sum w e e' - mean mean') K', is added. Returns beta, 0 where
    nothing was used.

    References: Bar-Shalom, Daum and Huang (2009), The probabilistic data association filter, IEEE Control Systems
    29(6).
    """
    work = tracks.work
    if not is_finite(tracks, i_track):
        return 0.0
    for row in range(4):
        work[NO_EXTRA, row] = 0.0
    fill_look(model, tracks, i_track, radar)
    _fill_expected_covariance(model, tracks, i_track)
    total, is_rate = _merge(tracks, plots, rows, n_plots, weights)
    total = min(total, 1.0)
    if not total > 1e-9:
        return 0.0
    _fill_full_gain(model, tracks, i_track)
    widen = 1.0 / total - 1.0
    for row in range(4):
        full = work[EXPECTED_COVARIANCE + row, row] + work[NOISE, row] - work[OTHER_BIAS, row]
        work[NOISE, row] += widen * max(full, 0.0)
    apply_update(model, tracks, i_track, 4 if is_rate else 3)
    for row in range(N_STATE):
        for column in range(3):
            work[PRODUCT + row, column] = 0.0
            for middle in range(3):
                work[PRODUCT + row, column] += work[FULL_GAIN + row, middle] * work[SCATTER + middle, column]
    for row in range(N_STATE):
        for column in range(row + 1):
            more = 0.0
            for middle in range(3):
                more += work[PRODUCT + row, middle] * work[FULL_GAIN + column, middle]
            tracks.p[i_track, row, column] += more
            if column < row:
                tracks.p[i_track, column, row] = tracks.p[i_track, row, column]
    return total
