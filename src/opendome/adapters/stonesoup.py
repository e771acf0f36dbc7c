"""Stone Soup beside our tracker: our plots as its detections, its tracks as our rows, and a tracker made of its parts.

Stone Soup is the open framework of the tracking community (Dstl and others, MIT licence). It is optional: install the
extra `opendome[stonesoup]`. Nothing here is needed by the rest of the program; it serves as a cross-check and as an
example of how somebody else's tracker takes the place of ours.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, MutableMapping
from types import ModuleType
from typing import Any

import numpy as np

from opendome.base.errors import CommandError
from opendome.base.registry import register
from opendome.base.types import PLOT, RADAR, TRACK_REPORT, TrackKind, TrackStatus
from opendome.tracking.table import TrackTable

__all__ = ["StoneSoupTracker", "from_tracks", "to_detections"]

_N_STATE = 7
_START_HITS = 3
_CLOCK_S = 1.5e-6
"""Times nearer than this are the same after a round through calendar time."""


def _pieces() -> ModuleType:
    """Import what needs Stone Soup, or say how to get it."""
    try:
        import stonesoup
    except ImportError as error:
        raise CommandError(
            f"the Stone Soup adapter needs the package `stonesoup` ({error}): uv pip install opendome[stonesoup]"
        ) from None
    del stonesoup
    from opendome.adapters import stonesoup_pieces

    return stonesoup_pieces


def _records(given: Any, kind: np.dtype, name: str) -> np.ndarray:
    rows = np.atleast_1d(np.asarray(given))
    if rows.dtype != kind or rows.ndim != 1:
        raise CommandError(
            f"{name}: give a one-dimensional array of opendome.base.types.{'RADAR' if kind is RADAR else 'PLOT'}, "
            f"not {rows.dtype} of shape {rows.shape}"
        )
    return rows


def _check_plots(plots: np.ndarray, n_radars: int) -> None:
    """Insist that every plot can be a detection."""
    needed = [name for name in PLOT.names or () if name not in ("i_radar", "range_rate_mps", "snr_db",
                                                                 "var_range_rate_m2ps2")]  # fmt: skip
    problems = [f"`{name}` of plot {k} is {plots[name][k]}" for name in needed
                for k in np.flatnonzero(~np.isfinite(plots[name]))[:1]]  # fmt: skip
    for name in ("range_m", "var_range_m2", "var_azimuth_rad2", "var_elevation_rad2"):
        problems += [f"`{name}` of plot {k} is {plots[name][k]}" for k in np.flatnonzero(plots[name] <= 0.0)[:1]]
    strays = np.flatnonzero((plots["i_radar"] < 0) | (plots["i_radar"] >= n_radars))
    problems += [f"`i_radar` of plot {k} is {plots['i_radar'][k]}, of {n_radars} radars" for k in strays[:1]]
    if problems:
        raise CommandError(f"plots: {'; '.join(problems)}; leave such plots out, or give what the radar measured")


def to_detections(radars: np.ndarray, plots: np.ndarray) -> set[Any]:
    """Give plots as Stone Soup's detections.

    Parameters
    ----------
    radars : array (m,) of RADAR
    plots : array (k,) of PLOT       `i_radar` is the row of `radars`; range rate NaN where it is not measured

    Returns
    -------
    set of k Detection               elevation and bearing [rad], range [m] and, where measured, range rate [m/s], each
        with its measurement model; time is 1 January 2000 plus `t_s`; metadata: `i_plot`, `i_radar`, `plot`

    Plots of one radar with the same variances share one model, as Stone Soup's own trees need it.

    Raises
    ------
    CommandError
        Stone Soup is not installed, or a plot holds what cannot be a detection.
    """
    pieces = _pieces()
    radars, plots = _records(radars, RADAR, "radars"), _records(plots, PLOT, "plots")
    _check_plots(plots, radars.size)
    return _detections(pieces, radars, plots, {})


def _detections(pieces: ModuleType, radars: np.ndarray, plots: np.ndarray, models: dict[Any, Any]) -> set[Any]:
    """Give detections of checked plots; ``models`` are those made before, by radar and variances."""
    detections = set()
    for i_plot, plot in enumerate(plots.copy()):
        variances = _variances(plot)
        key = (int(plot["i_radar"]), *(None if math.isnan(value) else value for value in variances))
        if key not in models:
            models[key] = pieces.measurement_model(radars[plot["i_radar"]], variances)
        detections.add(pieces.detection_of(plot, models[key], i_plot))
    return detections


def _variances(plot: np.void) -> tuple[float, float, float, float]:
    var_range_rate_m2ps2 = float(plot["var_range_rate_m2ps2"])
    has_rate = math.isfinite(plot["range_rate_mps"]) and 0.0 < var_range_rate_m2ps2 < math.inf
    return (
        float(plot["var_range_m2"]),
        float(plot["var_azimuth_rad2"]),
        float(plot["var_elevation_rad2"]),
        var_range_rate_m2ps2 if has_rate else math.nan,
    )


def from_tracks(
    tracks: Iterable[Any],
    t_s: float,
    *,
    since_s: float | None = None,
    lat_deg: float | None = None,
    ids: MutableMapping[str, int] | None = None,
    n_confirm_hits: int = 6,
    position: tuple[int, int, int] = (0, 1, 2),
    velocity: tuple[int, int, int] = (3, 4, 5),
    log_beta: int | None = 6,
) -> np.ndarray:
    """Give Stone Soup's tracks as rows of a tracker's table.

    Parameters
    ----------
    tracks : Tracks of Gaussian states     in the scenario's east-north-up frame
    t_s : float                            time of the table [s]
    since_s : float, optional              detections later than this are those of the table's scan, whose `i_plot` is
        told; without it those of the very time of the table
    lat_deg : float, optional              latitude of the scenario's origin: with it, confirmed tracks that hold a log
        ballistic coefficient carry a predicted impact
    ids : mapping, optional                track ids given so far, by Stone Soup's own; new tracks are added in order of
        their beginning. Without it they are numbered from 1 at each call
    n_confirm_hits : int                   detections after which a track counts as confirmed
    position, velocity : three ints        where east, north, up [m] and their rates [m/s] stand in the state; (0, 2, 4)
        and (1, 3, 5) in the order that Stone Soup's linear models use
    log_beta : int, optional               where the log ballistic coefficient stands; None: the state holds none, and
        the tracks are of kind OTHER

    Returns
    -------
    array of TRACK_REPORT                  one row a track, by track id

    Raises
    ------
    CommandError
        A state has no covariance or too few components.
    """
    ids = {} if ids is None else ids
    _number(tracks := list(tracks), ids)
    rows = np.zeros(len(tracks), TRACK_REPORT)
    where = [*position, *velocity, *([] if log_beta is None else [log_beta])]
    for row, track in zip(rows, sorted(tracks, key=lambda track: ids[track.id])):
        _fill_state(row, track.state, where)
        _fill_history(row, track, t_s, since_s if since_s is not None else t_s - _CLOCK_S, n_confirm_hits)
        row["track_id"] = row["group"] = ids[track.id]
        row["n_in_group"] = 1
        row["kind"] = TrackKind.OTHER if log_beta is None else TrackKind.ROCKET
        row["p_kind"][row["kind"]] = 1.0
    if lat_deg is not None and log_beta is not None:
        from opendome.adapters.ballistic import fill_impacts

        fill_impacts(lat_deg, rows)
    return rows


def _number(tracks: list[Any], ids: MutableMapping[str, int]) -> None:
    """Give new tracks the next ids in order of beginning, whatever order a set gives them in."""
    new = [track for track in tracks if track.id not in ids]
    new.sort(key=lambda track: (track.states[0].timestamp, *map(float, track.states[0].state_vector[:, 0])))
    first = max(ids.values(), default=0) + 1
    ids.update({track.id: first + k for k, track in enumerate(new)})


def _fill_state(row: np.void, state: Any, where: list[int]) -> None:
    vector = np.asarray(state.state_vector, dtype=np.float64)[:, 0]
    if getattr(state, "covar", None) is None or max(where) >= vector.size:
        raise CommandError(
            f"a track holds a {type(state).__name__} of {vector.size} components; give tracks of Gaussian states, and "
            "say with `position`, `velocity` and `log_beta` where their components stand"
        )
    n = len(where)
    row["mean"] = math.nan
    row["mean"][:n] = vector[where]
    covar = np.asarray(state.covar, dtype=np.float64)[np.ix_(where, where)]
    row["cov"][:n, :n] = 0.5 * (covar + covar.T)


def _fill_history(row: np.void, track: Any, t_s: float, since_s: float, n_confirm_hits: int) -> None:
    """Count detections and misses of a track, and say when it was confirmed."""
    pieces = _pieces()
    hits = [state for state in track.states if pieces.has_detection(state)]
    times_s = [pieces.seconds(state.timestamp) for state in hits]
    n_before = _START_HITS - 1 if "t_first_plot_s" in track.init_metadata else 0
    own_s = pieces.seconds(track.timestamp)
    row["t_s"] = t_s if abs(own_s - t_s) < _CLOCK_S else own_s
    row["n_hits"] = len(hits) + n_before
    row["t_first_plot_s"] = track.init_metadata.get("t_first_plot_s", times_s[0] if hits else row["t_s"])
    is_confirmed = row["n_hits"] >= n_confirm_hits
    row["status"] = TrackStatus.CONFIRMED if is_confirmed else TrackStatus.TENTATIVE
    if is_confirmed:
        row["t_confirmed_s"] = times_s[max(0, n_confirm_hits - n_before - 1)] if hits else row["t_first_plot_s"]
    row["i_radar"] = row["i_plot"] = -1
    last_s = times_s[-1] if hits else -math.inf
    is_hit = last_s > since_s
    times_of_all_s = {pieces.seconds(state.timestamp) for state in track.states}
    row["n_missed"] = 0 if is_hit else sum(time_s > last_s for time_s in times_of_all_s)
    if hits:
        measurement = getattr(hits[-1].hypothesis, "measurement", None)
        metadata = getattr(measurement, "metadata", {})
        row["i_radar"] = metadata.get("i_radar", -1)
        row["i_plot"] = metadata.get("i_plot", -1) if is_hit else -1


@register("tracker", "stonesoup")
class StoneSoupTracker:
    """A tracker of Stone Soup's parts that may stand where ours stands.

    Extended Kalman filter, global nearest neighbour and end of tracks are Stone Soup's; motion, prior and the start
    from three plots are ours. It knows nothing of wind, density, drag shape or a radar's bias: its ellipses are honest
    only where the model is right.

    Parameters
    ----------
    radars : array (m,) of RADAR
    lat_deg : float              latitude of the scenario's origin
    prior : ErrorPrior, optional mean and spread of the ballistic coefficient, and process noise, as for our tracker
    max_distance_m : float       no plot farther than this from a predicted track is looked at [m]
    n_confirm_hits : int         plots after which a track is confirmed
    longest_blind_s : float      a track that goes without a plot for longer ends [s]
    has_impact : bool            whether confirmed tracks carry a predicted impact

    Raises
    ------
    CommandError
        Stone Soup is not installed, or the radars are no RADAR records.
    """

    def __init__(
        self,
        radars: np.ndarray,
        lat_deg: float = 31.5,
        *,
        prior: Any = None,
        max_distance_m: float = 3_000.0,
        n_confirm_hits: int = 6,
        longest_blind_s: float = 4.0,
        has_impact: bool = True,
    ) -> None:
        self._pieces = _pieces()
        from opendome.adapters.ballistic import make_ballistic

        self._radars = _records(radars, RADAR, "radars").copy()
        self._lat_deg = float(lat_deg) if has_impact else None
        self._n_confirm_hits = n_confirm_hits
        self._ids: dict[str, int] = {}
        self._models: dict[Any, Any] = {}
        self._t_s = -math.inf
        motion = make_ballistic(float(lat_deg), prior)
        self._inner = self._pieces.make_tracker(motion, self._radars, max_distance_m, longest_blind_s)

    def step(self, t_s: float, plots: np.ndarray) -> TrackTable:
        """Take the plots of one scan and give all tracks.

        Parameters
        ----------
        t_s : float              time of the scan [s], later than that of the step before
        plots : array (k,) of PLOT   of one radar or several, not later than ``t_s``; k may be 0

        Returns
        -------
        TrackTable               rows by track id, at ``t_s``
        """
        plots = _records(plots, PLOT, "plots")
        _check_plots(plots, self._radars.size)
        if not math.isfinite(t_s) or t_s <= self._t_s or (plots.size and plots["t_s"].max() > t_s):
            raise CommandError(
                f"step at {t_s} s after one at {self._t_s} s: steps go forward in time, and no plot is later than its "
                "step; give scans in order of time"
            )
        if plots.size and plots["t_s"].min() <= self._t_s:
            raise CommandError(f"a plot at {plots['t_s'].min()} s is older than the step before, {self._t_s} s")
        since_s, self._t_s = self._t_s, t_s
        pieces = self._pieces
        groups: dict[int, set[Any]] = {}
        for detection in _detections(pieces, self._radars, plots, self._models):
            groups.setdefault(detection.metadata["i_radar"], set()).add(detection)
        latest = {i_radar: max(one.timestamp for one in group) for i_radar, group in groups.items()}
        for i_radar in sorted(groups, key=lambda i_radar: (latest[i_radar], i_radar)):
            self._inner.update_tracker(latest[i_radar], groups[i_radar])
        now = pieces.moment(t_s)
        if not groups or any(track.timestamp != now for track in self._inner.tracks):
            self._inner.update_tracker(now, set())
        rows = from_tracks(
            self._inner.tracks,
            t_s,
            since_s=since_s + _CLOCK_S,
            lat_deg=self._lat_deg,
            ids=self._ids,
            n_confirm_hits=self._n_confirm_hits,
        )
        return TrackTable(t_s, rows)
