"""Terrain: a grid of heights, and from it for each radar the lowest elevation at which it sees past the ground.

A grid is read from an ESRI ASCII file (``.asc``, cells in degrees) or from a NumPy array of heights (``.npy``) beside a
JSON file of the same name (``lat_deg``, ``lon_deg`` of the south-west sample, ``step_lat_deg``, ``step_lon_deg``; the
first row is the northernmost). Heights are metres above the scenario's zero. Where there is none the ground is at 0.

The mask of a radar is a polar table: for each azimuth and level distance the greatest tangent of the apparent elevation
of all ground up to there, over an Earth of 4/3 of the radius as in `opendome.sensing.radar`. Beyond the grid's edge the
Earth is smooth.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from opendome.base.errors import CommandError
from opendome.base.frames import MEAN_RADIUS_M, Origin
from opendome.base.kernels import inlined_kernel, kernel

__all__ = ["TerrainGrid", "TerrainMask", "ground_height_m", "mask_of", "mask_tangent", "no_terrain", "read_terrain"]

MAX_CELLS = 50_000_000
_HIGHEST_M = 9_000.0
_LOWEST_M = -500.0
_BENT_RADIUS_M = 4.0 / 3.0 * MEAN_RADIUS_M
_SEMI_MAJOR_M = 6_378_137.0
_FLATTENING = 1.0 / 298.257223563
_OPEN = -1e9
_N_AZIMUTH = 720
_N_RANGE = 400
_MAX_MASK_VALUES = 100_000_000


@dataclass(frozen=True)
class TerrainGrid:
    """Heights on a regular grid of latitude and longitude.

    ``height_m`` (n_lat, n_lon) [m], south to north and west to east; ``lat_deg`` and ``lon_deg`` are the sample [0, 0];
    steps are positive [deg].
    """

    height_m: NDArray[np.float32]
    lat_deg: float
    lon_deg: float
    step_lat_deg: float
    step_lon_deg: float

    def __post_init__(self) -> None:
        heights = self.height_m
        if heights.ndim != 2 or min(heights.shape) < 2:
            raise CommandError(f"terrain heights have shape {heights.shape}; write an array of at least 2 x 2 samples")
        if heights.size > MAX_CELLS:
            raise CommandError(f"the terrain has {heights.size:,} samples; thin it to at most {MAX_CELLS:,}")
        if not np.isfinite(heights).all() or heights.min() < _LOWEST_M or heights.max() > _HIGHEST_M:
            raise CommandError(
                f"terrain heights must be numbers from {_LOWEST_M:g} to {_HIGHEST_M:g} m; these run from "
                f"{heights.min()} to {heights.max()}: is the height of missing samples given (NODATA_value)?"
            )
        if not (0.0 < self.step_lat_deg <= 1.0 and 0.0 < self.step_lon_deg <= 1.0):
            raise CommandError(
                f"terrain steps are {self.step_lat_deg} and {self.step_lon_deg} deg; write steps in degrees, above 0 "
                "and at most 1 (a grid in metres must be projected back first)"
            )
        north_deg = self.lat_deg + (heights.shape[0] - 1) * self.step_lat_deg
        if not (self.lat_deg >= -90.0 and north_deg <= 90.0 and -180.0 <= self.lon_deg <= 180.0):
            raise CommandError(
                f"the terrain runs from latitude {self.lat_deg:g} to {north_deg:g}, from longitude {self.lon_deg:g}; "
                "write degrees within [-90, 90] and [-180, 180]"
            )


class TerrainMask(NamedTuple):
    """Lowest visible elevations by radar, azimuth and distance, made by `mask_of` or `no_terrain`.

    ``tangent`` (n_radars, n_azimuth, n_range + 1) tangent of the apparent elevation under which the ground hides what
    is behind; ``step_m`` (n_radars,) step of level distance [m]. No radars: smooth Earth.
    """

    tangent: NDArray[np.float32]
    step_m: NDArray[np.float64]


def no_terrain() -> TerrainMask:
    """The mask of a smooth Earth."""
    return TerrainMask(np.zeros((0, 1, 2), np.float32), np.ones(0))


def read_terrain(path: Path | str) -> TerrainGrid:
    """Read a grid of heights.

    Parameters
    ----------
    path : Path    ESRI ASCII grid (``.asc``), or ``.npy`` with a ``.json`` of the same name beside it

    Raises
    ------
    CommandError   no such file, another format, or heights and steps that cannot be; the message says what to write
    """
    file = Path(path)
    if file.suffix not in (".asc", ".npy"):
        raise CommandError(f"{file.name}: terrain is read from an ESRI ASCII grid (.asc) or a NumPy array (.npy)")
    if not file.is_file():
        raise CommandError(f"{file}: no such terrain file")
    try:
        return _read_ascii(file) if file.suffix == ".asc" else _read_array(file)
    except CommandError as error:
        raise CommandError(f"{file.name}: {error}") from None
    except (ValueError, KeyError, TypeError, EOFError) as error:
        raise CommandError(f"{file.name}: not a terrain grid: {error}") from None


def _read_ascii(file: Path) -> TerrainGrid:
    header: dict[str, float] = {}
    with file.open(encoding="ascii", errors="replace") as lines:
        position = 0
        while True:
            line = lines.readline()
            words = line.split()
            if len(words) != 2 or not words[0][:1].isalpha():
                lines.seek(position)
                break
            header[words[0].lower()] = float(words[1])
            position = lines.tell()
        missing = [key for key in ("ncols", "nrows", "cellsize") if key not in header]
        if missing:
            raise CommandError(f"the header lacks {', '.join(missing)}; it begins with ncols, nrows, ...")
        n_lat, n_lon, step = int(header["nrows"]), int(header["ncols"]), header["cellsize"]
        if not 4 <= n_lat * n_lon <= MAX_CELLS:
            raise CommandError(f"the terrain has {n_lat * n_lon:,} samples; write from 4 to {MAX_CELLS:,}")
        heights = np.array(lines.read().split(), np.float32)
    if heights.size != n_lat * n_lon:
        raise CommandError(f"{heights.size} heights for {n_lat} rows of {n_lon}; every row needs all its columns")
    heights = heights.reshape(n_lat, n_lon)
    heights = np.where(heights == np.float32(header.get("nodata_value", -9999.0)), np.float32(0.0), heights)
    half = 0.5 * step
    lat = header["yllcenter"] if "yllcenter" in header else header["yllcorner"] + half
    lon = header["xllcenter"] if "xllcenter" in header else header["xllcorner"] + half
    return TerrainGrid(np.ascontiguousarray(heights[::-1]), lat, lon, step, step)


def _read_array(file: Path) -> TerrainGrid:
    about_file = file.with_suffix(".json")
    if not about_file.is_file():
        raise CommandError(f"{about_file.name} is missing; it holds lat_deg, lon_deg, step_lat_deg and step_lon_deg")
    about = json.loads(about_file.read_text(encoding="utf-8"))
    heights = np.load(file, allow_pickle=False, mmap_mode="r")
    if heights.ndim != 2 or heights.size > MAX_CELLS:
        raise CommandError(f"the array has shape {heights.shape}; write two axes and at most {MAX_CELLS:,} samples")
    return TerrainGrid(
        np.ascontiguousarray(heights[::-1], np.float32),
        float(about["lat_deg"]),
        float(about["lon_deg"]),
        float(about["step_lat_deg"]),
        float(about["step_lon_deg"]),
    )


@inlined_kernel
def height_at(heights, lat0_deg, lon0_deg, step_lat_deg, step_lon_deg, lat_deg, lon_deg):
    """Height of the ground [m], bilinear; 0 outside the grid."""
    y = (lat_deg - lat0_deg) / step_lat_deg
    x = (((lon_deg - lon0_deg + 180.0) % 360.0) - 180.0) / step_lon_deg
    n_lat, n_lon = heights.shape
    if not (0.0 <= y <= n_lat - 1.0 and 0.0 <= x <= n_lon - 1.0):
        return 0.0
    i, j = min(int(y), n_lat - 2), min(int(x), n_lon - 2)
    a, b = y - i, x - j
    south = (1.0 - b) * heights[i, j] + b * heights[i, j + 1]
    north = (1.0 - b) * heights[i + 1, j] + b * heights[i + 1, j + 1]
    return (1.0 - a) * south + a * north


@kernel
def fill_mask(tangent, step_m, antenna_m, to_earth, place, heights, lat0_deg, lon0_deg, step_lat_deg, step_lon_deg):
    """Fill the mask (n_azimuth, n_range + 1) of one radar.

    ``to_earth`` (3, 3) turns the radar's east, north, up into Earth-fixed axes about ``place`` (3,) [m].
    """
    n_azimuth, n_points = tangent.shape
    minor_m = _SEMI_MAJOR_M * (1.0 - _FLATTENING)
    first2 = _FLATTENING * (2.0 - _FLATTENING)
    second2 = first2 / (1.0 - first2)
    for i in range(n_azimuth):
        azimuth = 2.0 * math.pi * i / n_azimuth
        highest = _OPEN
        tangent[i, 0] = _OPEN
        for k in range(1, n_points):
            level_m = k * step_m
            e, n = level_m * math.sin(azimuth), level_m * math.cos(azimuth)
            u = -level_m * level_m / (2.0 * MEAN_RADIUS_M)
            x = place[0] + to_earth[0, 0] * e + to_earth[0, 1] * n + to_earth[0, 2] * u
            y = place[1] + to_earth[1, 0] * e + to_earth[1, 1] * n + to_earth[1, 2] * u
            z = place[2] + to_earth[2, 0] * e + to_earth[2, 1] * n + to_earth[2, 2] * u
            across = math.sqrt(x * x + y * y)
            # Latitude by one step of Bowring (1976), exact to a micrometre near the ground.
            theta = math.atan2(z * _SEMI_MAJOR_M, across * minor_m)
            lat = math.atan2(
                z + second2 * minor_m * math.sin(theta) ** 3,
                across - first2 * _SEMI_MAJOR_M * math.cos(theta) ** 3,
            )
            lat_deg, lon_deg = math.degrees(lat), math.degrees(math.atan2(y, x))
            height_m = height_at(heights, lat0_deg, lon0_deg, step_lat_deg, step_lon_deg, lat_deg, lon_deg)
            # Bare ground at 0 is the smooth horizon's business.
            if height_m > 0.0:
                highest = max(highest, (height_m - antenna_m) / level_m - level_m / (2.0 * _BENT_RADIUS_M))
            tangent[i, k] = highest


def _earth_axes(lat_deg: float, lon_deg: float) -> tuple[np.ndarray, np.ndarray]:
    """East, north and up at a place as columns of Earth-fixed components (3, 3), and the place itself (3,) [m]."""
    lat, lon = math.radians(lat_deg), math.radians(lon_deg)
    up = np.array([math.cos(lat) * math.cos(lon), math.cos(lat) * math.sin(lon), math.sin(lat)])
    east = np.array([-math.sin(lon), math.cos(lon), 0.0])
    squared = _FLATTENING * (2.0 - _FLATTENING)
    radius_m = _SEMI_MAJOR_M / math.sqrt(1.0 - squared * math.sin(lat) ** 2)
    return np.column_stack([east, np.cross(up, east), up]), radius_m * np.array([1.0, 1.0, 1.0 - squared]) * up


def ground_height_m(grid: TerrainGrid | None, lat_deg: float, lon_deg: float) -> float:
    """Height of the ground [m] at a place; 0 without a grid or outside it."""
    if grid is None:
        return 0.0
    steps = (grid.lat_deg, grid.lon_deg, grid.step_lat_deg, grid.step_lon_deg)
    return float(height_at(grid.height_m, *steps, float(lat_deg), float(lon_deg)))


def mask_of(
    radars: np.ndarray, grid: TerrainGrid | None, origin: Origin, n_azimuth: int = _N_AZIMUTH, n_range: int = _N_RANGE
) -> TerrainMask:
    """The terrain mask of a set of radars.

    Parameters
    ----------
    radars : (n_radars,) RADAR      position, ``h_hae_m`` and ``range_max_m`` are read
    grid : TerrainGrid or None      None: smooth Earth
    origin : Origin                 of the scenario's frame
    n_azimuth, n_range : int        size of the polar table of each radar

    Returns
    -------
    TerrainMask                     4 bytes a cell: 1.2 MB a radar as given

    Raises
    ------
    CommandError                    a table that is too large
    """
    if grid is None or len(radars) == 0:
        return no_terrain()
    if n_azimuth < 8 or n_range < 2 or len(radars) * n_azimuth * n_range > _MAX_MASK_VALUES:
        raise CommandError(
            f"a terrain mask of {len(radars)} radars x {n_azimuth} x {n_range}; write at least 8 azimuths, 2 ranges "
            f"and {_MAX_MASK_VALUES:,} values altogether"
        )
    tangent = np.empty((len(radars), n_azimuth, n_range + 1), np.float32)
    step_m = np.ascontiguousarray(radars["range_max_m"] / n_range)
    frame, at = _earth_axes(origin.lat_deg, origin.lon_deg)
    for i, radar in enumerate(radars):
        foot_enu = np.array([radar["east_m"], radar["north_m"], radar["up_m"]]) - radar["h_hae_m"] * radar["axes"][2]
        fill_mask(
            tangent[i],
            step_m[i],
            float(radar["h_hae_m"]),
            np.ascontiguousarray(frame @ radar["axes"].T),
            at + frame @ foot_enu,
            grid.height_m,
            grid.lat_deg,
            grid.lon_deg,
            grid.step_lat_deg,
            grid.step_lon_deg,
        )
    return TerrainMask(tangent, step_m)


@inlined_kernel
def mask_tangent(terrain, i_radar, azimuth_rad, level_m):
    """Tangent of the apparent elevation under which terrain hides a point: bilinear, a very low number for none."""
    if terrain.tangent.shape[0] == 0:
        return _OPEN
    n_azimuth, last = terrain.tangent.shape[1], terrain.tangent.shape[2] - 1
    around = azimuth_rad / (2.0 * math.pi) * n_azimuth
    i = math.floor(around)
    a = around - i
    i, i_next = i % n_azimuth, (i + 1) % n_azimuth
    place = min(max(level_m / terrain.step_m[i_radar], 0.0), float(last))
    k = min(int(place), last - 1)
    b = place - k
    near = (1.0 - a) * terrain.tangent[i_radar, i, k] + a * terrain.tangent[i_radar, i_next, k]
    far = (1.0 - a) * terrain.tangent[i_radar, i, k + 1] + a * terrain.tangent[i_radar, i_next, k + 1]
    return (1.0 - b) * near + b * far
