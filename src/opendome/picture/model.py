"""The compiled picture: what ``statistical`` draws from, as plain arrays."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from opendome.base.types import Connections
from opendome.flight.tables import FlightTables

from .curves import LookTable
from .goal import Goals

__all__ = ["Mask", "PictureModel"]


class Mask(NamedTuple):
    """The decision mask: which defended area (by the polygon rule in force) a point on the ground counts for.

    ``index`` (ny, nx) area index at cell centres, -1 none; ``clear_m`` (ny, nx) distance from the cell centre to the
    nearest cell of any area;
    ``edge_m`` (ny, nx) distance to the nearest cell that belongs to something else;
    the lower left corner is at (``east_m``, ``north_m``), cells are ``cell_m`` wide.
    """

    index: np.ndarray  # type: ignore[assignment]
    clear_m: np.ndarray
    edge_m: np.ndarray
    east_m: float
    north_m: float
    cell_m: float


class PictureModel(NamedTuple):
    """Everything the statistical picture needs.

    ``net`` says which sensor's reports reach whom. ``lattice`` (k, 2) and ``weights`` (k,) integrate over an ellipse,
    ``..._narrow`` with
    fewer points over one that is hardly wider than a cell of the mask.

    ``shared_frac`` is the share of the variance of fitted curves that the rockets of a burst have in common,
    ``scatter`` the deviation of the logarithm of a rocket's stated error about the curve, ``true_over_stated`` the
    ratio of true to stated errors, which is ``stray_scale`` times larger for the share ``stray_frac`` of the tracks.
    ``is_sparing`` leaves out the P(hit) of assessments that are superseded before any alert (``wait_s``) or decision
    (``decision_age_frac``) can rest on them: the
    outcome is the same, and a study is quicker."""

    classes: np.ndarray
    tables: FlightTables
    areas: np.ndarray
    sensors: np.ndarray
    net: Connections
    goals: Goals
    mask: Mask
    looks: LookTable
    lattice: np.ndarray
    weights: np.ndarray
    lattice_narrow: np.ndarray
    weights_narrow: np.ndarray
    error_scale: float
    wind_unknown_mps: float
    shared_frac: float
    scatter: float
    true_over_stated: float
    stray_frac: float
    stray_scale: float
    first_plot_s: float
    confirm_delay_s: float
    origin_error_m: float
    n_fused: int
    shrink_step: float
    ellipse_content: float
    wait_s: float
    decision_age_frac: float
    is_sparing: bool
