"""Signal, errors and sight of a radar; figures and records."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from opendome.base.errors import CommandError
from opendome.base.frames import Origin, geodetic_to_enu
from opendome.base.polar import default_radar
from opendome.base.types import RADAR, SENSOR
from opendome.sensing.detection import detection_probability
from opendome.sensing.parameters import Radar
from opendome.sensing.radar import height_up_m, is_visible, plot_errors, signal_db
from opendome.sensing.records import RadarPlace, radar_record, radars_of_sensors
from opendome.sensing.terrain import TerrainMask, no_terrain

ORIGIN = Origin(31.5, 34.8)


def wide_radar(**changes: float) -> np.ndarray:
    """The reference radar without limits of elevation, far-seeing, changed as told."""
    radar = default_radar()
    radar["min_elevation_rad"], radar["max_elevation_rad"] = math.radians(-5.0), math.radians(90.0)
    radar["range_max_m"] = 500_000.0
    for name, value in changes.items():
        radar[name] = value
    return radar


def sees(radar: np.ndarray, east_m: float, north_m: float, height_m: float, terrain: TerrainMask | None = None) -> bool:
    mask = no_terrain() if terrain is None else terrain
    return bool(is_visible(radar[0], 0, mask, east_m, north_m, height_up_m(east_m, north_m, height_m)))


def test_signal_falls_with_the_fourth_power_of_range() -> None:
    radar = default_radar()[0]
    assert signal_db(radar, 100_000.0, 1.0) == pytest.approx(30.0)
    assert signal_db(radar, 50_000.0, 1.0) == pytest.approx(30.0 + 40.0 * math.log10(2.0))
    assert signal_db(radar, 100_000.0, 0.1) == pytest.approx(20.0)
    assert signal_db(radar, 100_000.0, 0.0) < -200.0
    assert math.isfinite(signal_db(radar, 0.0, 1.0))


def test_errors_of_the_reference() -> None:
    """A beam of 1.5 degrees at 15 dB: 2.06 mrad (monopulse, slope 1.6); resolution / sqrt(2 S) in range and rate."""
    radar = default_radar()
    for name in ("angle_floor_rad", "range_floor_m", "range_rate_floor_mps"):
        radar[name] = 0.0
    radar["range_rate_resolution_mps"] = 5.0
    s_range, s_azimuth, s_elevation, s_rate = plot_errors(radar[0], 15.0)
    assert s_azimuth == pytest.approx(2.06e-3, abs=5e-6)
    assert s_elevation == s_azimuth
    assert s_range == pytest.approx(50.0 / math.sqrt(2.0 * 10.0**1.5))
    assert s_rate == pytest.approx(s_range / 10.0)
    radar["n_pulses"] = 4
    assert plot_errors(radar[0], 15.0)[1] == pytest.approx(0.5 * s_azimuth)


def test_default_figures_give_the_reference_errors_at_their_range() -> None:
    """2 mrad and 15 m, within a tenth, from half the range to the whole of it, for the reference target."""
    figures = Radar()
    radar = radar_record(figures, RadarPlace(31.5, 34.8, 100_000.0, math.radians(1.0)), ORIGIN)[0]
    full_db = signal_db(radar, 100_000.0, figures.reference_rcs_m2)
    assert detection_probability(full_db, figures.swerling, figures.p_false_alarm) == pytest.approx(0.9)
    for share in (0.5, 0.75, 1.0):
        s_range, s_azimuth, _, s_rate = plot_errors(radar, full_db - 40.0 * math.log10(share))
        assert s_azimuth == pytest.approx(2e-3, rel=0.1)
        assert s_range == pytest.approx(15.0, rel=0.1)
        assert s_rate == 0.0


@pytest.mark.parametrize(("height_m", "horizon_km"), [(50.0, 42.0), (100.0, 54.0), (300.0, 84.0)])
def test_horizon_of_the_smooth_earth(height_m: float, horizon_km: float) -> None:
    """Antenna at 10 m: the horizon over an Earth of 4/3 of the radius, in whole kilometres."""
    radar = wide_radar()
    for azimuth in np.linspace(0.0, 2.0 * math.pi, 7):
        east, north = math.sin(azimuth), math.cos(azimuth)
        near, far = 1000.0 * (horizon_km - 0.6), 1000.0 * (horizon_km + 0.6)
        assert sees(radar, near * east, near * north, height_m)
        assert not sees(radar, far * east, far * north, height_m)


def test_lowest_elevation_bends_with_the_earth() -> None:
    """A beam at 1 degree lies d tan(1 deg) + d^2 / (2 R') above the antenna, R' = 4/3 R."""
    radar = wide_radar(min_elevation_rad=math.radians(1.0))
    for distance_m in (5_000.0, 40_000.0, 90_000.0):
        lowest_m = 10.0 + distance_m * math.tan(math.radians(1.0)) + distance_m**2 / (2.0 * 8_494_678.0)
        assert not sees(radar, distance_m, 0.0, lowest_m * 0.995 - 1.0)
        assert sees(radar, distance_m, 0.0, lowest_m * 1.005 + 1.0)


def test_sector_range_and_zenith() -> None:
    radar = wide_radar(sector_center_rad=math.radians(350.0), sector_width_rad=math.radians(40.0), range_min_m=1000.0)
    for bearing_deg, is_seen in ((350.0, True), (9.0, True), (11.0, False), (331.0, True), (329.0, False)):
        bearing = math.radians(bearing_deg)
        assert sees(radar, 20e3 * math.sin(bearing), 20e3 * math.cos(bearing), 3000.0) is is_seen
    assert not sees(radar, 0.0, 900.0, 300.0)
    assert not sees(radar, 0.0, 499_000.0, 120_000.0)
    overhead = wide_radar(max_elevation_rad=math.radians(85.0))
    assert not sees(overhead, 0.0, 0.0, 5000.0)
    assert sees(overhead, 0.0, 1000.0, 5000.0)
    assert sees(wide_radar(), 0.0, 0.0, 5000.0)


@pytest.mark.parametrize("point", [(math.nan, 0.0, 5e3), (0.0, math.inf, 5e3), (0.0, 0.0, 10.0), (0.0, 0.0, math.nan)])
def test_points_that_cannot_be_seen(point: tuple[float, float, float]) -> None:
    """Not a number, infinitely far, and the antenna itself: out of view, and no error."""
    assert not is_visible(default_radar()[0], 0, no_terrain(), *point)


@settings(max_examples=60, deadline=None)
@given(st.floats(-80e3, 80e3), st.floats(-80e3, 80e3), st.floats(1.0, 20e3), st.floats(1.0, 2.0))
def test_what_is_seen_is_seen_from_higher_up_too(east_m: float, north_m: float, height_m: float, factor: float) -> None:
    """Without an upper limit of elevation, nothing on a smooth Earth hides what is above something seen."""
    radar = wide_radar()
    if sees(radar, east_m, north_m, height_m):
        assert sees(radar, east_m, north_m, height_m * factor)


def test_record_stands_where_it_is_told() -> None:
    place = RadarPlace(31.9, 35.2, 80_000.0, 0.02, 12.0, 300.0, 55, identity=77, i_post=3, t_up_s=5.0)
    row = radar_record(Radar(revisit_s=2.0), place, ORIGIN)[0]
    east, north, up = geodetic_to_enu(ORIGIN, 31.9, 35.2, 312.0)
    assert (row["east_m"], row["north_m"], row["up_m"]) == pytest.approx((float(east), float(north), float(up)))
    assert row["axes"] @ row["axes"].T == pytest.approx(np.eye(3), abs=1e-12)
    assert (row["h_hae_m"], row["antenna_height_m"], row["range_max_m"]) == (312.0, 12.0, 80_000.0)
    assert (row["identity"], row["i_post"], row["track_capacity"], row["t_up_s"]) == (77, 3, 55, 5.0)
    assert 0.0 <= row["phase_s"] < 2.0


def test_outages_cut_the_time_up() -> None:
    figures = Radar(outages=({"from_h": 1, "until_h": 2}, {"from_h": 1.5, "until_h": 3}, {"from_h": 9, "until_h": 10}))
    place = RadarPlace(31.5, 34.8, 80_000.0, 0.02, t_up_s=0.0, t_down_s=8 * 3600.0)
    rows = radar_record(figures, place, ORIGIN)
    assert rows[["t_up_s", "t_down_s"]].tolist() == [(0.0, 3600.0), (10800.0, 28800.0)]
    whole = Radar(outages=({"from_h": 0, "until_h": 100},))
    assert len(radar_record(whole, place, ORIGIN)) == 0


def test_records_of_sensors() -> None:
    sensors = np.zeros(2, SENSOR)
    sensors["east_m"], sensors["range_m"], sensors["error_scale"] = (0.0, 30_000.0), 70_000.0, (1.0, 2.0)
    sensors["identity"], sensors["antenna_height_m"], sensors["t_down_s"] = (4, 5), 10.0, math.inf
    rows = radars_of_sensors(sensors, Radar(), ORIGIN, [0.0, 250.0])
    assert rows.dtype == RADAR
    assert rows["identity"].tolist() == [4, 5]
    assert rows["h_hae_m"].tolist() == [10.0, 260.0]
    assert rows["east_m"] == pytest.approx([0.0, 30_000.0], abs=2.0)
    for name in ("angle_floor_rad", "range_floor_m", "beamwidth_azimuth_rad", "bias_elevation_rad"):
        assert rows[name][1] == pytest.approx(2.0 * rows[name][0])
    assert len(radars_of_sensors(sensors[:0], Radar(), ORIGIN)) == 0
    with pytest.raises(CommandError, match="write one for each"):
        radars_of_sensors(sensors, [Radar()], ORIGIN)


@pytest.mark.parametrize(
    "figures",
    [
        {"revisit_s": 0.0},
        {"swerling": 5},
        {"p_detect_at_range": 0.01, "p_false_alarm": 0.05},
        {"outages": ({"from_h": 3, "until_h": 3},)},
        {"beam": 2},
        {"angle_floor_mrad": math.nan},
    ],
)
def test_figures_that_cannot_be(figures: dict) -> None:
    with pytest.raises(ValidationError):
        Radar(**figures)


@pytest.mark.parametrize(
    "place",
    [{"range_m": 0.0}, {"range_m": math.nan}, {"antenna_height_m": -1.0}, {"error_scale": 0.0}, {"t_down_s": -1.0}],
)
def test_places_that_cannot_be(place: dict) -> None:
    with pytest.raises(CommandError):
        RadarPlace(**({"lat_deg": 31.0, "lon_deg": 34.0, "range_m": 1e5, "min_elevation_rad": 0.0} | place))
