"""What crosses between radars, trackers and the picture: records of radars, plots and tracks (see ``base.types``)."""

from __future__ import annotations

from enum import IntEnum

import numpy as np

__all__ = ["PLOT", "RADAR", "TRACK_REPORT", "TrackKind", "TrackStatus"]


class TrackKind(IntEnum):
    """What a track is taken for."""

    ROCKET = 0
    DRONE = 1
    OTHER = 2


class TrackStatus(IntEnum):
    """Where a track stands in its life."""

    TENTATIVE = 0
    CONFIRMED = 1
    DROPPED = 2


# One radar at performance level, as sensing and tracking see it. The position is that of the antenna in the scenario's
# east-north-up frame; the rows of `axes` are the radar's own east, north and up as unit vectors of that frame (the two
# are tilted against each other by the distance over the Earth's radius). Azimuth is clockwise from the radar's north.
# `snr_1m2_100km_db` is the signal-to-noise ratio of one look at 1 m2 at 100 km; `p_false_alarm` is per resolution cell,
# `n_false_plots` the mean number of false plots a scan. `..._floor_...` is the error that remains at any signal,
# `bias_...` the standard deviation of a constant error of the calibration. A `sector_width_rad` of 2 pi looks all
# round, a range-rate resolution of 0 is none. Up between `t_up_s` and `t_down_s`; several intervals: several rows.
RADAR = np.dtype(
    [
        ("identity", np.int64),
        ("i_post", np.int16),
        ("swerling", np.int8),
        ("n_pulses", np.int16),
        ("track_capacity", np.int32),
        ("east_m", np.float64),
        ("north_m", np.float64),
        ("up_m", np.float64),
        ("axes", np.float64, (3, 3)),
        ("h_hae_m", np.float64),
        ("antenna_height_m", np.float64),
        ("range_min_m", np.float64),
        ("range_max_m", np.float64),
        ("min_elevation_rad", np.float64),
        ("max_elevation_rad", np.float64),
        ("sector_center_rad", np.float64),
        ("sector_width_rad", np.float64),
        ("revisit_s", np.float64),
        ("phase_s", np.float64),
        ("latency_s", np.float64),
        ("snr_1m2_100km_db", np.float64),
        ("p_false_alarm", np.float64),
        ("n_false_plots", np.float64),
        ("beamwidth_azimuth_rad", np.float64),
        ("beamwidth_elevation_rad", np.float64),
        ("range_resolution_m", np.float64),
        ("range_rate_resolution_mps", np.float64),
        ("angle_floor_rad", np.float64),
        ("range_floor_m", np.float64),
        ("range_rate_floor_mps", np.float64),
        ("bias_range_m", np.float64),
        ("bias_azimuth_rad", np.float64),
        ("bias_elevation_rad", np.float64),
        ("t_up_s", np.float64),
        ("t_down_s", np.float64),
    ],
    align=True,
)

# One plot: what a radar reports of one look. No reference to truth. `t_s` is the time of the look, `i_radar` the row of
# the radar; variances are what the radar states of its own error; range rate is NaN where it is not measured.
PLOT = np.dtype(
    [
        ("t_s", np.float64),
        ("i_radar", np.int32),
        ("range_m", np.float64),
        ("azimuth_rad", np.float64),
        ("elevation_rad", np.float64),
        ("range_rate_mps", np.float64),
        ("snr_db", np.float64),
        ("var_range_m2", np.float64),
        ("var_azimuth_rad2", np.float64),
        ("var_elevation_rad2", np.float64),
        ("var_range_rate_m2ps2", np.float64),
    ],
    align=True,
)

# One row of a tracker's table after a step: a track as the picture takes it. `mean` is east, north, up [m], their rates
# [m/s] and the natural logarithm of the ballistic coefficient [kg/m2] (NaN for what does not fall freely), in the
# scenario's frame at `t_s`; `cov` its covariance. `i_plot` is the plot of this step that was given to the track, -1
# for none; `group` is the id of the lowest track of its group, its own when it stands alone. Only confirmed rockets
# carry an impact: `has_impact`, time, mean, covariance; the other rows hold 0 there.
TRACK_REPORT = np.dtype(
    [
        ("track_id", np.int64),
        ("t_s", np.float64),
        ("status", np.int8),
        ("kind", np.int8),
        ("has_impact", np.int8),
        ("i_radar", np.int16),
        ("i_plot", np.int32),
        ("n_hits", np.int32),
        ("n_missed", np.int32),
        ("n_in_group", np.int32),
        ("group", np.int64),
        ("t_first_plot_s", np.float64),
        ("t_confirmed_s", np.float64),
        ("p_kind", np.float64, (3,)),
        ("mean", np.float64, (7,)),
        ("cov", np.float64, (7, 7)),
        ("t_impact_s", np.float64),
        ("impact_east_m", np.float64),
        ("impact_north_m", np.float64),
        ("impact_var_east_m2", np.float64),
        ("impact_cov_m2", np.float64),
        ("impact_var_north_m2", np.float64),
    ],
    align=True,
)
