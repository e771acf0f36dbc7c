"""Frames: against pymap3d's geodesic and closed forms, anywhere on Earth."""

from __future__ import annotations

import numpy as np
import pymap3d.vincenty
import pytest
from hypothesis import given
from hypothesis import strategies as st

from opendome.base.errors import CommandError
from opendome.base.frames import (
    MEAN_RADIUS_M,
    LatLonBox,
    LatLonDisc,
    Origin,
    enu_to_geodetic,
    geodetic_to_enu,
    surface_distance_m,
    unit_vectors,
)

latitudes = st.floats(-90, 90, allow_nan=False)
longitudes = st.floats(-180, 180, allow_nan=False)


def test_drop_below_the_plane_is_785_m_at_100_km() -> None:
    origin = Origin(31.5, 34.8)
    east, north, up = geodetic_to_enu(origin, 31.5 + 100 / 110.9, 34.8)
    assert up == pytest.approx(-(100_000**2) / (2 * MEAN_RADIUS_M), rel=0.01)
    along = surface_distance_m(31.5, 34.8, 31.5 + 100 / 110.9, 34.8)
    assert float(np.hypot(east, north)) == pytest.approx(float(along), rel=5e-4)


@given(latitudes, longitudes, st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
def test_there_and_back(lat: float, lon: float, east: float, north: float) -> None:
    origin = Origin(lat, lon)
    back_e, back_n, up = geodetic_to_enu(origin, *enu_to_geodetic(origin, east, north))
    assert float(back_e) == pytest.approx(east, abs=1e-6)
    assert float(back_n) == pytest.approx(north, abs=1e-6)
    assert float(up) <= 1e-6


@given(latitudes, longitudes, st.floats(0, 359), st.floats(1e3, 1e6))
def test_distance_agrees_with_the_geodesic(lat: float, lon: float, azimuth: float, distance: float) -> None:
    lat = max(-89.9, min(89.9, lat))
    lat_b, lon_b = pymap3d.vincenty.vreckon(lat, lon, distance, azimuth)
    assert float(surface_distance_m(lat, lon, lat_b, lon_b)) == pytest.approx(distance, rel=2e-4)


def test_distance_over_the_pole_and_the_180th_meridian() -> None:
    assert float(surface_distance_m(89.9, 0, 89.9, 180)) == pytest.approx(2 * 0.1 * 111_694, rel=1e-3)
    assert float(surface_distance_m(0, 179.9, 0, -179.9)) == pytest.approx(0.2 * 111_320, rel=1e-3)


def test_boxes_cross_the_180th_meridian() -> None:
    box = LatLonBox(-20, -15, 177, -178)
    assert box.contains([-17, -17, -17, -25], [179, -179, 0, 179]).tolist() == [True, True, False, False]
    assert LatLonDisc(-17, 179.9, 50).contains([-17, -17], [-179.9, 179]).tolist() == [True, False]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Origin(91, 0), "lat_deg"),
        (lambda: Origin(float("nan"), 0), "lat_deg"),
        (lambda: Origin(0, 181), "lon_deg"),
        (lambda: LatLonBox(5, 5, 0, 1), "south"),
        (lambda: LatLonBox(0, 5, 1, 1), "width"),
        (lambda: LatLonDisc(0, 0, 0), "radius_km"),
        (lambda: LatLonDisc(0, 0, float("inf")), "radius_km"),
        (lambda: enu_to_geodetic(Origin(0, 0), 6e6, 0), "5,000 km"),
    ],
)
def test_what_cannot_be_meant_is_refused(make, message: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(CommandError, match=message):
        make()


@given(latitudes, longitudes)
def test_unit_vectors_have_length_one(lat: float, lon: float) -> None:
    assert float(np.linalg.norm(unit_vectors(lat, lon))) == pytest.approx(1.0, abs=1e-12)
