"""The compiled tracked picture: radars, what the tracker believes, and what the simulated flights differ in."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from opendome.sensing.detection import DetectionTable
from opendome.sensing.terrain import TerrainMask
from opendome.tracking.classify import ClassTable
from opendome.tracking.model import MotionModel

__all__ = ["TrackedModel"]


class TrackedModel(NamedTuple):
    """Everything the tracked picture needs beside ``PictureModel``.

    ``radars`` (n,) of RADAR stand row by row for the picture's sensors. ``class_...`` (n_classes,): generic elevation
    at the start, logarithm of the ballistic coefficient, radar cross-section. ``true_share`` is the true spread of the
    model errors over the tracker's prior, ``log_beta_sd`` the spread of salvos about their class. ``rockets``
    (n_rockets,) and ``cruisers`` are rows of classes; ``class_table`` describes the former to the classifier.
    """

    motion: MotionModel
    radars: np.ndarray
    detection: DetectionTable
    terrain: TerrainMask
    class_elevation_rad: np.ndarray
    class_log_beta: np.ndarray
    class_rcs_m2: np.ndarray
    true_share: float
    log_beta_sd: float
    class_table: ClassTable
    rockets: np.ndarray
    cruisers: np.ndarray
    false_tracks_per_h: float
