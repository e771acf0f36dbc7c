"""RADAR records made from a radar's figures and its place."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from opendome.base.errors import CommandError
from opendome.base.frames import Origin, enu_to_geodetic
from opendome.base.polar import place_radar
from opendome.base.types import RADAR
from opendome.sensing.parameters import Radar, spans_s

__all__ = ["RadarPlace", "radar_record", "radars_of_sensors"]


@dataclass(frozen=True)
class RadarPlace:
    """Where and when a radar stands, and what its battery or sensor says of it.

    ``lat_deg`` and ``lon_deg`` of the site, ``ground_height_m`` its height above the scenario's zero,
    ``antenna_height_m`` the antenna's above that; ``range_m`` the instrumented range; ``error_scale`` a factor on all
    errors.
    """

    lat_deg: float
    lon_deg: float
    range_m: float
    min_elevation_rad: float
    antenna_height_m: float = 10.0
    ground_height_m: float = 0.0
    track_capacity: int = 1000
    error_scale: float = 1.0
    identity: int = 0
    i_post: int = 0
    t_up_s: float = 0.0
    t_down_s: float = math.inf

    def __post_init__(self) -> None:
        for name in ("range_m", "antenna_height_m", "error_scale", "min_elevation_rad", "ground_height_m"):
            if not math.isfinite(getattr(self, name)):
                raise CommandError(f"a radar's {name} is {getattr(self, name)!r}; write a number")
        if not 0.0 < self.range_m <= 5_000_000.0:
            raise CommandError(f"a radar's range_m is {self.range_m:g}; write metres above 0, at most 5,000,000")
        if self.antenna_height_m < 0.0 or self.error_scale <= 0.0:
            raise CommandError("a radar's antenna_height_m must not be below 0, and its error_scale must be above 0")
        if not self.t_up_s < self.t_down_s:
            raise CommandError(f"a radar up from {self.t_up_s} until {self.t_down_s} s is never up")


def _snr_1m2_100km_db(figures: Radar, range_m: float) -> float:
    """Signal-to-noise ratio [dB] at 1 m2 and 100 km that gives the stated detection at the radar's range."""
    from opendome.sensing.detection import required_snr_db

    needed = float(
        required_snr_db(figures.p_detect_at_range, figures.swerling, figures.p_false_alarm, figures.n_pulses)
    )
    return needed + 40.0 * math.log10(range_m / 100_000.0) - 10.0 * math.log10(figures.reference_rcs_m2)


def _figures_by_field(figures: Radar, error_scale: float) -> dict[str, Any]:
    """RADAR fields that follow from the figures alone."""
    rate_mps = figures.range_rate_resolution_mps
    return {
        "swerling": figures.swerling,
        "n_pulses": figures.n_pulses,
        "range_min_m": 1000.0 * figures.range_min_km,
        "max_elevation_rad": math.radians(figures.max_elevation_deg),
        "sector_center_rad": math.radians(figures.sector_center_deg) % (2.0 * math.pi),
        "sector_width_rad": math.radians(figures.sector_width_deg),
        "revisit_s": figures.revisit_s,
        "latency_s": figures.latency_s,
        "p_false_alarm": figures.p_false_alarm,
        "n_false_plots": figures.false_plots_per_scan,
        "beamwidth_azimuth_rad": error_scale * math.radians(figures.beamwidth_azimuth_deg),
        "beamwidth_elevation_rad": error_scale * math.radians(figures.beamwidth_elevation_deg),
        "range_resolution_m": error_scale * figures.range_resolution_m,
        "range_rate_resolution_mps": 0.0 if rate_mps is None else error_scale * rate_mps,
        "angle_floor_rad": 1e-3 * error_scale * figures.angle_floor_mrad,
        "range_floor_m": error_scale * figures.range_floor_m,
        "range_rate_floor_mps": error_scale * figures.range_rate_floor_mps,
        "bias_range_m": error_scale * figures.bias_range_m,
        "bias_azimuth_rad": 1e-3 * error_scale * figures.bias_azimuth_mrad,
        "bias_elevation_rad": 1e-3 * error_scale * figures.bias_elevation_mrad,
    }


def radar_record(figures: Radar, place: RadarPlace, origin: Origin) -> np.ndarray:
    """RADAR records of one radar.

    Parameters
    ----------
    figures : Radar         how well it sees
    place : RadarPlace      where and when it stands
    origin : Origin         of the scenario's frame

    Returns
    -------
    (n,) RADAR              one row for each stretch of time between outages, equal otherwise; none if it is never up

    Looks of different radars are spread over the revisit time by their identity, and are the same on each run.
    """
    spans = spans_s(figures, place.t_up_s, place.t_down_s)
    rows = np.zeros(len(spans), RADAR)
    shared = _figures_by_field(figures, place.error_scale) | {
        "identity": place.identity,
        "i_post": place.i_post,
        "track_capacity": place.track_capacity,
        "antenna_height_m": place.antenna_height_m,
        "range_max_m": place.range_m,
        "min_elevation_rad": place.min_elevation_rad,
        "phase_s": figures.revisit_s * (place.identity % 997) / 997.0,
        "snr_1m2_100km_db": _snr_1m2_100km_db(figures, place.range_m),
    }
    h_hae_m = place.ground_height_m + place.antenna_height_m
    for row, (up, down) in zip(rows, spans, strict=True):
        for name, value in shared.items():
            row[name] = value
        place_radar(row, origin.lat_deg, origin.lon_deg, place.lat_deg, place.lon_deg, h_hae_m)
        row["t_up_s"], row["t_down_s"] = up, down
    return rows


def radars_of_sensors(
    sensors: np.ndarray,
    figures: Radar | Sequence[Radar],
    origin: Origin,
    ground_height_m: Sequence[float] | np.ndarray | None = None,
) -> np.ndarray:
    """RADAR records of the sensors of a compiled scenario.

    Parameters
    ----------
    sensors : (n,) SENSOR             place, range, lowest elevation, antenna height, times
    figures : Radar or n of them      one for all, or one for each row
    origin : Origin                   of the scenario's frame
    ground_height_m : (n,), optional  height of the ground at each sensor; 0 without

    Returns
    -------
    (m,) RADAR                        in the order of the sensors; a sensor with outages has several rows

    Raises
    ------
    CommandError                      numbers of figures or heights that do not match the sensors
    """
    each = [figures] * len(sensors) if isinstance(figures, Radar) else list(figures)
    grounds = [0.0] * len(sensors) if ground_height_m is None else [float(height) for height in ground_height_m]
    if len(each) != len(sensors) or len(grounds) != len(sensors):
        raise CommandError(f"{len(sensors)} sensors, {len(each)} figures, {len(grounds)} heights; write one for each")
    lat, lon = enu_to_geodetic(origin, sensors["east_m"], sensors["north_m"])
    parts = [np.zeros(0, RADAR)]
    for sensor, one, ground_m, lat_deg, lon_deg in zip(sensors, each, grounds, lat, lon, strict=True):
        place = RadarPlace(
            float(lat_deg),
            float(lon_deg),
            float(sensor["range_m"]),
            float(sensor["min_elevation_rad"]),
            float(sensor["antenna_height_m"]),
            ground_m,
            int(sensor["track_capacity"]),
            float(sensor["error_scale"]),
            int(sensor["identity"]),
            int(sensor["i_post"]),
            float(sensor["t_up_s"]),
            float(sensor["t_down_s"]),
        )
        parts.append(radar_record(one, place, origin))
    return np.concatenate(parts)
