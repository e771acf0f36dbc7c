"""Parameters of the picture: what the defence perceives, how soon, and how wrongly."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from opendome.base.params import Parameters, quantity

__all__ = ["DropTime", "Picture", "Tracked"]


class DropTime(Parameters):
    """Time for which the track of a destroyed object is still carried on."""

    mean: float = quantity(8.0, unit="s", low=3, high=15, gt=0, le=600, source="assumed")
    """Mean of the drawn time."""


class Tracked(Parameters):
    """The tracked picture: what simulated flights differ in from what the tracker believes, and the tracker.

    Its first four numbers are standard deviations of errors that the tracker does not know: its stated prior. The
    simulated flights are drawn from the same ones, unless `prior_scale` says otherwise.
    """

    wind_mps: float | None = quantity(None, unit="m/s", low=1, high=8, ge=0, le=50)
    """Unknown wind near the ground on each axis, growing with height by a tenth a kilometre; null:
    `picture.wind_unknown_mps`."""

    drag_shape_scale: float = quantity(1.0, unit="factor", low=0.5, high=1.5, ge=0, le=3, source="assumed")
    """Unknown shape of the drag curve, as a factor on a spread of 30 % below the speed of sound and 5 % at twice it."""

    density_slope_frac_per_10km: float = quantity(
        0.02, unit="share", low=0.01, high=0.04, ge=0, le=0.2, source="assumed"
    )
    """Unknown change of the air's density with height, share per 10 km."""

    log_beta_sd: float = quantity(0.25, unit="1", low=0.1, high=0.4, ge=0, le=1, source="assumed")
    """Spread of the ballistic coefficient about its class's from salvo to salvo: deviation of its logarithm."""

    prior_scale: float = quantity(1.0, unit="factor", low=0.7, high=1.5, gt=0, le=3)
    """The tracker's stated prior over the true spread of wind, drag shape and density; 1: it is told the truth."""

    tracker: str = Field("opendome", max_length=64)
    """Name of the tracker: `opendome`, or one that a plug-in registers."""


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

    false_tracks_per_h: float = quantity(0.0, unit="1/h", low=0, high=1, ge=0, le=1000)
    """Confirmed tracks of nothing in quiet hours; `opendome fit-picture` measures it."""

    curves: str | None = Field(None, max_length=4096)
    """Curves that `opendome fit-picture` wrote: a file relative to the scenario, or the name of bundled ones. They
    replace wind, first plot, confirmation and missed objects of the statistical picture. Null: the catalogue's."""

    tracked: Tracked = Tracked()
    """Numbers of the tracked picture."""

    drop_s: DropTime = DropTime()
    """Time for which the track of a destroyed object is still carried on."""
