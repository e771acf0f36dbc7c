"""Tracks of nothing in quiet hours, drawn at the measured rate: false alarms that battle and warning must bear."""

from __future__ import annotations

from opendome.base.kernels import inlined_kernel, kernel
from opendome.base.philox import Purpose, normal_pair, poisson_draw, stream_key, uniform_four

from .hit import hit_probabilities

__all__ = ["quiet_tracks"]

_P_QUIET = int(Purpose.QUIET_TRACK)
_DAY_S = 86400.0
_FLIGHT_S = 45.0
_SPREAD_FRAC = 0.25
_SIGMA_M = 3_000.0
_ID_FIRST = 1 << 40


@inlined_kernel
def _up_sensor(sensors, t_s, u):
    """Row of one of the sensors that are up at a time, by an even number in (0, 1); -1 if none is."""
    n_up = 0
    for i in range(len(sensors)):
        n_up += sensors[i].t_up_s <= t_s < sensors[i].t_down_s
    wanted, seen = int(u * n_up), 0
    for i in range(len(sensors)):
        if sensors[i].t_up_s <= t_s < sensors[i].t_down_s:
            if seen == wanted:
                return i
            seen += 1
    return -1


@inlined_kernel
def _fill(tracked, model, sensor, i_sensor, day, k, key, replication, track, row):
    """One false track: it appears somewhere round its radar and points to the ground nearby."""
    u0, u1, u2, u3 = uniform_four(key, replication, day, k, 1)
    v0, v1, v2, _ = uniform_four(key, replication, day, k, 2)
    n0, n1 = normal_pair(u2, u3)
    t_s = (day + u0) * _DAY_S
    track.track_id, track.i_sensor, track.post_mask = _ID_FIRST + (day << 20) + k, i_sensor, -1
    track.i_class = tracked.rockets[min(int(v2 * len(tracked.rockets)), len(tracked.rockets) - 1)]
    track.t_first_plot_s, track.t_confirmed_s = t_s - model.confirm_delay_s, t_s
    track.t_origin_s = t_s - 0.2 * _FLIGHT_S
    spread_m = _SPREAD_FRAC * sensor.range_m
    row.mean_east_m, row.mean_north_m = sensor.east_m + spread_m * n0, sensor.north_m + spread_m * n1
    m0, m1 = normal_pair(v0, v1)
    track.origin_east_m, track.origin_north_m = row.mean_east_m + spread_m * m0, row.mean_north_m + spread_m * m1
    row.t_s, row.t_impact_s = t_s, t_s + _FLIGHT_S * (0.5 + u1)
    row.var_east_m2, row.cov_m2, row.var_north_m2 = _SIGMA_M**2, 0.0, _SIGMA_M**2
    row.now_east_m, row.now_north_m = 0.0, 0.0


@kernel
def quiet_tracks(model, tracked, seed, replication, day, found):
    """Add a day's false tracks to a yield: Poisson in number, at even times, each assessed once and linked to nothing.

    The radar of each is drawn among those that are up then.
    """
    if tracked.false_tracks_per_h <= 0.0 or len(tracked.rockets) == 0 or len(model.sensors) == 0:
        return
    key = stream_key(seed, _P_QUIET)
    count = poisson_draw(key, replication, day, 0, 24.0 * tracked.false_tracks_per_h)
    for k in range(count):
        if found.n_tracks[0] == len(found.tracks) or found.n_rows[0] == len(found.rows):
            return
        w0, _, _, _ = uniform_four(key, replication, day, k, 3)
        u0, _, _, _ = uniform_four(key, replication, day, k, 1)
        i_sensor = _up_sensor(model.sensors, (day + u0) * _DAY_S, w0)
        if i_sensor < 0:
            continue
        sensor = model.sensors[i_sensor]
        i, r = found.n_tracks[0], found.n_rows[0]
        track, row = found.tracks[i], found.rows[r]
        _fill(tracked, model, sensor, i_sensor, day, k, key, replication, track, row)
        row.i_track, row.ordinal, track.n_assessments = i, 0, 1
        casualty_area_m2 = model.classes[track.i_class].casualty_area_m2
        hit_probabilities(model, casualty_area_m2, row, found.areas[r], found.p_areas[r], found.is_inside[r])
        found.n_tracks[0] += 1
        found.n_rows[0] += 1
