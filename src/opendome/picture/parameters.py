"""Parameters of the picture: what the defence perceives, how soon, and how wrongly."""

from __future__ import annotations

from typing import Literal

from opendome.base.params import Parameters, quantity

__all__ = ["DropTime", "Picture"]


class DropTime(Parameters):
    """Time for which the track of a destroyed object is still carried on."""

    mean: float = quantity(8.0, unit="s", low=3, high=15, gt=0, le=600, source="assumed")
    """Mean of the drawn time."""


class Picture(Parameters):
    """How threats are perceived."""

    kind: Literal["statistical", "tracked"] = "statistical"
    """`statistical` draws errors from fitted curves; `tracked` simulates radar plots and runs the tracker."""

    error_scale: float = quantity(1.0, unit="factor", low=0.5, high=2, gt=0, le=100)
    """Factor on the errors of impact prediction."""

    wind_unknown_mps: float | None = quantity(None, unit="m/s", low=1, high=6, ge=0, le=100)
    """Wind that the prediction does not know, standard deviation on each axis; null: the catalogue's."""

    p_missed_object: float = quantity(0.01, unit="probability", low=0, high=0.05, ge=0, le=1, source="assumed")
    """Chance that an object is never confirmed as a track."""

    confirm_delay_s: float | None = quantity(None, unit="s", low=4, high=6, ge=0, le=600)
    """Time from first plot to a confirmed track; null: the catalogue's."""

    first_plot_s: float = quantity(3.0, unit="s", low=2, high=5, ge=0, le=600, source="assumed")
    """Time from rising above the radar's horizon to the first plot."""

    shrink_step: float = quantity(0.4, unit="ratio", low=0.4, high=0.8, gt=0, lt=1, source="assumed")
    """A new assessment is made when the ellipse has shrunk to this share of the last one's axis."""

    fused_sensors_at_most: int = quantity(2, unit="count", low=1, high=4, ge=1, le=64)
    """Sensors whose predictions of one object are fused, at most."""

    origin_error_m: float = quantity(300.0, unit="m", low=100, high=1000, ge=0, le=100_000, source="assumed")
    """Error of the estimated launch point, standard deviation on each axis."""

    drop_s: DropTime = DropTime()
    """Time for which the track of a destroyed object is still carried on."""
