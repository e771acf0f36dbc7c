"""Compile the tracked picture: radars, terrain, the tracker's prior, and what simulated flights differ in."""

from __future__ import annotations

import functools
import math
from pathlib import Path

import numpy as np

from opendome import catalogue
from opendome.base.errors import CommandError
from opendome.base.frames import Origin
from opendome.picture.model import PictureModel
from opendome.picture.tracked_model import TrackedModel
from opendome.sensing.detection import detection_table
from opendome.sensing.terrain import TerrainGrid, TerrainMask, mask_of, no_terrain, read_terrain
from opendome.tracking.classify import ClassTable
from opendome.tracking.model import ErrorPrior, make_motion_model

from .compile_raid import class_figure, class_names
from .compile_sensors import compile_radars
from .schema import ScenarioModel

__all__ = ["compile_tracked", "error_prior"]


def error_prior(model: ScenarioModel) -> ErrorPrior:
    """What the tracker is told of its own ignorance: the scenario's numbers times ``prior_scale``."""
    tracked = model.picture.tracked
    wind_mps = model.picture.wind_unknown_mps if tracked.wind_mps is None else tracked.wind_mps
    if wind_mps is None:
        wind_mps = float(catalogue.model_value("wind_unknown_mps").number)
    return ErrorPrior(
        wind_mps=float(tracked.prior_scale * wind_mps),
        density_slope_frac_per_10km=float(tracked.prior_scale * tracked.density_slope_frac_per_10km),
        drag_shape_scale=float(tracked.prior_scale * tracked.drag_shape_scale),
    )


@functools.lru_cache(maxsize=4)
def _grid(file: str, changed_ns: int) -> TerrainGrid:
    return read_terrain(file)


def _terrain(model: ScenarioModel, folder: str) -> TerrainGrid | None:
    """The scenario's grid of heights, read once for each state of its file."""
    if model.places.terrain is None:
        return None
    file = Path(folder) / model.places.terrain
    if not file.is_file():
        raise CommandError(f"places.terrain: there is no file {file}; the path counts from the scenario file")
    return _grid(str(file), file.stat().st_mtime_ns)


def _rocket_classes(model: ScenarioModel, names: list[str], rockets: np.ndarray) -> ClassTable:
    """Rockets as the classifier knows them: shares of the raid, spread of the ballistic coefficient, range bands."""
    raid = model.threats.raid
    share = np.array([(raid.classes.get(names[i], 0.0) if raid is not None else 0.0) + 0.01 for i in rockets])
    beta = [float(class_figure(model.threats, names[i], "ballistic_coefficient_kgpm2")) for i in rockets]
    low = [1000.0 * float(class_figure(model.threats, names[i], "range_min_km")) for i in rockets]
    high = [1000.0 * float(class_figure(model.threats, names[i], "range_max_km")) for i in rockets]
    spread = np.full(len(rockets), max(model.picture.tracked.log_beta_sd, 0.05))
    return ClassTable(share / max(share.sum(), 1e-9), np.log(beta), spread, np.array(low), np.array(high), 0.05)


def compile_tracked(model: ScenarioModel, picture: PictureModel, origin: Origin, folder: str) -> TrackedModel:
    """Everything that the tracked picture draws from beside what it shares with the statistical one.

    Raises
    ------
    CommandError    the terrain file is missing or cannot be read
    """
    names, classes = class_names(model.threats), picture.classes
    grid = _terrain(model, folder)
    radars = compile_radars(model, origin, grid)
    terrain: TerrainMask = no_terrain() if grid is None else mask_of(radars, grid, origin)
    rockets, cruisers = np.flatnonzero(classes["is_cruise"] == 0), np.flatnonzero(classes["is_cruise"] == 1)
    elevation, log_beta, rcs = np.zeros(len(names)), np.zeros(len(names)), np.zeros(len(names))
    for i, name in enumerate(names):
        rcs[i] = float(class_figure(model.threats, name, "radar_cross_section_m2"))
        if classes[i]["is_cruise"] == 0:
            elevation[i] = math.radians(float(class_figure(model.threats, name, "elevation_deg")))
            log_beta[i] = math.log(float(class_figure(model.threats, name, "ballistic_coefficient_kgpm2")))
    return TrackedModel(
        make_motion_model(origin.lat_deg, error_prior(model)),
        radars,
        detection_table(radars),
        terrain,
        elevation,
        log_beta,
        rcs,
        1.0 / model.picture.tracked.prior_scale,
        float(model.picture.tracked.log_beta_sd),
        _rocket_classes(model, names, rockets),
        rockets,
        cruisers,
        float(model.picture.false_tracks_per_h),
    )
